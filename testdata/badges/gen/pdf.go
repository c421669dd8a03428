package main

import (
	"bytes"
	"fmt"
	"math"
)

// certificate draws a certificate of one landscape page, A4, with the fonts that every
// reader has.
func certificate() []byte {
	var page bytes.Buffer
	draw := func(format string, args ...any) { fmt.Fprintf(&page, format+"\n", args...) }
	const width, height = 842.0, 595.0
	draw("0.985 0.98 0.96 rg 0 0 %g %g re f", width, height)
	draw("0.11 0.23 0.36 RG 6 w 28 28 %g %g re S", width-56, height-56)
	draw("0.78 0.60 0.22 RG 1.2 w 40 40 %g %g re S", width-80, height-80)
	// units is the width of the text in thousandths of the font's size.
	centered := func(font string, units, size, y, r, g, b float64, text string) {
		x := (width - units/1000*size) / 2
		draw("BT /%s %g Tf %g %g %g rg %.2f %g Td (%s) Tj ET", font, size, r, g, b, x, y, text)
	}
	centered("B", 13838, 15, 505, 0.78, 0.60, 0.22, "E X A M P L E   C O L L E G E")
	centered("T", 10277, 44, 435, 0.11, 0.23, 0.36, "Certificate of Completion")
	centered("I", 8279, 18, 385, 0.3, 0.3, 0.3, "This is to certify that")
	centered("T", 5471, 34, 335, 0.1, 0.1, 0.1, "Ada Example")
	draw("0.78 0.60 0.22 RG 0.8 w %g 322 m %g 322 l S", width/2-170, width/2+170)
	centered("I", 10137, 18, 288, 0.3, 0.3, 0.3, "has completed the course")
	centered("B", 12113, 24, 248, 0.11, 0.23, 0.36, "Metal Work for Beginners")
	centered("H", 20456, 12, 215, 0.3, 0.3, 0.3, "40 hours, with a final test, on 30 January 2026")
	// The seal: a scalloped disc with a star.
	const x, y = width / 2, 130.0
	draw("0.78 0.60 0.22 rg")
	outline(&page, x, y, 72, func(i int) float64 { return 40 + 2.5*math.Cos(float64(i)*math.Pi) })
	draw("f 0.11 0.23 0.36 rg")
	outline(&page, x, y, 60, func(int) float64 { return 33 })
	draw("f 1 1 1 rg")
	outline(&page, x, y, 10, func(i int) float64 { return []float64{24, 10}[i%2] })
	draw("f 0.3 0.3 0.3 RG 0.6 w 110 105 m 290 105 l S 552 105 m 732 105 l S")
	draw("BT /H 10 Tf 0.3 0.3 0.3 rg 165 90 Td (The Principal) Tj ET")
	draw("BT /H 10 Tf 0.3 0.3 0.3 rg 603 90 Td (Example College) Tj ET")
	return document(page.Bytes())
}

// outline adds a closed path around a point, beginning at the top.
func outline(page *bytes.Buffer, x, y float64, n int, radius func(i int) float64) {
	for i := range n {
		angle := math.Pi/2 + 2*math.Pi*float64(i)/float64(n)
		op := "l"
		if i == 0 {
			op = "m"
		}
		fmt.Fprintf(page, "%.2f %.2f %s\n", x+radius(i)*math.Cos(angle), y+radius(i)*math.Sin(angle), op)
	}
	page.WriteString("h ")
}

// document wraps the page in a PDF with its information dictionary and table.
func document(page []byte) []byte {
	w := newPDF("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	w.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Contents 4 0 R /Resources " +
		"<< /Font << /H 5 0 R /B 6 0 R /T 7 0 R /I 8 0 R >> >> >>")
	w.stream("", page)
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>")
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>")
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Times-Italic >>")
	w.add("<< /Title (Certificate of Completion: Metal Work for Beginners) /Author (Example College) /CreationDate (D:20260130120000Z) >>")
	return w.end("0000000000 65535 f \n", "/Root 1 0 R /Info 9 0 R")
}

// pdf is a PDF in the making, with a table of where its objects begin.
type pdf struct {
	bytes.Buffer
	at []int
}

func newPDF(head string) *pdf {
	w := new(pdf)
	w.WriteString(head)
	return w
}

// add writes the next object.
func (w *pdf) add(object string) {
	w.at = append(w.at, w.Len())
	fmt.Fprintf(w, "%d 0 obj\n%s\nendobj\n", len(w.at), object)
}

// stream writes the next object, a stream with further members in its dictionary.
func (w *pdf) stream(members string, data []byte) {
	w.add(fmt.Sprintf("<< %s/Length %d >>\nstream\n%sendstream", members, len(data), data))
}

// end writes the table, whose first entry is head, and the trailer.
func (w *pdf) end(head, trailer string) []byte {
	table := w.Len()
	fmt.Fprintf(w, "xref\n0 %d\n%s", len(w.at)+1, head)
	for _, offset := range w.at {
		fmt.Fprintf(w, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(w, "trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n", len(w.at)+1, trailer, table)
	return w.Bytes()
}
