package paper

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/skills"
	"github.com/hallmark-node/hallmark/verifier"
)

// Badge is one of a portfolio.
type Badge struct {
	File     string // its path within the folder, with slashes
	Document []byte
	Proof    *verifier.Proof // complete, and of the document
}

// PortfolioOptions are how a portfolio is printed.
type PortfolioOptions struct {
	Options
	Made time.Time // when it is made, as is printed on it
}

// Portfolio prints badges in one document: a cover with what they are and which skills they state, and a
// section each. Each has been checked by the evidence that its proof brings along, which its section tells
// with the date; it is no verdict, which takes a trust store and the file. The errors include
// those of [Sheet], and name the file.
func Portfolio(badges []Badge, o PortfolioOptions) ([]byte, error) {
	p := &portfolio{PortfolioOptions: o}
	for _, e := range badges {
		c, err := codesOf(e.Proof, e.Document, o.URL)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.File, err)
		}
		d := credential.Describe(e.Document)
		title := clean(cmp.Or(strings.Join(d.Names, "; "), d.Name, e.File))
		if onTestChain(e.Proof) {
			title = "TEST: " + title
		}
		p.badges = append(p.badges, &printed{Badge: e, codes: c, about: &d, title: title})
	}
	p.page = newPage(o.Size, false, o.Fonts, "Portfolio", o.Made)
	p.y = margin
	p.cover()
	p.next()
	for i, b := range p.badges {
		if err := p.section(i+1, b); err != nil {
			return nil, fmt.Errorf("%s: %w", b.File, err)
		}
	}
	p.number()
	return p.bytes()
}

// portfolio writes badges below each other, on as many pages as it takes.
type portfolio struct {
	PortfolioOptions
	*page
	badges []*printed
	y      float64 // of what comes next, in mm
}

// printed is a badge with what is printed of it.
type printed struct {
	Badge
	*codes
	about *credential.Description
	title string
}

const lowest = margin + 6 // what is left free at the lower end of a page, for its number

// next begins a page.
func (p *portfolio) next() {
	p.AddPage()
	p.y = margin
}

// room begins a page if there is less room than a height left.
func (p *portfolio) room(height float64) {
	if p.y+height > p.height-lowest {
		p.next()
	}
}

// paragraph writes a text as wide as the page. It does not go over to the next one.
func (p *portfolio) paragraph(text string, how style) {
	width := p.width - 2*margin
	b := p.set(text, how, width)
	p.room(b.height())
	p.draw(b, margin, p.y, width)
	p.y += b.height() + gap/3
}

// table writes rows, the first of which is the heading that each page repeats. The widths of its columns are
// shares of the page's.
func (p *portfolio) table(shares []float64, rows [][]string) {
	write := func(row []string, how style) {
		var blocks []*block
		height := 0.0
		for i, text := range row {
			b := p.set(text, how, shares[i]*(p.width-2*margin)-gap)
			blocks = append(blocks, b)
			height = max(height, b.height())
		}
		x := margin
		for i, b := range blocks {
			p.draw(b, x, p.y, shares[i]*(p.width-2*margin)-gap)
			x += shares[i] * (p.width - 2*margin)
		}
		p.y += height + gap/2
		p.SetDrawColor(200, 200, 200)
		p.SetLineWidth(0.1)
		p.Line(margin, p.y-gap/4, p.width-margin, p.y-gap/4)
	}
	heading, cell := style{size: 8.5, bold: true, maxLines: 1}, style{size: 9, maxLines: 3}
	tallest := float64(cell.maxLines)*cell.size*leading*mmPerPoint + gap
	p.room(2 * tallest)
	write(rows[0], heading)
	for _, row := range rows[1:] {
		before := p.PageNo()
		if p.room(tallest); p.PageNo() != before {
			write(rows[0], heading)
		}
		write(row, cell)
	}
}

// cover writes what the portfolio has.
func (p *portfolio) cover() {
	p.paragraph("Portfolio", style{size: 26, bold: true})
	var names []string
	for _, b := range p.badges {
		if name := clean(b.about.RecipientName); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		p.paragraph("of "+strings.Join(names, "; "), style{size: 14, maxLines: 4})
	}
	p.paragraph(fmt.Sprintf("%s, made on %s", count(len(p.badges), "badge"), p.day()), small)
	p.y += gap
	p.paragraph("This is a print, and what stands here is what the badges say of themselves: anyone can print another. "+
		"Ask for the badges' files, or for the portfolio as a page, which verifies them; and compare.", body)
	p.y += 2 * gap

	rows := [][]string{{"", "Badge", "Issuer, as it says", "Recorded"}}
	for i, b := range p.badges {
		rows = append(rows, []string{fmt.Sprint(i + 1), b.title, b.issuer(), b.report.AnchoredAt.UTC().Format(time.DateOnly)})
	}
	p.table([]float64{0.06, 0.44, 0.35, 0.15}, rows)
	p.y += 2 * gap

	var documents []*credential.Description
	for _, b := range p.badges {
		documents = append(documents, b.about)
	}
	rows = [][]string{{"Skill", "Identified by", "Badges"}}
	var words []string
	for _, s := range skills.Collect(documents) {
		if s.ID == "" {
			words = append(words, fmt.Sprintf("%s (%s)", clean(s.Name), numbers(s.In)))
			continue
		}
		rows = append(rows, []string{cmp.Or(clean(s.Name), "-"), clean(string(s.ID)), numbers(s.In)})
	}
	if len(rows) > 1 {
		p.room(20)
		p.paragraph("Skills", section)
		p.table([]float64{0.34, 0.5, 0.16}, rows)
		p.y += gap
	}
	if len(words) > 0 {
		p.room(20)
		p.paragraph("Skills in words", section)
		p.paragraph("Words do not say which skill of which framework is meant.", small)
		for some := range slices.Chunk(words, 40) {
			p.paragraph(strings.Join(some, " · "), body)
		}
	}
}

func (p *portfolio) day() string { return p.Made.UTC().Format(time.DateOnly) }

// numbers are the numbers of badges, of which the indexes are given.
func numbers(in []int) string {
	var out []string
	for _, i := range in[:min(len(in), 20)] {
		out = append(out, fmt.Sprint(i+1))
	}
	if more := len(in) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// issuer is who the badge says issued it.
func (b *printed) issuer() string {
	return clean(cmp.Or(b.about.IssuerName, strings.Join(b.about.IssuerIDs, ", "), b.about.IssuerURL, b.about.Author))
}

const (
	sectionPicture = 30.0 // the side of a picture, in mm
	sectionCode    = 52.0 // the column of the code
)

// section writes a badge: its picture, what it says, and how it is looked up.
func (p *portfolio) section(number int, b *printed) error {
	picture, remark := pictureOf(b.Document, b.about)
	left, width := margin, p.width-2*margin-sectionCode-gap
	if picture != nil {
		left, width = left+sectionPicture+2*gap, width-sectionPicture-2*gap
	}
	var blocks []*block
	height := 0.0
	add := func(text string, how style) {
		if text != "" {
			block := p.set(text, how, width)
			blocks = append(blocks, block)
			height += block.height() + 0.8
		}
	}
	d := b.about
	add(fmt.Sprintf("%d. %s", number, b.title), style{size: 14, least: 10, bold: true, maxLines: 3})
	add(b.issuer(), style{size: 10.5, maxLines: 2})
	add(wordsBefore("for ", clean(d.RecipientName)), style{size: 10.5, maxLines: 2})
	add(p.dates(d), style{size: 9, maxLines: 3})
	add(clean(strings.Join(d.Criteria, "; ")), style{size: 9, maxLines: 5})
	add(wordsBefore("Skills: ", skillNames(d)), style{size: 9, maxLines: 4})
	add(wordIf(d.Problem != "", "Not all of what it says can be told for sure."), small)
	if picture == nil {
		add(wordsBefore("No picture: ", strings.SplitN(remark, ":", 2)[0]), small)
	}
	add(p.checked(b), small)
	add("File "+clean(b.File), style{size: 7.5, grey: true, maxLines: 2})
	add("CID "+b.Proof.Credential.String(), style{size: 7.5, grey: true})

	code := b.Code.QrCode
	if b.url != "" {
		var err error
		if code, err = addressCode(b.url); err != nil {
			return err
		}
	}
	side := codeWidth(code, certificateModule)
	below := p.set(b.short.String(), style{size: 10, least: 7, bold: true, centred: true, maxLines: 1}, sectionCode)
	caption := cmp.Or(b.url, wordIf(b.Whole, "Its proof."), "Its proof, without the evidence from the chain.")
	what := p.set(caption, style{size: 7, grey: true, centred: true, maxLines: 3}, sectionCode)
	p.room(max(height, side+below.height()+what.height(), sectionPicture) + 3*gap)

	top := p.y
	p.SetDrawColor(60, 80, 110)
	p.SetLineWidth(0.3)
	p.Line(margin, top, p.width-margin, top)
	top += 1.5 * gap
	p.bookmark(fmt.Sprintf("%d. %s", number, b.title), top)
	if picture != nil {
		if err := p.picture(picture, margin, top, sectionPicture); err != nil {
			return fmt.Errorf("%w: %w", ErrPicture, err)
		}
	}
	y := top
	for _, block := range blocks {
		p.draw(block, left, y, width)
		y += block.height() + 0.8
	}
	column := p.width - margin - sectionCode
	p.code(code, column+(sectionCode-side)/2, top, certificateModule)
	p.draw(below, column, top+side, sectionCode)
	p.draw(what, column, top+side+below.height(), sectionCode)
	p.y = max(y, top+side+below.height()+what.height(), top+sectionPicture) + 2*gap
	return nil
}

// skillNames are the skills that a badge states, for people.
func skillNames(d *credential.Description) string {
	var names []string
	for _, s := range skills.Collect([]*credential.Description{d}) {
		if name := clean(cmp.Or(s.Name, string(s.ID))); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names[:min(len(names), 20)], ", ")
}

// bookmark adds to the outline that readers show beside the pages.
func (p *portfolio) bookmark(text string, y float64) {
	p.Bookmark(strings.Map(func(r rune) rune {
		if r > 0xffff {
			return '\ufffd' // which the library cannot write
		}
		return r
	}, text), 0, y)
}

func wordsBefore(words, text string) string {
	if text == "" {
		return ""
	}
	return words + text
}

// dates tells within which dates a badge says that it holds.
func (p *portfolio) dates(d *credential.Description) string {
	var out []string
	for _, date := range []struct {
		name string
		credential.Date
	}{{"valid from", d.ValidFrom}, {"valid until", d.ValidUntil}} {
		switch {
		case date.Err != "":
			out = append(out, date.name+" a date that cannot be told for sure")
		case date.Present:
			out = append(out, date.name+" "+dateText(date.Date))
		}
	}
	if end := d.ValidUntil; end.Present && end.Err == "" && end.Latest().Before(p.Made) {
		out = append(out, "which had passed when this was made")
	}
	return strings.Join(out, ", ")
}

// checked says what of a badge was verified when the portfolio was made.
func (p *portfolio) checked(b *printed) string {
	return fmt.Sprintf("Checked on %s: the proof is of exactly this file, signed by the key %s, recorded %s, and the record had no "+
		"revocation of it as of %s. Whose key that is, and whether that record is final, says the verifier of who reads this.",
		p.day(), b.Proof.Submission.Issuer, recorded(b.codes, b.Proof), moment(b.report.StatusAsOf))
}

// number writes the number of each page.
func (p *portfolio) number() {
	n := p.PageCount()
	for i := range n {
		p.SetPage(i + 1)
		b := p.set(fmt.Sprintf("%d / %d", i+1, n), style{size: 8, grey: true, centred: true}, p.width-2*margin)
		p.draw(b, margin, p.height-margin, p.width-2*margin)
	}
}
