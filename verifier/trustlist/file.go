package trustlist

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotList says that a file is not a list in the form in which they are kept.
var ErrNotList = errors.New("not a trust list")

// listFile is the form of a file. Times are RFC 3339 in UTC, of whole seconds.
type listFile struct {
	HallmarkList int     `json:"hallmarkList"`
	Name         string  `json:"name"`
	Origin       string  `json:"origin"`
	SHA256       string  `json:"sha256"`
	Read         string  `json:"read"`
	Dated        string  `json:"dated,omitempty"`
	Format       Format  `json:"format"`
	Key          string  `json:"key,omitempty"`
	Entries      []Entry `json:"entries"`
}

// hasNull reports whether null stands anywhere in a JSON text, which the library takes for
// nothing: outside of strings no other value has an n, for true and false have none.
func hasNull(text []byte) bool {
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case c == '\\' && inString:
			i++
		case c == 'n' && !inString:
			return true
		}
	}
	return false
}

// Parse reads a list as [List.Encode] writes it, strictly. The error is an [ErrNotList].
func Parse(data []byte) (*List, error) {
	l, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotList, err)
	}
	return l, nil
}

func parse(data []byte) (*List, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxSize)
	}
	var f listFile
	// The library itself refuses members that are there twice or spelt in other letters.
	if err := json.Unmarshal(data, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, plain(err)
	}
	if hasNull(data) {
		return nil, errors.New("something is null: leave the member out instead")
	}
	l := &List{Name: f.Name, Origin: f.Origin, SHA256: f.SHA256, Format: f.Format, Key: f.Key, Entries: f.Entries}
	if f.HallmarkList != 1 {
		return nil, fmt.Errorf("version %d of the format: this needs a newer verifier", f.HallmarkList)
	}
	for _, t := range []struct {
		name, text string
		to         *time.Time
	}{{"read", f.Read, &l.Read}, {"dated", f.Dated, &l.Dated}} {
		at, err := time.Parse("2006-01-02T15:04:05Z", t.text)
		if t.text == "" && t.name == "dated" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %.40q is not a time such as 2026-01-31T12:00:00Z", t.name, t.text)
		}
		*t.to = at
	}
	return l, l.check()
}

// check says what a list has that no list may have.
func (l *List) check() error {
	sum, err := hex.DecodeString(l.SHA256)
	switch {
	case l.Name == "" || len(l.Name) > maxText:
		return errors.New("it has no name, or one that is too long")
	case l.Origin == "" || len(l.Origin) > maxText:
		return errors.New("it does not say where it is from")
	case err != nil || len(sum) != 32 || strings.ToLower(l.SHA256) != l.SHA256:
		return errors.New("sha256 is not 64 hex digits")
	case l.Read.IsZero():
		return errors.New("it does not say when it was read")
	case l.Dated.After(l.Read):
		return errors.New("it is dated later than it was read")
	case l.Format == "" || len(l.Format) > 32 || len(l.Key) > 64:
		return errors.New("it does not say in a known way of what form it was")
	case len(l.Entries) == 0:
		return errors.New("there is nobody on it")
	case len(l.Entries) > MaxEntries:
		return fmt.Errorf("%d entries, more than %d", len(l.Entries), MaxEntries)
	}
	for i := range l.Entries {
		if err := l.Entries[i].check(); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

func (e *Entry) check() error {
	switch {
	case e.Name == "" || len(e.Name) > maxText:
		return errors.New("it has no name, or one that is too long")
	case len(e.IDs)+len(e.Domains) == 0:
		return errors.New("it has neither an identifier nor a domain")
	case len(e.IDs) > maxIDs || len(e.Domains) > maxIDs:
		return fmt.Errorf("more than %d identifiers or domains", maxIDs)
	}
	for _, id := range e.IDs {
		if !isID(id) {
			return fmt.Errorf("%.100q is not an identifier of an issuer", id)
		}
	}
	for _, domain := range e.Domains {
		if !isDomain(domain) {
			return fmt.Errorf("%.100q is not a domain in lower-case A-labels", domain)
		}
	}
	return nil
}

// Encode returns a list as a file. A list that [Parse] would refuse is an error.
func (l *List) Encode() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("the list %q: %w", l.Name, err)
	}
	f := listFile{1, l.Name, l.Origin, l.SHA256, l.Read.UTC().Format(time.RFC3339), "", l.Format, l.Key, l.Entries}
	if !l.Dated.IsZero() {
		f.Dated = l.Dated.UTC().Format(time.RFC3339)
	}
	data, err := json.Marshal(f, jsontext.WithIndent("  "), json.Deterministic(true))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the list %q: %w", l.Name, plain(err))
	case len(data) >= MaxSize:
		return nil, fmt.Errorf("the list %q would be larger than %d bytes", l.Name, MaxSize)
	}
	return append(data, '\n'), nil
}

// plain takes the words of the library out of an error.
func plain(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic):
		at := string(semantic.JSONPointer)
		if at == "" {
			at = "the file"
		}
		if errors.Is(err, json.ErrUnknownName) {
			return fmt.Errorf("%.200s: unknown member", at)
		}
		return fmt.Errorf("%.200s: not a value of the right kind", at)
	case errors.As(err, &syntactic):
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("%.200s is there twice", syntactic.JSONPointer)
		}
		return fmt.Errorf("not JSON, at byte %d", syntactic.ByteOffset)
	}
	return errors.New("not JSON")
}
