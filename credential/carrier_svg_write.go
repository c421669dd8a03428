package credential

import (
	"bytes"
	"encoding/xml"
	"errors"
	"slices"
)

// bakeSVG puts the badge behind the start of the root element, in the namespace that
// is declared there.
func bakeSVG(image, badge []byte, how standard) ([]byte, error) {
	s, err := readSVG(image)
	if err != nil {
		return nil, err
	}
	if s.badge != nil {
		// What bakeSVG wrote before goes with its line end.
		end := s.element[1]
		if s.element[0] == s.root[1]+1 && s.doc[s.root[1]] == '\n' {
			s.element[0]--
		}
		without, err := s.file.Encode(spliceBytes(s.doc, s.element[0], end, nil))
		if err != nil {
			return nil, err
		}
		return bakeSVG(without, badge, how)
	}
	element := bytes.NewBufferString("\n<openbadges:" + how.element)
	switch {
	case isJWT(badge):
		element.WriteString(` verify="` + string(badge) + `"/>`)
	default:
		if url := assertionURL(badge); how == bakedOB2 && url != "" {
			element.WriteString(` verify="`)
			if err := xml.EscapeText(element, []byte(url)); err != nil {
				return nil, err
			}
			element.WriteString(`"`)
		}
		element.WriteString(">" + cdataOpen)
		element.Write(cdata(badge))
		element.WriteString(cdataClose + "</openbadges:" + how.element + ">")
	}
	start, err := s.declare(how.namespace)
	if err != nil {
		return nil, err
	}
	root := slices.Concat(start, element.Bytes())
	if inner, ok := bytes.CutSuffix(start, []byte("/>")); ok { // the root element was empty
		name := rootName().FindSubmatch(start)[1]
		root = slices.Concat(inner, []byte(">"), element.Bytes(), []byte("</"), name, []byte(">"))
	}
	return s.file.Encode(spliceBytes(s.doc, s.root[0], s.root[1], root))
}

var (
	rootName   = lazyRegexp(`^<([^\s/>]+)`)
	attributes = lazyRegexp(`\s([^\s=]+)\s*=\s*("[^"]*"|'[^']*')`)
)

// declare returns the start of the root element with the prefix openbadges bound to
// a namespace.
func (s *svgReader) declare(namespace string) ([]byte, error) {
	start := s.doc[s.root[0]:s.root[1]]
	for _, m := range attributes().FindAllSubmatchIndex(start, -1) {
		if string(start[m[2]:m[3]]) != "xmlns:openbadges" {
			continue
		}
		bound := string(s.file.Expand(start[m[4]+1 : m[5]-1]))
		if bound != bakedOB2.namespace && bound != bakedOB3.namespace && bound != namespace {
			return nil, refuse("the picture uses the prefix openbadges for another namespace, %s", excerpt(bound))
		}
		return spliceBytes(start, m[4]+1, m[5]-1, []byte(namespace)), nil
	}
	end := rootName().FindIndex(start)[1]
	return spliceBytes(start, end, end, []byte(` xmlns:openbadges="`+namespace+`"`)), nil
}

// proofNamespace is that of the element that holds a proof.
const proofNamespace = "https://github.com/hallmark-node/hallmark"

// attachSVG puts a text into an element of its own, right in front of the end of the
// root element.
func attachSVG(image, text []byte) ([]byte, error) {
	s, err := readSVG(image)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(s.doc[s.end:], []byte("</")) {
		return nil, errors.New("the picture is empty, so a proof cannot be put into it")
	}
	element := "<" + keyword + ` xmlns="` + proofNamespace + `">` + string(text) + "</" + keyword + ">"
	return s.file.Encode(spliceBytes(s.doc, s.end, s.end, []byte(element)))
}

// detachSVG takes out the first element that attachSVG may have written, and returns its
// text; n is how many there are.
func detachSVG(image []byte) (original, text []byte, n int) {
	s, err := readSVG(image)
	if err != nil || len(s.proofs) == 0 {
		return nil, nil, 0
	}
	from, to := s.proofs[0][0], s.proofs[0][1]
	_, text, _ = bytes.Cut(s.doc[from:to], []byte(">"))
	text, _, _ = bytes.Cut(text, []byte("<"))
	original, err = s.file.Encode(spliceBytes(s.doc, from, to, nil))
	if err != nil {
		return nil, nil, 0 // not reached: it is part of what was decoded
	}
	return original, text, len(s.proofs)
}
