package credential

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
)

// Bake returns the picture with the badge in it, by the rules of 1EdTech for Open
// Badges 2.0 ("Open Badges Baking Specification") and 3.0 (section 5.3). A badge
// that the picture carried is replaced. The badge is JSON or a JWS in compact
// form, and goes in as it is but for white space around it.
func Bake(image, badge []byte) ([]byte, error) {
	badge = bytes.Trim(badge, jsonSpace)
	if _, err := Sum(bytes.NewReader(badge), FormAuto, ""); err != nil {
		return nil, fmt.Errorf("the badge cannot be hashed: %w", reason(err))
	}
	how, err := standardOf(badge)
	if err != nil {
		return nil, err
	}
	var out []byte
	switch _, readErr := Unbake(image); {
	case readErr != nil && !errors.Is(readErr, ErrNotBaked):
		return nil, fmt.Errorf("the picture: %w", readErr)
	case sniff(image) == kindPNG:
		out, err = bakePNG(image, badge, how)
	default:
		out, err = bakeSVG(image, badge, how)
	}
	if err != nil {
		return nil, err
	}
	// What other readers would not find, or find otherwise, is no baked badge.
	b, err := Unbake(out)
	if err != nil {
		return nil, fmt.Errorf("the badge cannot be read back from the picture: %w", err)
	}
	if !bytes.Equal(b.Text, badge) {
		return nil, errors.New("the badge cannot be read back from the picture as it is")
	}
	return out, nil
}

// standardOf tells how a badge is baked.
func standardOf(badge []byte) (standard, error) {
	d := Describe(badge)
	if d.Carrier == "" || compactJWS().Match(badge) {
		switch d.Kind {
		case KindOB3:
			return bakedOB3, nil
		case KindOB2, KindOB1:
			return bakedOB2, nil
		}
	}
	return standard{}, fmt.Errorf("only an Open Badge is baked: an assertion (1.x, 2.0) or a credential (3.0), as JSON or as a signed token; this is: %s", d.Title())
}

var compactJWS = lazyRegexp(`^[\w-]+\.[\w-]+\.[\w-]*$`)

// bakePNG puts the badge in front of all chunks but the header.
func bakePNG(image, badge []byte, how standard) ([]byte, error) {
	out := slices.Clone(image[:len(pngSignature)])
	for c := range pngChunks(image) {
		keyword, _, _ := bytes.Cut(c.data, []byte{0})
		if c.name == "IEND" {
			return append(out, image[c.from:]...), nil
		}
		if !c.isText() || !isBadgeKeyword(keyword) {
			out = append(out, image[c.from:c.to]...)
		}
		if c.name == "IHDR" {
			out = append(out, pngText(how.keyword, badge)...)
		}
	}
	return nil, refuse("the picture is cut off") // it has been read to its end before
}

// bakeSVG puts the badge behind the start of the root element, in the namespace that
// is declared there.
func bakeSVG(image, badge []byte, how standard) ([]byte, error) {
	s := svgReader{doc: image}
	if err := s.read(); err != nil {
		return nil, err
	}
	if s.badge != nil {
		// What bakeSVG wrote before goes with its line end.
		end := s.element[1]
		if s.element[0] == s.root[1]+1 && image[s.root[1]] == '\n' {
			s.element[0]--
		}
		return bakeSVG(spliceBytes(image, s.element[0], end, nil), badge, how)
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
	start, err := declare(image[s.root[0]:s.root[1]], how.namespace)
	if err != nil {
		return nil, err
	}
	root := slices.Concat(start, element.Bytes())
	if inner, ok := bytes.CutSuffix(start, []byte("/>")); ok { // the root element was empty
		name := rootName().FindSubmatch(start)[1]
		root = slices.Concat(inner, []byte(">"), element.Bytes(), []byte("</"), name, []byte(">"))
	}
	return spliceBytes(image, s.root[0], s.root[1], root), nil
}

var (
	rootName   = lazyRegexp(`^<([^\s/>]+)`)
	attributes = lazyRegexp(`\s([^\s=]+)\s*=\s*("[^"]*"|'[^']*')`)
)

// declare returns the start of the root element with the prefix openbadges bound to
// a namespace.
func declare(start []byte, namespace string) ([]byte, error) {
	for _, m := range attributes().FindAllSubmatchIndex(start, -1) {
		if string(start[m[2]:m[3]]) != "xmlns:openbadges" {
			continue
		}
		bound := string(start[m[4]+1 : m[5]-1])
		if bound != bakedOB2.namespace && bound != bakedOB3.namespace && bound != namespace {
			return nil, refuse("the picture uses the prefix openbadges for another namespace, %s", excerpt(bound))
		}
		return spliceBytes(start, m[4]+1, m[5]-1, []byte(namespace)), nil
	}
	end := rootName().FindIndex(start)[1]
	return spliceBytes(start, end, end, []byte(` xmlns:openbadges="`+namespace+`"`)), nil
}
