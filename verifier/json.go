package verifier

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of the project's JSON files. Nothing in them needs
// more than six levels; the rest is room for vouchers of kinds yet unknown.
const maxDepth = 16

// jsonReader reads the project's JSON files strictly: no unknown, repeated, differently
// cased or missing member, no null, no number but integers of at most 2^53-1 written
// plainly, and no deep nesting. It reads token by token, because the JSON library's
// reflection takes more than twice as long (BenchmarkParse). Every method reads one
// value. One goroutine uses a reader at a time; see [readJSON].
type jsonReader struct {
	d    *jsontext.Decoder
	text []byte // an unescaped string
}

var jsonReaders = sync.Pool{New: func() any {
	return &jsonReader{d: jsontext.NewDecoder(new(bytes.Buffer))}
}}

// readJSON reads a file of at most limit bytes that holds one JSON value, with read. A byte
// order mark, which editors of Windows put in front, is passed over: no file of the project is
// hashed as it stands. Errors wrap kind.
//
// It is not generic: the value of a type parameter counts as one that reflection may reach, and
// through the CID in a proof that links encoding/json.
func readJSON(data []byte, limit int, kind error, read func(*jsonReader) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w: %w", kind, err)
		}
	}()
	if len(data) > limit {
		return fmt.Errorf("%d bytes, more than %d", len(data), limit)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if other := notUTF8JSON(data); other != nil {
		return other
	}
	r := jsonReaders.Get().(*jsonReader)
	defer jsonReaders.Put(r)
	r.d.Reset(bytes.NewBuffer(data))
	defer r.d.Reset(new(bytes.Buffer)) // keep nothing of this file
	if err := read(r); err != nil {
		return syntaxError(err)
	}
	if rest := bytes.TrimLeft(data[r.d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return fmt.Errorf("trailing data at byte %d", len(data)-len(rest))
	}
	return nil
}

// object reads an object. member is called with each name, which is valid until
// it reads the value. The members of required must be there.
func (r *jsonReader) object(required []string, member func(name []byte) error) error {
	if err := r.begin('{'); err != nil {
		return err
	}
	var missing uint // a bit for each that is required
	for i := range required {
		missing |= 1 << i
	}
	for r.d.PeekKind() == '"' {
		raw, err := r.d.ReadValue()
		if err != nil {
			return err
		}
		name, err := r.unquote(raw)
		if err != nil {
			return err
		}
		for i := range required {
			if required[i] == string(name) {
				missing &^= 1 << i
			}
		}
		if err := member(name); err != nil {
			return err
		}
	}
	if _, err := r.d.ReadToken(); err != nil {
		return err
	}
	for i, name := range required {
		if missing&(1<<i) != 0 {
			return errMissing(string(r.d.StackPointer()) + "/" + name)
		}
	}
	return nil
}

// array reads an array of at most limit elements, each of which element reads.
func (r *jsonReader) array(limit int, element func() error) error {
	if err := r.begin('['); err != nil {
		return err
	}
	for n := 0; ; n++ {
		switch r.d.PeekKind() {
		case ']':
			_, err := r.d.ReadToken()
			return err
		case 0: // let the decoder say what is wrong
			_, err := r.d.ReadToken()
			return err
		}
		if n == limit {
			return fmt.Errorf("%s: more than the %d that are allowed", r.d.StackPointer().Parent(), limit)
		}
		if err := element(); err != nil {
			return err
		}
	}
}

func (r *jsonReader) begin(kind jsontext.Kind) error {
	if err := r.want(kind); err != nil {
		return err
	}
	_, err := r.d.ReadToken()
	return err
}

// want returns an error if the next value is not of a kind.
func (r *jsonReader) want(kind jsontext.Kind) error {
	got := r.d.PeekKind()
	if got == kind {
		return nil
	}
	if _, err := r.d.ReadToken(); err != nil { // what is no JSON at all, or to name the place
		return err
	}
	at := string(r.d.StackPointer())
	switch {
	case got == 'n':
		return fmt.Errorf("%s is null: leave the member out instead", at)
	case at == "":
		at = "the file"
	}
	return fmt.Errorf("%s: not a value of the right kind", at)
}

// string reads a string. It is valid until the next value is read.
func (r *jsonReader) string() ([]byte, error) {
	if err := r.want('"'); err != nil {
		return nil, err
	}
	raw, err := r.d.ReadValue()
	if err != nil {
		return nil, err
	}
	return r.unquote(raw)
}

func (r *jsonReader) unquote(raw []byte) (text []byte, err error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	r.text, err = jsontext.AppendUnquote(r.text[:0], raw)
	return r.text, err
}

// integer reads a number that is written as digits only and is at most limit.
func (r *jsonReader) integer(limit uint64) (uint64, error) {
	if err := r.want('0'); err != nil {
		return 0, err
	}
	raw, err := r.d.ReadValue()
	if err != nil {
		return 0, err
	}
	n, ok := plainInteger(raw)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s: %.40s is not an integer from 0 to 2^53-1", r.d.StackPointer(), raw)
	case n > limit:
		return 0, fmt.Errorf("%s: %d is more than %d", r.d.StackPointer(), n, limit)
	}
	return n, nil
}

// value reads a string into what has a text form.
func (r *jsonReader) value(v interface{ UnmarshalText(text []byte) error }) error {
	text, err := r.string()
	if err != nil {
		return err
	}
	if err := v.UnmarshalText(text); err != nil {
		return fmt.Errorf("%s: %w", r.d.StackPointer(), err)
	}
	return nil
}

// version reads the version of the file's format.
func (r *jsonReader) version() error {
	version, err := r.integer(maxInteger)
	if err == nil && version != 1 {
		err = fmt.Errorf("version %d of the format: this needs a newer verifier", version)
	}
	return err
}

// boolean reads true or false.
func (r *jsonReader) boolean() (bool, error) {
	if k := r.d.PeekKind(); k != 't' && k != 'f' {
		return false, r.want('t')
	}
	t, err := r.d.ReadToken()
	return err == nil && t.Bool(), err
}

// raw reads a value whose members are for later versions, and returns a copy.
func (r *jsonReader) raw() (jsontext.Value, error) {
	if r.d.PeekKind() == 'n' {
		return nil, r.want('{')
	}
	depth := r.d.StackDepth()
	value, err := r.d.ReadValue()
	if err != nil {
		return nil, err
	}
	value = bytes.Clone(value)
	if err := checkJSON(value, maxDepth-depth); err != nil {
		return nil, fmt.Errorf("%s: %w", r.d.StackPointer(), err)
	}
	return value, nil
}

func unknownMember(name []byte) error {
	return fmt.Errorf("the member %q is not one of this format", name)
}

func errMissing(what string) error { return fmt.Errorf("%s is missing", what) }

// syntaxError says an error of the JSON decoder in plain words, without Go's types.
func syntaxError(err error) error {
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return fmt.Errorf("the member %q is there twice", syntactic.JSONPointer.LastToken())
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it is empty or breaks off")
	case errors.As(err, &syntactic) && strings.Contains(syntactic.Err.Error(), "depth"): // it has no value for that
		return fmt.Errorf("nested too deep, at byte %d", syntactic.ByteOffset)
	case errors.As(err, &syntactic) && syntactic.ByteOffset == 0:
		return errors.New("it does not begin as JSON does")
	case errors.As(err, &syntactic):
		return fmt.Errorf("not JSON, at byte %d", syntactic.ByteOffset)
	}
	return err
}

// notUTF8JSON says what a file is that was JSON in UTF-8 before somebody saved or pasted it;
// nil if nothing of this kind can be seen.
func notUTF8JSON(data []byte) error {
	head := data[:min(len(data), 4)]
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")),
		bytes.Equal(head, []byte("\x00\x00\xfe\xff")), len(head) > 1 && (head[0] == 0) != (head[1] == 0):
		return errors.New("it is UTF-16, not UTF-8: save it as UTF-8")
	case bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("```")):
		return errors.New("it stands between ``` as in Markdown: keep what is between them alone")
	}
	return nil
}

// checkJSON refuses syntax errors, null, numbers that are not plain integers, and
// nesting beyond depth.
func checkJSON(data []byte, depth int) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		t, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t.Kind() {
		case 'n':
			return fmt.Errorf("%s is null: leave the member out instead", d.StackPointer())
		case '0':
			if _, ok := plainInteger(t.String()); !ok {
				return fmt.Errorf("%s: %.40s is not an integer from 0 to 2^53-1", d.StackPointer(), t.String())
			}
		case '{', '[':
			if d.StackDepth() > depth {
				return fmt.Errorf("nested more than %d levels deep", maxDepth)
			}
		}
	}
}

// plainInteger returns the value of s if it is written as digits only and is at
// most 2^53-1. JSON itself has no leading zeros.
func plainInteger[T ~string | ~[]byte](s T) (n uint64, ok bool) {
	if len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n <= maxInteger
}

// encode writes v in the project's form: members in the order of the struct,
// map keys sorted, two spaces of indent and a final line feed.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// jsonWriter writes the project's form, as [encode] does, and by no reflection. The first error
// stays.
type jsonWriter struct {
	out bytes.Buffer
	e   *jsontext.Encoder
	err error
}

func newJSONWriter() *jsonWriter {
	w := &jsonWriter{}
	w.e = jsontext.NewEncoder(&w.out, jsontext.WithIndent("  "))
	return w
}

// bytes returns what was written, with a final line feed.
func (w *jsonWriter) bytes() ([]byte, error) { return w.out.Bytes(), w.err }

func (w *jsonWriter) token(t jsontext.Token) {
	if w.err == nil {
		w.err = w.e.WriteToken(t)
	}
}

func (w *jsonWriter) begin()          { w.token(jsontext.BeginObject) }
func (w *jsonWriter) end()            { w.token(jsontext.EndObject) }
func (w *jsonWriter) string(s string) { w.token(jsontext.String(s)) }

func (w *jsonWriter) name(n string) *jsonWriter {
	w.string(n)
	return w
}

func (w *jsonWriter) text(v interface{ MarshalText() ([]byte, error) }) {
	text, err := v.MarshalText()
	w.err = cmp.Or(w.err, err)
	w.string(string(text))
}

func (w *jsonWriter) value(v jsontext.Value) {
	if w.err == nil {
		w.err = w.e.WriteValue(v)
	}
}

func writeArray[T any](w *jsonWriter, all []T, write func(*T, *jsonWriter)) {
	w.token(jsontext.BeginArray)
	for i := range all {
		write(&all[i], w)
	}
	w.token(jsontext.EndArray)
}

func writeTexts[T interface{ MarshalText() ([]byte, error) }](w *jsonWriter, all []T) {
	w.token(jsontext.BeginArray)
	for _, v := range all {
		w.text(v)
	}
	w.token(jsontext.EndArray)
}
