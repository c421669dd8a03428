package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential/hosted"
	"github.com/hallmark-node/hallmark/credential/internal/mdoc"
	"github.com/hallmark-node/hallmark/credential/internal/pdf"
)

// leaf is a text or number in a document. Where marked is read instead of the document, what
// is read from here has the mark.
type leaf struct {
	at     string // JSON Pointer, path of elements, or the like
	value  string
	mark   string
	marked []byte // nil if the document cannot be changed: then the value tells where it is from
}

const mark = "Zqx"

// leavesOf finds the texts and numbers of a sample, also those in tokens and pictures.
func leavesOf(t *testing.T, doc []byte) []leaf {
	t.Helper()
	if k := sniff(doc); k == kindPNG || k == kindSVG {
		if content, err := Content(doc); err == nil && content != nil {
			return leavesOf(t, content) // which is read like the picture, but for the words for what it stands in
		} else if link, err := Unbake(doc); err == nil {
			return []leaf{{at: "the link that is baked in", value: string(link.Text)}}
		}
		return nil
	}
	var object map[string]any
	switch text := bytes.TrimSpace(doc); {
	case sniff(doc) == kindPDF:
		says := pdf.Describe(doc)
		return []leaf{
			{at: "title of the PDF", value: says.Title},
			{at: "author of the PDF", value: says.Author},
			{at: "a known platform's author or producer", value: says.Issuer},
		}
	case bytes.HasPrefix(text, []byte("<")):
		return leavesOfXML(t, doc)
	case isJWT(text) || bytes.ContainsRune(text, '~'):
		return leavesOfToken(string(text))
	case json.Unmarshal(text, &object) == nil:
		return leavesOfObject(t, object)
	default:
		if raw, err := base64.RawURLEncoding.DecodeString(string(text)); err == nil {
			doc = raw
		}
		m, err := mdoc.Read(doc)
		if err != nil {
			return nil
		}
		all := []leaf{
			{at: "docType", value: m.Type}, {at: "validityInfo.validFrom", value: m.ValidFrom}, {at: "validityInfo.validUntil", value: m.ValidUntil},
		}
		for _, e := range m.Elements {
			all = append(all, leaf{at: e.Name, value: e.Text})
		}
		return all
	}
}

// walk finds the leaves of a JSON value. again makes the document with a changed value.
func walk(value any, at string, again func(any) []byte) (all []leaf) {
	switch v := value.(type) {
	case string:
		prefix := ""
		if comma := strings.IndexByte(v, ','); comma >= 0 && strings.HasPrefix(v, "data:application/vc") {
			prefix = v[:comma+1]
		}
		if token := v[len(prefix):]; isJWT([]byte(token)) {
			for _, l := range leavesOfToken(token) {
				l.at, l.marked = at+" (token)"+l.at, again(prefix+string(l.marked))
				all = append(all, l)
			}
			return all
		}
		all = append(all, leaf{at, v, mark, again(v + mark)})
	case float64:
		all = append(all, leaf{at, strconv.FormatFloat(v, 'f', -1, 64), strconv.FormatFloat(v+1, 'f', -1, 64), again(v + 1)})
	case []any:
		for i, element := range v {
			all = append(all, walk(element, at+"/"+strconv.Itoa(i), func(changed any) []byte {
				list := slices.Clone(v)
				list[i] = changed
				return again(list)
			})...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, walk(v[name], at+"/"+strings.ReplaceAll(name, "/", "~1"), func(changed any) []byte {
				object := maps.Clone(v)
				object[name] = changed
				return again(object)
			})...)
		}
	}
	return all
}

func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func leavesOfObject(t *testing.T, object map[string]any) []leaf {
	t.Helper()
	if bundle, err := hosted.Parse(encoded(object)); err == nil {
		return leavesOfBundle(bundle)
	}
	payload, signed := object["payload"].(string)
	if !signed {
		return walk(object, "", func(v any) []byte { return encoded(v) })
	}
	text := []byte(payload)
	plain := bytes.HasPrefix(text, []byte("{")) // RFC 7797
	if !plain {
		text, _ = base64.RawURLEncoding.DecodeString(payload)
	}
	header, _ := object["header"].(map[string]any)
	disclosures, _ := header["disclosures"].([]any)
	var parts []string
	for _, d := range disclosures {
		parts = append(parts, d.(string))
	}
	return leavesOfClaims(text, parts, func(text []byte, parts []string) []byte {
		changed := maps.Clone(object)
		if changed["payload"] = string(text); !plain {
			changed["payload"] = base64.RawURLEncoding.EncodeToString(text)
		}
		if len(parts) > 0 {
			h := maps.Clone(header)
			h["disclosures"] = parts
			changed["header"] = h
		}
		return encoded(changed)
	})
}

func leavesOfToken(token string) []leaf {
	parts := strings.Split(token, "~")
	jwt := strings.Split(parts[0], ".")
	if len(jwt) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(jwt[1])
	if err != nil {
		return nil
	}
	disclosed := parts[1:]
	var end []string // the key binding, or nothing
	if n := len(disclosed); n > 0 {
		disclosed, end = disclosed[:n-1], disclosed[n-1:]
	}
	return leavesOfClaims(payload, disclosed, func(text []byte, disclosed []string) []byte {
		signed := strings.Join([]string{jwt[0], base64.RawURLEncoding.EncodeToString(text), jwt[2]}, ".")
		return []byte(strings.Join(slices.Concat([]string{signed}, disclosed, end), "~"))
	})
}

// leavesOfClaims finds those of a payload and of what is disclosed of it, whose digests
// change with it.
func leavesOfClaims(payload []byte, disclosed []string, again func([]byte, []string) []byte) []leaf {
	var claims any
	if json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	all := walk(claims, "", func(v any) []byte { return again(encoded(v), disclosed) })
	for i, d := range disclosed {
		text, _ := base64.RawURLEncoding.DecodeString(d)
		var part []any
		if json.Unmarshal(text, &part) != nil || len(part) < 2 {
			continue
		}
		name := "/[]"
		if len(part) == 3 {
			name = "/" + part[1].(string)
		}
		all = append(all, walk(part[len(part)-1], name+" (disclosed)", func(v any) []byte {
			changed := slices.Clone(part)
			changed[len(part)-1] = v
			return again(redisclosed(payload, disclosed, i, base64.RawURLEncoding.EncodeToString(encoded(changed))))
		})...)
	}
	return all
}

// redisclosed puts another disclosure in the place of one, and its digest too.
func redisclosed(payload []byte, disclosed []string, i int, changed string) ([]byte, []string) {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	before := disclosed[i]
	disclosed = slices.Clone(disclosed)
	disclosed[i] = changed
	if bytes.Contains(payload, []byte(digest(before))) {
		return bytes.ReplaceAll(payload, []byte(digest(before)), []byte(digest(changed))), disclosed
	}
	for j, d := range disclosed {
		text, _ := base64.RawURLEncoding.DecodeString(d)
		if bytes.Contains(text, []byte(digest(before))) {
			text = bytes.ReplaceAll(text, []byte(digest(before)), []byte(digest(changed)))
			return redisclosed(payload, disclosed, j, base64.RawURLEncoding.EncodeToString(text))
		}
	}
	return payload, disclosed
}

func leavesOfBundle(bundle *hosted.Bundle) (all []leaf) {
	for i, part := range bundle.Parts {
		var body any
		if json.Unmarshal(part.Body, &body) != nil {
			continue
		}
		all = append(all, walk(body, part.Role.Words(), func(v any) []byte {
			changed := *bundle
			changed.Parts = slices.Clone(bundle.Parts)
			changed.Parts[i].Body = encoded(v)
			data, err := changed.Encode()
			if err != nil {
				return nil
			}
			return data
		})...)
	}
	return all
}

func leavesOfXML(t *testing.T, doc []byte) (all []leaf) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(doc))
	var path []string
	for {
		token, err := dec.Token()
		switch tok := token.(type) {
		case xml.StartElement:
			path = append(path, tok.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(tok)); text != "" {
				end := dec.InputOffset()
				at := "/" + strings.Join(path, "/")
				all = append(all, leaf{at, text, mark, slices.Concat(doc[:end], []byte(mark), doc[end:])})
			}
		}
		if errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// field is what is read of a document by one name.
type field struct {
	name string
	of   func(*Description) []string
}

var fields = []field{
	{"issuer", func(d *Description) []string {
		if d.IssuerByURL {
			return []string{d.IssuerURL}
		}
		return d.IssuerIDs
	}},
	{"by name", func(d *Description) []string { return []string{d.IssuerName} }},
	{"title", func(d *Description) []string { return []string{d.Name} }},
	{"about", func(d *Description) []string { return d.Names }},
	{"for", func(d *Description) []string { return []string{d.RecipientName} }},
	{"recipient", func(d *Description) (all []string) {
		for _, r := range d.Recipients {
			all = append(all, r.Value)
		}
		return all
	}},
	{"from", func(d *Description) []string { return []string{d.ValidFrom.Text} }},
	{"until", func(d *Description) []string { return []string{d.ValidUntil.Text} }},
	{"claim", func(d *Description) []string { return []string{d.ClaimUntil.Text} }},
	{"criteria", func(d *Description) []string { return d.Criteria }},
	{"skills", func(d *Description) (all []string) {
		for _, a := range d.Alignments {
			all = append(all, a.Name, a.Framework, a.Code, a.URL)
		}
		return all
	}},
	{"tags", func(d *Description) []string { return d.Tags }},
	{"evidence", func(d *Description) []string { return d.Evidence }},
	{"image", func(d *Description) []string { return []string{d.Image} }},
	{"author", func(d *Description) []string { return []string{d.Author} }},
	{"revoked", func(d *Description) []string { return []string{d.Revoked} }},
}

// placesOf says from where each field of a sample was read: where a mark put there shows, or
// where a document that cannot be changed holds the value.
func placesOf(t *testing.T, doc []byte) map[string][]string {
	t.Helper()
	places, all, d := make(map[string][]string), leavesOf(t, doc), Describe(doc)
	for _, l := range all {
		if l.marked == nil {
			continue
		}
		changed := Describe(l.marked)
		for _, f := range fields {
			for _, text := range f.of(&changed) {
				shows := text == l.mark || l.mark == mark && strings.Contains(text, mark)
				if shows && !slices.Contains(places[f.name], l.at) {
					places[f.name] = append(places[f.name], l.at)
				}
			}
		}
	}
	for _, f := range fields {
		for _, text := range f.of(&d) {
			if text == "" || len(places[f.name]) > 0 {
				continue
			}
			for _, l := range all {
				part := f.name == "for" && l.marked == nil && l.value != "" && strings.Contains(text, l.value)
				if (l.value == text || part) && !slices.Contains(places[f.name], l.at) {
					places[f.name] = append(places[f.name], l.at)
				}
			}
		}
	}
	return places
}
