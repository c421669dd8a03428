package credential

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// In an SVG a proof stands in an element hallmark of a namespace of its own, right in
// front of the end of the root element.
const proofNamespace = "https://github.com/hallmark-node/hallmark"

func svgElement(proof []byte) []byte {
	return []byte(`<` + keyword + ` xmlns="` + proofNamespace + `">` + proofText(proof) + `</` + keyword + `>`)
}

func embedSVG(file, proof []byte) ([]byte, error) {
	end, _, err := walkSVG(file)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(file[end:], []byte("</")) {
		return nil, errors.New("the picture is empty, so a proof cannot be put into it")
	}
	return spliceBytes(file, end, end, svgElement(proof)), nil
}

func locateSVG(file []byte) (*Carried, error) {
	_, spans, err := walkSVG(file)
	switch {
	case err != nil:
		return nil, err
	case len(spans) == 0:
		return nil, ErrNoProof
	case len(spans) > 1:
		return nil, errTwoProofs
	}
	from, to := spans[0][0], spans[0][1]
	element := file[from:to]
	_, value, _ := bytes.Cut(element, []byte(">"))
	value, _, _ = bytes.Cut(value, []byte("<"))
	proof, err := parseProofText(string(value))
	if err != nil {
		return nil, err
	}
	return &Carried{Original: spliceBytes(file, from, to, nil), Proof: proof, Form: FormRaw}, nil
}

// walkSVG returns where the end tag of the root element begins, and where each element
// that may be a proof stands. The picture has been read to its end before.
func walkSVG(file []byte) (end int, spans [][2]int, err error) {
	text := trimXML(file)
	base := len(file) - len(text)
	x := xml.NewDecoder(bytes.NewReader(text))
	var open []int // indexes into spans, or -1, of the open elements
	for {
		from := base + int(x.InputOffset())
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return end, spans, nil
		}
		if err != nil {
			return 0, nil, refuse("the picture cannot be read to its end: %s", Printable(err.Error()))
		}
		switch token := token.(type) {
		case xml.StartElement:
			at := -1
			if token.Name.Local == keyword && token.Name.Space == proofNamespace {
				at = len(spans)
				spans = append(spans, [2]int{from, from})
			}
			open = append(open, at)
		case xml.EndElement:
			at := open[len(open)-1]
			open = open[:len(open)-1]
			if at >= 0 {
				spans[at][1] = base + int(x.InputOffset())
			}
			if len(open) == 0 {
				end = from
			}
		}
	}
}
