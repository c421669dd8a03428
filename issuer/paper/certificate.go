package paper

import (
	"cmp"
	"fmt"
	"image"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// CertificateOptions are how a certificate is printed.
type CertificateOptions struct {
	Options

	// Picture is a PNG or JPEG to print; nil for the one that the badge brings along.
	Picture []byte

	// Recipient is printed as whom the badge is about, which must be so: for badges
	// that state no name, or an address by its hash only. Empty for the name that it states.
	Recipient string
}

// Certificate prints a badge: its picture, its title, for whom and by whom it is and what it took,
// as the badge says, and its proof as a QR code. The errors include those of [Sheet],
// [ErrUnclear] and [ErrPicture].
func Certificate(p *verifier.Proof, badge []byte, o CertificateOptions) (*Page, error) {
	c, err := codesOf(p, badge, o.URL)
	if err != nil {
		return nil, err
	}
	d := credential.Describe(badge)
	f, err := factsOf(&d, o.Recipient)
	if err != nil {
		return nil, err
	}
	result := &Page{Short: c.short, Code: c.Code}
	var picture image.Image
	if o.Picture != nil {
		picture, err = decodePicture(o.Picture)
	} else {
		var remark string
		if picture, remark = pictureOf(badge, &d); remark != "" {
			result.Remarks = append(result.Remarks, remark)
		}
	}
	if err != nil {
		return nil, err
	}
	page := newPage(o.Size, true, o.Fonts, f.title, time.Unix(int64(p.Submission.IssuedAt), 0))
	page.frame()
	foot, err := page.foot(c, p)
	if err != nil {
		return nil, err
	}
	y := 17.0
	if picture != nil {
		if err := page.picture(picture, (page.width-pictureSide)/2, y, pictureSide); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPicture, err)
		}
		y += pictureSide + gap
	}
	remarks := page.facts(f, y, foot)
	result.Remarks = append(result.Remarks, remarks...)
	result.PDF, err = page.bytes()
	return result, err
}

const pictureSide = 36.0 // mm

// facts are what a certificate says, each safe to print and empty if there is none. known is how
// else the recipient is known than by the name.
type facts struct {
	title, recipient, known, issuer, criteria, dates string
}

// factsOf takes from a badge what a certificate says.
func factsOf(d *credential.Description, recipient string) (*facts, error) {
	if d.Opaque {
		return nil, fmt.Errorf("%w: it is no badge (%s)", ErrUnclear, d.Title())
	}
	if d.Problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrUnclear, d.Problem)
	}
	f := &facts{
		title:     clean(cmp.Or(strings.Join(d.Names, "; "), d.Name)),
		issuer:    clean(cmp.Or(d.IssuerName, strings.Join(d.IssuerIDs, ", "), d.IssuerURL, d.Author)),
		recipient: clean(d.RecipientName),
		criteria:  clean(strings.Join(d.Criteria, "; ")),
	}
	if recipient != "" {
		if same, known := d.IsFor(recipient); !known || !same {
			return nil, fmt.Errorf("%w: that it is about %s does not follow from it", ErrUnclear, credential.Printable(recipient))
		}
		if f.known = clean(recipient); f.recipient == "" {
			f.recipient, f.known = f.known, ""
		}
	}
	if f.title == "" {
		return nil, fmt.Errorf("%w: it states no title (%s)", ErrUnclear, d.Title())
	}
	var dates []string
	for _, date := range []struct {
		name string
		credential.Date
	}{{"valid from", d.ValidFrom}, {"valid until", d.ValidUntil}} {
		switch {
		case date.Err != "":
			return nil, fmt.Errorf("%w: one of its dates cannot be told: %s", ErrUnclear, date.Err)
		case date.Present:
			dates = append(dates, date.name+" "+dateText(date.Date))
		}
	}
	f.dates = strings.Join(dates, ", ")
	return f, nil
}

// dateText writes a date as the rest of the page writes times, since a badge may state seconds since
// 1970. A day alone, or a time without its zone, stays as it is written, since it means no instant.
func dateText(d credential.Date) string {
	if d.Slack != 0 {
		return clean(d.Text)
	}
	layout := "2006-01-02 15:04:05 MST"
	if d.Time.Truncate(time.Minute).Equal(d.Time) {
		layout = "2006-01-02 15:04 MST"
	}
	return d.Time.UTC().Format(layout)
}

// frame draws two lines around the page.
func (p *page) frame() {
	p.SetDrawColor(60, 80, 110)
	for _, line := range []struct{ inset, width float64 }{{8, 0.9}, {10, 0.25}} {
		p.SetLineWidth(line.width)
		p.Rect(line.inset, line.inset, p.width-2*line.inset, p.height-2*line.inset, "D")
	}
}

// facts writes what the badge says between two heights, and returns what is cut.
func (p *page) facts(f *facts, from, to float64) (remarks []string) {
	const side = 30
	width := p.width - 2*side
	lines := []struct {
		what, text string
		style
		after float64
	}{
		{"", f.issuer, style{size: 13, least: 9, grey: true, centred: true, maxLines: 2}, gap},
		{"title", f.title, style{size: 26, least: 12, bold: true, centred: true, maxLines: 3}, gap},
		{"", wordIf(f.recipient != "", "awarded to"), style{size: 10, grey: true, centred: true}, 1},
		{"name of whom it is for", f.recipient, style{size: 24, least: 11, centred: true, maxLines: 3}, 1},
		{"identifier of whom it is for", f.known, style{size: 12, least: 9, centred: true, maxLines: 2}, gap},
		{"", f.dates, style{size: 10, grey: true, centred: true, maxLines: 2}, gap},
	}
	var blocks []*block
	height := 0.0
	for _, l := range lines {
		b := p.set(l.text, l.style, width)
		if b.cut && l.what != "" {
			remarks = append(remarks, "the "+l.what+" is too long to be printed whole")
		}
		blocks = append(blocks, b)
		height += b.height() + l.after
	}
	criteria := style{size: 9.5, centred: true}
	criteria.maxLines = min(6, int((to-from-height-gap)/(criteria.size*leading*mmPerPoint)))
	if criteria.maxLines > 0 && f.criteria != "" {
		b := p.set(f.criteria, criteria, width)
		blocks = append(blocks, b)
		height += b.height()
	}
	y := from + max(0, (to-from-height)/2)
	for i, b := range blocks {
		p.draw(b, side, y, width)
		y += b.height()
		if i < len(lines) && len(b.lines) > 0 {
			y += lines[i].after
		}
	}
	return remarks
}

func wordIf(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

// foot draws the codes and what is to be known about them at the lower end of the page, and
// returns the height at which they begin.
func (p *page) foot(c *codes, proof *verifier.Proof) (float64, error) {
	const inset = 13
	width := codeWidth(c.Code.QrCode, certificateModule)
	top := p.height - inset - width
	p.code(c.Code.QrCode, inset, top, certificateModule)
	left, right := inset+width+gap, p.width-inset-gap
	if c.url != "" {
		code, err := addressCode(c.url)
		if err != nil {
			return 0, err
		}
		side := codeWidth(code, certificateModule)
		p.code(code, p.width-inset-side, p.height-inset-side, certificateModule)
		right -= side
	}
	texts := []struct {
		text string
		style
	}{
		{c.short.String(), style{size: 11, bold: true}},
		{
			"A print of a badge, and not the badge: anyone can print another. What stands here is what the badge says of itself. " +
				"Ask for the badge's file, read the code into proof.txt, and compare.", style{size: 8},
		},
		{check(c, proof), style{size: 8}},
		{c.held(), style{size: 7.5, grey: true}},
		{"CID " + proof.Credential.String(), style{size: 7.5, grey: true}},
		{"Signed by the key " + proof.Submission.Issuer.String(), style{size: 7.5, grey: true}},
		{"Recorded " + recorded(c, proof), style{size: 7.5, grey: true}},
		{wordIf(c.url != "", "A page about it: "+c.url), style{size: 7.5, grey: true}},
	}
	y, blocks := p.height-inset-quiet*certificateModule, []*block{}
	for _, t := range texts {
		b := p.set(t.text, t.style, right-left)
		y -= b.height() + 0.5
		blocks = append(blocks, b)
	}
	top = min(top, y)
	for _, b := range blocks {
		p.draw(b, left, y, right-left)
		y += b.height() + 0.5
	}
	return top - gap, nil
}

// check tells how the badge is checked.
func check(c *codes, p *verifier.Proof) string {
	if c.Whole {
		return "hallmark verify --credential BADGE proof.txt"
	}
	return "hallmark extract --out proof.json proof.txt;  hallmark upgrade --node " + node(p) +
		" proof.json;  hallmark verify --credential BADGE proof.json"
}
