package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layout is how a program writes a file.
type layout struct {
	before    string // what stands in front of the header
	counted   bool   // offsets count that, too
	eol       string // line end
	entry     string // format of an entry of the table
	first     string // the first line of the table
	free      string // its first entry
	shift     int    // what is added to all offsets
	startAt   string // what stands at the end in place of startxref and its number, with %d for it
	trailer   string // more members
	behind    string
	noSection bool
}

// write writes a file of these objects, the first of which is the catalog.
func (l layout) write(objects ...string) []byte {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	eol := or(l.eol, "\n")
	out := bytes.NewBufferString(l.before)
	base := out.Len()
	if l.counted {
		base = 0
	}
	out.WriteString("%PDF-1.7" + eol + "%\xe2\xe3\xcf\xd3" + eol)
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = out.Len() - base + l.shift
		fmt.Fprintf(out, "%d 0 obj%s%s%sendobj%s", i+1, eol, strings.ReplaceAll(o, "\n", eol), eol, eol)
	}
	start := out.Len() - base
	if !l.noSection {
		out.WriteString("xref" + eol + or(l.first, fmt.Sprintf("0 %d", len(objects)+1)) + eol)
		out.WriteString(or(l.free, "0000000000 65535 f ") + eol)
		for _, offset := range offsets {
			fmt.Fprintf(out, or(l.entry, "%010d %05d n ")+eol, offset, 0)
		}
	}
	fmt.Fprintf(out, "trailer%s<</Size %d/Root 1 0 R%s>>%s", eol, len(objects)+1, l.trailer, eol)
	out.WriteString(strings.ReplaceAll(or(l.startAt, "startxref"+eol+"%d"+eol+"%%%%EOF"+eol), "%d", fmt.Sprint(start)))
	return append(bytes.ReplaceAll(out.Bytes(), []byte("%%%%EOF"), []byte("%%EOF")), l.behind...)
}

// page returns the objects of a file of one page, whose catalog has more members.
func page(members string, more ...string) []string {
	return append([]string{
		"<</Type/Catalog/Pages 2 0 R" + members + ">>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<<>>>>",
		"<</Length 22>>\nstream\n10 10 m 190 190 l S   \nendstream",
	}, more...)
}

// packed writes the objects behind the first four into an object stream.
func packed(l layout, objects ...string) []byte {
	var header, body strings.Builder
	for i, o := range objects {
		if i != 3 { // the stream
			fmt.Fprintf(&header, "%d %d ", i+1, body.Len())
			body.WriteString(o + " ")
		}
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write([]byte(header.String() + body.String())) // into memory
	_ = w.Close()
	l.noSection = true
	whole := l.write(objects...)
	at := bytes.Index(whole, []byte("1 0 obj"))
	from := bytes.Index(whole, []byte("4 0 obj"))
	to := from + bytes.Index(whole[from:], []byte("endobj\n")) + len("endobj\n")
	trailer := bytes.Index(whole, []byte("trailer"))
	return fmt.Appendf(nil, "%s%s%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n%s",
		whole[:at], whole[from:to], len(objects)+1, len(objects)-1, header.Len(), z.Len(), z.Bytes(), whole[trailer:])
}

// hybrid returns a file whose attachments are in an object stream, of which only the stream
// that its table names knows.
func hybrid() []byte {
	pack := "5 0 <</Names[]>>"
	whole := layout{}.write(page("/Names<</EmbeddedFiles 5 0 R>>",
		"null", fmt.Sprintf("<</Type/ObjStm/N 1/First 4/Length %d>>\nstream\n%s\nendstream", len(pack), pack),
		"<</Type/XRef/W[1 1 1]/Index[5 1]/Size 8/Length 3>>\nstream\n\x02\x06\x00\nendstream")...)
	table := bytes.LastIndex(whole, []byte("0 8\n"))
	lines := strings.SplitAfter(string(whole[table:]), "\n")
	stream := bytes.Index(whole, []byte("7 0 obj"))
	// lines[6] is that of object 5
	return fmt.Appendf(whole[:table:table], "0 5\n%s6 2\n%s%s", strings.Join(lines[1:6], ""), strings.Join(lines[7:9], ""),
		strings.Replace(strings.Join(lines[9:], ""), "/Root", fmt.Sprintf("/XRefStm %d/Root", stream), 1))
}

const attachments = "<</Type/Filespec/F(a)/EF<</F 6 0 R>>>>"

const attached = "<</Type/EmbeddedFile/Length 2>>\nstream\nhi\nendstream"

func files(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{
		"as it should be":              layout{}.write(page("")...),
		"generation 65536":             layout{free: "0000000000 65536 f "}.write(page("")...),
		"a mark in front":              layout{before: "\ufeff"}.write(page("")...),
		"lines in front":               layout{before: "\r\n\r\n"}.write(page("")...),
		"a header of HTTP":             layout{before: "Content-Type: application/pdf\r\n\r\n"}.write(page("")...),
		"counted from the beginning":   layout{before: "@PJL\r\n", counted: true}.write(page("")...),
		"only carriage returns":        layout{eol: "\r"}.write(page("")...),
		"lines of Windows":             layout{eol: "\r\n"}.write(page("")...),
		"entries of 19 bytes":          layout{entry: "%010d %05d n", free: "0000000000 65535 f"}.write(page("")...),
		"Prev is 0":                    layout{trailer: "/Prev 0"}.write(page("")...),
		"something behind":             layout{behind: "\x00\x00</html>\r\n"}.write(page("")...),
		"offsets that are wrong":       layout{shift: 7}.write(page("")...),
		"a table that counts from 1":   layout{first: "1 5"}.write(page("")...),
		"a start that is wrong":        layout{startAt: "startxref\n9%d\n%%EOF\n"}.write(page("")...),
		"empty lines":                  layout{eol: "\n\n"}.write(page("")...),
		"a start that is itself":       layout{startAt: "startxref\n0\n%%EOF\n"}.write(page("")...),
		"no start":                     layout{startAt: "\n"}.write(page("")...),
		"sections that are elsewhere":  layout{trailer: "/Prev 999", behind: "startxref\n999\n"}.write(page("")...),
		"no table":                     layout{noSection: true}.write(page("")...),
		"no table, and a mark":         layout{noSection: true, before: "\ufeff"}.write(page("")...),
		"object streams without table": packed(layout{}, page("/Names<</EmbeddedFiles 5 0 R>>", "<</Names[]>>")...),
	}
	all["a start just before"] = bytes.Replace(all["as it should be"], []byte("\nstartxref\n27"), []byte("\nstartxref\n26"), 1)
	for _, name := range []string{"table", "streams", "linearized", "attachments"} {
		doc, err := os.ReadFile(filepath.Join("..", "..", "testdata", "pdf", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = doc
	}
	all["both kinds of sections"] = hybrid()
	tree := func(nodes ...string) []byte {
		return layout{}.write(
			page("/Names<</EmbeddedFiles<</Kids[7 0 R 8 0 R]>>>>", append([]string{attachments, attached}, nodes...)...)...)
	}
	leaf := func(low, high string) string {
		return fmt.Sprintf("<</Limits[(%[1]s)(%[2]s)]/Names[(%[1]s)5 0 R(%[2]s)5 0 R]>>", low, high)
	}
	all["nodes around"] = tree(leaf("a", "b"), leaf("x", "z"))
	all["nodes behind"] = tree(leaf("i", "j"), leaf("x", "z"))
	all["nodes before"] = tree(leaf("a", "b"), leaf("c", "d"))
	all["within a node"] = tree(leaf("a", "m"), leaf("x", "z"))
	all["within nodes of nodes"] = tree("<</Limits[(a)(p)]/Kids 9 0 R>>", leaf("x", "z"), "[10 0 R 11 0 R]", leaf("a", "b"), leaf("h", "p"))
	return all
}

// In every kind of file that readers take, the text is an attachment, and the file comes back
// to the byte.
func TestAttach(t *testing.T) {
	const text = "uoQH_AD4_"
	for name, doc := range files(t) {
		t.Run(name, func(t *testing.T) {
			out, err := Attach(doc, "hallmark", text)
			if err != nil {
				t.Fatal(err)
			}
			if name == "both kinds of sections" && !bytes.Contains(out[len(doc):], []byte("/Prev")) {
				t.Error("it was found by a scan")
			}
			original, got, n := Detach(out, "hallmark")
			if !bytes.Equal(original, doc) || string(got) != text || n != 1 {
				t.Errorf("back comes %q", got)
			}
			again, err := Attach(original, "hallmark", text)
			if err != nil || !bytes.Equal(again, out) {
				t.Errorf("attached again: %v", err)
			}
			if _, err := Attach(out, "hallmark", text); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("attached twice: %v", err)
			}
			file := filepath.Join(t.TempDir(), "a.pdf")
			if err := os.WriteFile(file, out, 0o600); err != nil {
				t.Fatal(err)
			}
			checkTools(t, file, text)
		})
	}
}

// checkTools asks the readers that are installed.
func checkTools(t *testing.T, file, text string) {
	t.Helper()
	tool := func(want string, args ...string) {
		if _, err := exec.LookPath(args[0]); err != nil {
			return
		}
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		if warned := strings.ToLower(string(out)); strings.Contains(warned, "warning") || strings.Contains(warned, "error: ") {
			t.Logf("%v: %s", args, out)
		}
	}
	tool(text, "qpdf", "--warning-exit-0", "--show-attachment=hallmark", file)
	tool("", "qpdf", "--warning-exit-0", "--check", file)
	tool("hallmark", "pdfdetach", "-list", file)
	tool("Pages: 1", "mutool", "info", file)
}

// Where readers could find other objects, nothing is written.
func TestAttachRefused(t *testing.T) {
	broken := layout{noSection: true}
	write := func(l layout, more ...string) []byte { return l.write(page("", more...)...) }
	streamOf := func(dict, data string) string {
		return fmt.Sprintf("<</Type/ObjStm%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	}
	for _, tt := range []struct {
		name string
		doc  []byte
		want string
	}{
		{"nothing", []byte("%PDF-1.7\n"), "broken"},
		{"an object twice", append(write(broken), "\n3 0 obj\n<<>>\nendobj\n"...), "object 3 twice"},
		{"an object within a stream", write(broken, "<</Length 20>>\nstream\n3 0 obj <<>> endobj  \nendstream"), "object 3 twice"},
		{"an object twice, once packed", write(broken, streamOf("/N 1/First 4", "3 0 <<>>")), "object 3 twice"},
		{
			"a packed object that is not read",
			write(broken, streamOf("/N 1/First 4/Filter/LZWDecode", "9 0 <<>>")),
			"object stream 5 cannot be read",
		},
		{
			"the same, escaped", write(broken, strings.Replace(streamOf("/N 1/First 4/Filter/LZWDecode", "9 0 <<>>"), "ObjStm", "Obj#53tm", 1)),
			"object stream 5 cannot be read",
		},
		{"an object that is none", write(broken, "<</A"), "object 5 cannot be read"},
		{"a type twice", write(broken, "<</Type/A/Type/ObjStm>>"), "object 5 cannot be read"},
		{"two catalogs", append(write(broken), "trailer\n<</Root 2 0 R>>\n"...), "two catalogs"},
		{"an encrypted one", append(write(broken), "trailer\n<</Encrypt 9 0 R>>\n"...), "encrypted"},
		{"encrypted in its table", write(layout{trailer: "/Encrypt 9 0 R"}), "encrypted"},
		{"an attachment of that name", layout{}.write(page("/Names<</EmbeddedFiles<</Names[(hallm\\141rk)3 0 R]>>>>")...), "already"},
		{
			"one in a node",
			layout{}.write(page("/Names<</EmbeddedFiles<</Kids[5 0 R]>>>>", "<</Limits[(a)(z)]/Names[(hallmark)3 0 R]>>")...),
			"already",
		},
		{
			"a node that holds itself",
			layout{}.write(page("/Names<</EmbeddedFiles 5 0 R>>", "<</Limits[(a)(z)]/Kids[5 0 R]>>")...),
			"attachments in a way",
		},
		{"limits that are none", layout{}.write(page("/Names<</EmbeddedFiles<</Kids[5 0 R]>>>>", "<</Limits[1 2]>>")...), "attachments in a way"},
	} {
		out, err := Attach(tt.doc, "hallmark", "x")
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q\n%s", tt.name, err, tt.want, out)
		}
	}
}

// Predictors are those of PNG, so a reader of PNG knows what they give.
func TestPredictors(t *testing.T) {
	const width, height = 5, 40
	var rows []byte
	for y := range height {
		rows = append(rows, byte(y%5))
		for x := range width {
			rows = append(rows, byte(31*y*y+17*x+y*x))
		}
	}
	chunk := func(name string, data []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		out = append(append(out, name...), data...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(rows) // into memory
	_ = w.Close()
	picture, err := png.Decode(bytes.NewReader(slices.Concat([]byte("\x89PNG\r\n\x1a\n"),
		chunk("IHDR", []byte{0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 0}), chunk("IDAT", z.Bytes()), chunk("IEND", nil))))
	if err != nil {
		t.Fatal(err)
	}
	got, err := undoPredictor([]byte("<</DecodeParms<</Predictor 15/Columns 5>>>>"), rows)
	if want := picture.(*image.Gray).Pix; err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestSealOf(t *testing.T) {
	const signature = "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>%s>>"
	reference := func(parms string) string {
		return fmt.Sprintf(signature, "/Reference[<</TransformMethod/DocMDP"+parms+">>]")
	}
	certified := func(signature string) []byte { return layout{}.write(page("/Perms<</DocMDP 5 0 R>>", signature)...) }
	for _, tt := range []struct {
		name string
		doc  []byte
		want Seal
	}{
		{"nothing", layout{}.write(page("")...), Unsigned},
		{"an approval", layout{}.write(page("/AcroForm<</SigFlags 3>>", fmt.Sprintf(signature, ""))...), Signed},
		{"usage rights", layout{}.write(page("/Perms<</UR3 5 0 R>>", fmt.Sprintf(signature, ""))...), Signed},
		{"no change", certified(reference("/TransformParams<</P 1>>")), Locked},
		{
			"no change, elsewhere",
			layout{noSection: true}.write(page("/Perms 6 0 R", reference("/TransformParams 7 0 R"), "<</DocMDP 5 0 R>>", "<</P 1>>")...),
			Locked,
		},
		{"forms", certified(reference("/TransformParams<</P 2>>")), Signed},
		{"comments", certified(reference("/TransformParams<</P 3>>")), Signed},
		{"by default", certified(reference("/TransformParams<<>>")), Signed},
		{"without any", certified(reference("")), Signed},
		{"of a kind to come", certified(reference("/TransformParams<</P 0>>")), Locked},
		{"for no reason", certified(fmt.Sprintf(signature, "")), Locked},
		{"with a reason that is missing", certified(fmt.Sprintf(signature, "/Reference[9 0 R]")), Locked},
		{"that is nowhere", []byte("%PDF-1.7\n/ByteRange /DocMDP"), Locked},
		{"signed, and nowhere", []byte("%PDF-1.7\n/ByteRange"), Signed},
	} {
		if got := SealOf(tt.doc); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Whatever is attached comes off again, and is attached in the same way.
func FuzzAttach(f *testing.F) {
	for _, doc := range files(f) {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		SealOf(doc)
		Describe(doc)
		out, err := Attach(doc, "hallmark", "x")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("two lines: %v", err)
			}
			return
		}
		original, text, _ := Detach(out, "hallmark")
		if !bytes.Equal(original, doc) || string(text) != "x" {
			t.Fatalf("back comes %q", text)
		}
		if _, err := Attach(out, "hallmark", "x"); err == nil || errors.Is(err, errBroken) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
