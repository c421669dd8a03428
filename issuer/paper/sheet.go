package paper

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	margin = 16.0 // of a sheet, in mm
	gap    = 2.5
)

var (
	heading = style{size: 20, bold: true}
	section = style{size: 11.5, bold: true}
	body    = style{size: 9}
	small   = style{size: 8.5, grey: true}
	value   = style{size: 9.5, maxLines: 2}
)

// Sheet prints a cover sheet for a file that is anchored: what it is called, when it was
// recorded, its proof as a QR code, and how it is checked. The file itself stays as it is:
// whatever is stamped on it makes it another file, of which the proof says nothing. file is its
// name. The errors include [ErrPending], [ErrNoFont], and what is wrong with a proof that is
// not about the document.
func Sheet(p *verifier.Proof, file string, document []byte, o Options) (*Page, error) {
	c, err := codesOf(p, document, o.URL)
	if err != nil {
		return nil, err
	}
	name, issued := clean(file), time.Unix(int64(p.Submission.IssuedAt), 0)
	s := &sheet{page: newPage(o.Size, false, o.Fonts, "Cover sheet for "+name, issued), y: margin}
	s.paragraph("Cover sheet", heading)
	s.paragraph("This sheet belongs to one file and carries the proof of when that file was recorded, and by whom. "+
		"It is not the file, and proves nothing about any other paper.", body)
	s.y += gap

	s.paragraph("The file", section)
	s.row("Name", name)
	d := credential.Describe(document)
	s.row("Kind", fmt.Sprintf("%s, %d bytes", d.Title(), len(document)))
	titles := strings.Join(d.Names, "; ")
	s.row("It says: title", clean(cmp.Or(titles, d.Name)))
	s.row("It says: issuer", clean(cmp.Or(d.IssuerName, strings.Join(d.IssuerIDs, ", "), d.Author)))
	s.row("It says: for", clean(d.RecipientName))
	if d.Problem != "" {
		s.row("", "Not all of what it says can be told for sure.")
	}
	s.row("CID", p.Credential.String())
	s.y += gap

	s.paragraph("The proof", section)
	s.row("Signed by the key", p.Submission.Issuer.String())
	s.row("Issued", moment(issued)+", as the signer says")
	s.row("Recorded", recorded(c, p))
	s.y += gap

	width := codeWidth(c.Code.QrCode, sheetModule)
	s.code(c.Code.QrCode, margin-quiet*sheetModule, s.y, sheetModule)
	right, top := margin+width, s.y
	at := &sheet{page: s.page, x: right - margin, y: top + quiet*sheetModule}
	at.paragraph("Short code", small)
	at.paragraph(c.short.String(), style{size: 14, bold: true})
	at.y += gap
	at.paragraph(c.held()+" A phone shows it as text that begins with HM1:", small)
	if c.url != "" {
		at.y += gap
		if err := at.address(c.url); err != nil {
			return nil, err
		}
	}
	s.y = max(top+width, at.y) + gap

	s.paragraph("How it is checked", section)
	s.steps(c, p)
	s.y += gap
	s.paragraph("What is proven, and what is not", section)
	s.paragraph("With the file, VALID says that the holder of the key signed exactly this file, to the bit, that it was recorded by the "+
		"time told, and that it had not been revoked when the evidence was taken. Whose key it is, the trust store of who checks says. "+
		"Without the file, VALID is about the CID alone.", body)
	s.y += gap / 2
	s.paragraph("Paper is not proven. Anyone can copy this sheet, or put it on top of another certificate. Compare what a print says "+
		"with the file that was checked, and without the file believe neither. The short code and the address only help to find "+
		"things.", body)
	if s.y > s.page.height-margin/2 {
		return nil, fmt.Errorf("what is to be printed does not fit on one page")
	}
	pdf, err := s.bytes()
	if err != nil {
		return nil, err
	}
	return &Page{PDF: pdf, Short: c.short, Code: c.Code}, nil
}

// sheet writes texts below each other.
type sheet struct {
	*page
	x, y float64 // of the next text, in mm; x from the margin
}

// paragraph writes a text as wide as there is room.
func (s *sheet) paragraph(text string, how style) {
	width := s.page.width - 2*margin - s.x
	b := s.set(text, how, width)
	s.draw(b, margin+s.x, s.y, width)
	s.y += b.height() + gap/3
}

// row writes a value beside its name, if there is one.
func (s *sheet) row(name, text string) {
	if text == "" {
		return
	}
	const column = 34
	s.draw(s.set(name, small, column), margin, s.y+0.3, column)
	width := s.page.width - 2*margin - column
	b := s.set(text, value, width)
	s.draw(b, margin+column, s.y, width)
	s.y += b.height() + gap/5
}

// address writes the address of a page, as a code and as text.
func (s *sheet) address(url string) error {
	code, err := addressCode(url)
	if err != nil {
		return err
	}
	s.paragraph("A page about it", small)
	s.code(code, margin+s.x-quiet*sheetModule, s.y, sheetModule)
	s.y += codeWidth(code, sheetModule)
	s.paragraph(url, small)
	return nil
}

// steps tell how the file is checked.
func (s *sheet) steps(c *codes, p *verifier.Proof) {
	steps := []string{
		"Get hallmark, and the file itself: neither this sheet nor a print of the file will do.",
		"Read the code, and save its text as proof.txt.",
	}
	check := "hallmark verify --credential FILE proof.txt"
	if !c.Whole {
		steps = append(steps, "hallmark extract --out proof.json proof.txt", "hallmark upgrade --node "+node(p)+" proof.json")
		check = "hallmark verify --credential FILE proof.json"
	}
	steps = append(steps, check)
	for i, step := range steps {
		s.paragraph(fmt.Sprintf("%d.  %s", i+1, step), body)
	}
}

// plainURL is an address that can be typed into a command line as it stands.
var plainURL = regexp.MustCompile(`^https?://[A-Za-z0-9.:/_-]{1,80}$`)

// node is where the evidence is to be had, or a word for that.
func node(p *verifier.Proof) string {
	if p.Hints != nil && plainURL.MatchString(p.Hints.Node) {
		return p.Hints.Node
	}
	return "URL"
}

// builtIn are the chains that need no entry in a trust store.
var builtIn = (*verifier.Trust)(nil).WithDefaults().Chains

// onTestChain reports whether the home of a proof is known as a chain for tests.
func onTestChain(p *verifier.Proof) bool {
	c := builtIn[p.Submission.Home.Chain]
	return c != nil && c.Test
}

// recorded says when a proof was recorded, and where.
func recorded(c *codes, p *verifier.Proof) string {
	home := p.Submission.Home.Chain
	where := fmt.Sprintf("the chain %s, which is not a public one that is built in", home)
	if known := builtIn[home]; known != nil {
		where = fmt.Sprintf("%s (%s)", known.Name, home)
	}
	if onTestChain(p) {
		where += ", which is for TESTS only"
	}
	return fmt.Sprintf("%s, on %s", moment(c.report.AnchoredAt), where)
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
