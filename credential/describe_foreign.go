package credential

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/internal/mdoc"
	"github.com/hallmark-node/hallmark/credential/internal/xmltext"
)

// Formats that name their issuer in ways that are not read: they are named, and shown as
// far as that goes.

// readMDoc describes an mdoc, and reports whether the bytes are one. Its issuer is known by a
// certificate, which is no identifier.
func (d *reader) readMDoc(doc []byte) bool {
	m, err := mdoc.Read(doc)
	if errors.Is(err, mdoc.ErrNone) {
		return false
	}
	d.Kind = KindMDoc
	if err != nil {
		d.problem("%v", err)
		return true
	}
	d.issuerProblem("it names its issuer by a certificate, which is no identifier")
	d.from(parseDate("validFrom", quoted(m.ValidFrom)))
	d.until(parseDate("validUntil", quoted(m.ValidUntil)))
	person := make(map[string]jsontext.Value)
	for _, e := range m.Elements {
		value := quoted(e.Text)
		switch {
		case e.Name == "issue_date" || e.Name == "issuance_date":
			d.from(elementDate(e))
		case e.Name == "expiry_date":
			d.until(elementDate(e))
		case e.Name == "issuing_authority":
			d.IssuerName = cmp.Or(d.IssuerName, clip(e.Text))
		case senseOf(e.Name) == senseBound:
			d.dateProblem("its element %s may bound its validity, in a place where this reader does not know of one", excerpt(e.Name))
		case e.IsText:
			person[e.Name] = value
		}
	}
	d.RecipientName = clip(personName(person))
	d.addName(m.Type)
	return true
}

func quoted(s string) jsontext.Value {
	value, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return nil // not reached: texts of CBOR are UTF-8
	}
	return value
}

func elementDate(e mdoc.Element) Date {
	if !e.IsText {
		return Date{Present: true, Err: "its element " + excerpt(e.Name) + " is not a text"}
	}
	return parseDate(e.Name, quoted(e.Text))
}

// readMDocText describes an mdoc in base64url, as interfaces hand it out, and reports
// whether the text is one.
func (d *reader) readMDocText(text []byte) bool {
	if len(text) == 0 || text[0] != 'o' && text[0] != 'p' { // a map of CBOR
		return false
	}
	doc, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(string(text), "="))
	if err != nil || !d.readMDoc(doc) {
		return false
	}
	d.within("base64")
	return true
}

// The bounds of what is read of an XML document, which is only shown.
const (
	maxXML  = 1 << 20
	maxPath = 16
)

// readXML tells of which kind an XML document is, and of a European Digital Credential what
// it is about.
func (d *reader) readXML(doc []byte) {
	opened, err := xmltext.Open(doc[:min(len(doc), maxXML)])
	if err != nil {
		return
	}
	dec := opened.Decoder()
	var path []string
	person := make(map[string]jsontext.Value)
	defer func() { d.RecipientName = clip(personName(person)) }()
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) == 1 {
				d.Kind = kindOfXML(t.Name)
			}
			if len(path) > maxPath {
				return
			}
		case xml.EndElement:
			path = path[:len(path)-1] // elements are balanced, or Token fails
		case xml.CharData:
			if d.Kind == KindEuropass {
				d.readEuropassXML(strings.Join(path[min(1, len(path)):], "/"), strings.TrimSpace(string(t)), person)
			}
		}
		if d.Kind != KindEuropass && len(path) > 0 {
			break
		}
	}
}

// readEuropassXML reads a text at a path below the root.
func (d *reader) readEuropassXML(path, s string, person map[string]jsontext.Value) {
	parts := strings.Split(path, "/")
	switch {
	case s == "":
	case path == "title/text":
		d.Name = cmp.Or(d.Name, clip(s))
	case len(parts) == 3 && parts[0] == "credentialSubject" && parts[2] == "text":
		if value := quoted(strings.ToValidUTF8(s, "")); person[parts[1]] == nil {
			person[parts[1]] = value
		}
	case strings.HasPrefix(path, "credentialSubject/achievements/") && len(parts) == 5 && parts[3] == "title":
		d.addName(strings.ToValidUTF8(s, ""))
	}
}

// kindOfXML tells the kind of a document by its root.
func kindOfXML(root xml.Name) Kind {
	space := strings.ToLower(root.Space)
	switch {
	case root.Local == "europassCredential", strings.HasPrefix(space, "http://data.europa.eu/snb"):
		return KindEuropass
	case strings.Contains(space, "europass"):
		return KindEuropassCV
	case root.Local == "elmo", strings.HasPrefix(space, "https://github.com/emrex-eu/elmo-schemas"):
		return KindELMO
	case strings.HasPrefix(space, "urn:org:pesc:"):
		return KindPESC
	}
	return KindFile
}
