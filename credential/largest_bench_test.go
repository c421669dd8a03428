package credential_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/hosted"
)

// What reading a document may take, however it is made.
const (
	largestCPU  = 2 * time.Second
	largestHeap = 256 << 20
)

// BenchmarkLargest reads documents of the greatest length that is read, each the worst that is known
// of its kind, in each way in which a file is read. It reports the processor's time and the
// greatest heap meanwhile, garbage included, and fails where these are beyond their bounds.
func BenchmarkLargest(b *testing.B) {
	other, err := credential.Sum(strings.NewReader("another"), credential.FormRaw, "")
	if err != nil {
		b.Fatal(err)
	}
	otherJSON, err := credential.Sum(strings.NewReader("{}"), credential.FormJCS, "")
	if err != nil {
		b.Fatal(err)
	}
	ways := []struct {
		name string
		read func(doc []byte)
	}{
		{"describe", func(doc []byte) { credential.DescribeAmong(doc, func(string) bool { return false }) }},
		{"sum", func(doc []byte) { _, _ = credential.Sum(bytes.NewReader(doc), credential.FormAuto, "") }},
		{"match", func(doc []byte) { _, _ = credential.Matches(other, bytes.NewReader(doc)) }},
		{"match-jcs", func(doc []byte) { _, _ = credential.Matches(otherJSON, bytes.NewReader(doc)) }},
		{"extract", func(doc []byte) { _, _ = credential.Extract(doc) }},
		{"embed", func(doc []byte) { _, _ = credential.Embed(doc, []byte("proof"), credential.FormRaw) }},
		{"inner", func(doc []byte) {
			for _, err := range credential.Inner(doc) {
				_ = err
			}
		}},
	}
	documents := largest()
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		b.Run(name, func(b *testing.B) {
			doc := documents[name]()
			for _, way := range ways {
				b.Run(way.name, func(b *testing.B) { measure(b, doc, way.read) })
			}
		})
	}
}

// measure reads a document and reports what that takes.
func measure(b *testing.B, doc []byte, read func([]byte)) {
	b.SetBytes(int64(len(doc)))
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base, peak, done := m.HeapAlloc, uint64(0), make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	before := cpuTime(b)
	for b.Loop() {
		read(doc)
	}
	cpu := (cpuTime(b) - before) / time.Duration(b.N)
	close(done)
	watch.Wait()
	heap := peak - min(base, peak)
	b.ReportMetric(float64(cpu.Milliseconds()), "cpu-ms/op")
	b.ReportMetric(float64(heap>>20), "heap-MiB")
	if cpu > largestCPU || heap > largestHeap {
		b.Errorf("%v and %d MiB; %v and %d MiB are allowed", cpu, heap>>20, largestCPU, largestHeap>>20)
	}
}

// cpuTime returns the time that the process has run outside of the kernel.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano())
}

// filled makes a document of units between a head and a tail.
func filled(head, unit, tail string) func() []byte {
	return func() []byte {
		n := (credential.MaxJSON - len(head) - len(tail)) / len(unit)
		return []byte(head + strings.Repeat(unit, n) + tail)
	}
}

// numbered is filled, with a number in each unit.
func numbered(head, format, tail string) func() []byte {
	return func() []byte {
		b := []byte(head)
		for i := 0; len(b) < credential.MaxJSON-len(tail)-len(format)-32; i++ {
			b = fmt.Appendf(b, format, i)
		}
		return append(b, tail...)
	}
}

func largest() map[string]func() []byte {
	const (
		size    = credential.MaxJSON
		vc      = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:web:a.example",`
		subject = vc + `"credentialSubject":{"achievement":{`
		oa2     = `{"signature":{"targetHash":"00","merkleRoot":"00"},"data":{"issuers":[`
		salt    = "0b7d2d5e-0000-4000-8000-000000000003:string:"
		svg     = `<svg xmlns="http://www.w3.org/2000/svg">`
		pdf     = "%PDF-1.7\n"
		object  = pdf + "1 0 obj"
		names   = object + "<</Names<</EmbeddedFiles 2 0 R>>>>endobj\n2 0 obj<</Kids["
	)
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"ES256"}`))
	return map[string]func() []byte{
		"json text":            filled(vc+`"name":"`, "a", `"}`),
		"json escapes":         filled(vc+`"name":"`, `\u00e9`, `"}`),
		"json members":         numbered(vc+`"a":0`, `,"m%d":1`, `}`),
		"json escaped members": numbered(vc+`"a":0`, `,"\u0061%d":1`, `}`),
		"json objects":         filled(vc+`"x":[0`, `,{"a":1}`, `]}`),
		"json subjects":        numbered(vc+`"credentialSubject":[{}`, `,{"id":"did:example:%d"}`, `]}`),
		"json people":          numbered(vc+`"credentialSubject":[{}`, `,{"givenName":"A","familyName":"B%d"}`, `]}`),
		"json texts of json":   filled(vc+`"x":[0`, `,"{\"a\":{\"b\":[1,2]}}"`, `]}`),
		"json texts of tokens": filled(vc+`"x":[0`, `,"eyJhbGciOiJFUzI1NiJ9.e30."`, `]}`),
		"json alignments":      numbered(subject+`"alignment":[0`, `,{"targetUrl":"https://a.example/%d?utm_source=x"}`, `]}}}`),
		"json tags":            numbered(subject+`"tag":["a"`, `,"t%d"`, `]}}}`),
		"json results":         numbered(vc+`"credentialSubject":{"result":[0`, `,{"alignment":[{"targetCode":"%d"}]}`, `]}}`),
		"json contexts":        numbered(`{"@context":["https://www.w3.org/ns/credentials/v2"`, `,{"t%d":"https://a.example/"}`, `],"type":[]}`),
		"json types":           numbered(`{"type":["VerifiableCredential"`, `,"T%d"`, `]}`),
		"json proofs":          numbered(vc+`"proof":[{"type":"DataIntegrityProof"}`, `,{"type":"DataIntegrityProof","proofValue":"%d"}`, `]}`),
		"json numbers":         numbered(vc+`"x":[0`, `,1.%d`, `]}`),
		"json deep":            filled(vc+`"x":[0`, ","+strings.Repeat("[", 90)+strings.Repeat("]", 90), `]}`),
		"json wrapped":         numbered(`{"credential":`+vc+`"a":0`, `,"m%d":1`, `}}`),
		"ob2 recipients":       numbered(`{"type":"Assertion","recipient":[0`, `,{"type":"email","hashed":true,"identity":"md5$%d"}`, `]}`),
		"clr 1":                numbered(`{"type":"Clr","assertions":[0`, `,{"type":"Assertion","achievement":{"name":"A%d"}}`, `]}`),
		"clr 2":                numbered(vc+`"credentialSubject":{"verifiableCredential":[0`, `,{"type":["ClrCredential"],"id":"%d"}`, `]}}`),
		"openattestation 2":    numbered(oa2+`{}`, `,{"name":"`+salt+`A%d"}`, `]}}`),
		"openattestation 2, domains": numbered(oa2+`{}`,
			`,{"identityProof":{"location":"`+salt+`a%d.example"}}`, `]}}`),
		"openattestation 3": numbered(vc+`"openAttestationMetadata":{"identityProof":[0`,
			`,{"identifier":"a%d.example"}`, `]}}`),
		"frozen badge": frozenBadge,
		"token": func() []byte {
			return []byte(header + "." + encode(filled(vc+`"name":"`, "a", `"}`)()[:size/2]) + ".AAAA")
		},
		"token of members": func() []byte {
			return []byte(header + "." + encode(numbered(vc+`"a":0`, `,"m%d":1`, `}`)()[:size*3/4-100]) + ".AAAA")
		},
		"token lines":              filled(header+".\n", "YWFh\n", ".AAAA"),
		"sd-jwt, loose":            numbered(header+"."+encode([]byte(`{"iss":"a","_sd":[]}`))+".AAAA~", "WyJhIiwiYiIs%dIl0~", ""),
		"sd-jwt, decoys":           decoys,
		"sd-jwt, parts in parts":   func() []byte { return disclosed(4000, true) },
		"sd-jwt, parts beside":     func() []byte { return disclosed(9000, false) },
		"mdoc":                     mobileDocument,
		"svg elements":             filled(svg, "<g/>", "</svg>"),
		"svg elements, attributes": filled(svg, `<g a=""/>`, "</svg>"),
		"svg attributes":           numbered(strings.TrimSuffix(svg, ">")+`><g `, `a%d="" `, "/></svg>"),
		"svg text":                 filled(svg+"<title>", "&lt;", "</title></svg>"),
		"svg comments":             filled(svg, "<!--{-->", "</svg>"),
		"svg sections":             filled(svg, "<![CDATA[]]>", "</svg>"),
		"svg entities":             filled(`<!DOCTYPE svg [<!ENTITY a "`+strings.Repeat("a", 500)+`">]>`+svg+`<title>`, "&a;", "</title></svg>"),
		"svg short entities":       filled(`<!DOCTYPE svg [<!ENTITY a "">]>`+svg+`<title>`, "&a;", "</title></svg>"),
		"svg declarations":         numbered(`<!DOCTYPE svg [`, `<!ENTITY a%d "a">`, `]>`+svg+`</svg>`),
		"svg in utf-16": func() []byte {
			return utf16(`<?xml version="1.0" encoding="utf-16"?>` + svg + strings.Repeat("<g/>", size/8-100) + "</svg>")
		},
		"svg in latin 1": filled(`<?xml version="1.0" encoding="iso-8859-1"?>`+svg+`<title>`, "\xe9", "</title></svg>"),
		"svg in latin 1, text": func() []byte {
			return []byte(`<?xml version="1.0" encoding="iso-8859-1"?>` + svg + `<title>` + strings.Repeat("\xe9", size/2-200) + "</title></svg>")
		},
		"xml":            filled(`<?xml version="1.0"?><europassCredential xmlns="http://data.europa.eu/snb">`, "<a/>", "</europassCredential>"),
		"png texts":      png(func(i int) (string, []byte) { return "tEXt", fmt.Appendf(nil, "Comment\x00%d", i) }),
		"png empty":      png(func(int) (string, []byte) { return "IDAT", nil }),
		"png documents":  png(func(int) (string, []byte) { return "iTXt", []byte("openbadge\x00\x00\x00\x00\x00{\"issuer\":1}") }),
		"pdf objects":    numbered(pdf, "%d 0 obj<<>>endobj\n", "startxref\n17\n%%EOF\n"),
		"pdf rebuilt":    numbered(object+"<</Type/Catalog>>endobj\n", "%d 0 obj<<>>endobj\n", "trailer<</Root 1 0 R>>\n"),
		"pdf trailers":   filled(object+"<</Type/Catalog>>endobj\n", "trailer<</Root 1 0 R>>\n", ""),
		"pdf xrefs":      filled(pdf, "xref\n0 1\n0000000000 65535 f \ntrailer<</Prev 9/Size 1>>\nstartxref\n9\n%%EOF\n", ""),
		"pdf name tree":  numbered(names, "%d 0 R ", "]>>endobj\ntrailer<</Root 1 0 R>>\n"),
		"pdf kids":       filled(names, "2 0 R ", "]>>endobj\ntrailer<</Root 1 0 R>>\n"),
		"pdf obj":        filled(pdf, "1 0 obj ", ""),
		"pdf strings":    filled(object, "(", "endobj\nstartxref\n9\n%%EOF\n"),
		"pdf dicts":      filled(object, "<<", "endobj\nstartxref\n9\n%%EOF\n"),
		"pdf startxref":  filled(pdf, "startxref\n9\n%%EOF\n", ""),
		"text":           filled("", "a", ""),
		"text braces":    filled("", "{", ""),
		"text quotes":    filled("", `{"a `, ""),
		"text base64":    filled("", "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh ", ""),
		"text hex":       filled("", "7b2269737375657222 ", ""),
		"text tokens":    filled("", "eyJ", ""),
		"text percent":   filled("", "%22", ""),
		"text spaces":    filled("", " ", ""),
		"text lines":     filled("", "issued by\n", ""),
		"text in utf-16": func() []byte { return utf16(strings.Repeat(`{"a":1}`, size/14)) },
		"cbor sequence":  filled(strings.Repeat("\x81", 900)+"\x9f\xff", "\xa0", ""),
		"cbor array":     filled("\x9f", "\x00", "\xff"),
		"zip":            filled("PK\x03\x04", "PK\x03\x04\x14\x00\x00\x00", ""),
	}
}

// frozenBadge has three parts in JSON with as many members as fit, and a picture.
func frozenBadge() []byte {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text := func(head string) []byte {
		b := []byte(head)
		for i := 0; len(b) < hosted.MaxJSON-32; i++ {
			b = fmt.Appendf(b, `,"m%d":1`, i)
		}
		return append(b, '}')
	}
	const site = "https://a.example/"
	part := func(role hosted.Role, path, kind string, body []byte) hosted.Part {
		return hosted.Part{Role: role, URL: site + path, Fetched: at, Status: 200, MediaType: kind, Body: body}
	}
	const of = `{"@context":"https://w3id.org/openbadges/v2","id":"` + site
	b := hosted.New(part(hosted.RoleAssertion, "1", "application/json", text(of+`1","type":"Assertion","badge":"`+site+`2"`)))
	b.Add(part(hosted.RoleBadge, "2", "application/json", text(of+`2","type":"BadgeClass","image":"`+site+`4","issuer":"`+site+`3"`)))
	b.Add(part(hosted.RoleIssuer, "3", "application/json", text(of+`3","type":"Profile","name":"A"`)))
	b.Add(part(hosted.RoleImage, "4", "image/png", bytes.Repeat([]byte{1}, hosted.MaxPicture)))
	doc, err := b.Encode()
	if err != nil {
		panic(err)
	}
	return doc
}

// decoys is an SD-JWT with many digests, most of nothing.
func decoys() []byte {
	payload := numbered(`{"iss":"did:web:a.example","_sd":["a"`, `,"%043d"`, `]}`)()
	payload = append(payload[:len(payload)*3/4/48*48-2000], `"]}`...)
	encode := base64.RawURLEncoding.EncodeToString
	return fmt.Appendf(nil, "%s.%s.AAAA~", encode([]byte(`{"alg":"ES256"}`)), encode(payload))
}

// disclosed is an SD-JWT with n parts, each bound by the one before or all by the payload.
func disclosed(n int, nested bool) []byte {
	filler := strings.Repeat("a", credential.MaxJSON/n*3/4-150)
	var (
		digests []string // of what the next one binds
		parts   = make([]string, 0, n)
	)
	bind := func(members string) string { return `{"_sd":[` + strings.Join(digests, ",") + `],` + members + `}` }
	for i := range n {
		value := fmt.Sprintf("%q", filler)
		if nested {
			value = bind(`"x":` + value)
			digests = digests[:0]
		}
		part := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `["s","a%d",%s]`, i, value))
		sum := sha256.Sum256([]byte(part))
		digests, parts = append(digests, fmt.Sprintf("%q", base64.RawURLEncoding.EncodeToString(sum[:]))), append(parts, part)
	}
	payload := bind(`"iss":"did:web:a.example"`)
	return fmt.Appendf(nil, "%s.%s.AAAA~%s~", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)),
		base64.RawURLEncoding.EncodeToString([]byte(payload)), strings.Join(parts, "~"))
}

// mobileDocument is an mdoc that discloses as much as one may.
func mobileDocument() []byte {
	const n = 100_000
	must := func(v any) []byte {
		data, err := cbor.Marshal(v)
		if err != nil {
			panic(err)
		}
		return data
	}
	digests := make(map[uint64][]byte, n)
	items := make([]cbor.RawMessage, 0, n)
	for i := range uint64(n) {
		item := must(cbor.Tag{Number: 24, Content: must(map[string]any{
			"digestID": i, "random": []byte("0123"), "elementIdentifier": fmt.Sprint("name", i), "elementValue": "a",
		})})
		sum := sha256.Sum256(item)
		digests[i], items = sum[:], append(items, item)
	}
	date := cbor.Tag{Number: 0, Content: "2026-01-02T03:04:05Z"}
	const space = "org.iso.18013.5.1"
	signed := must(cbor.Tag{Number: 24, Content: must(map[string]any{
		"version": "1.0", "digestAlgorithm": "SHA-256", "docType": space + ".mDL", "valueDigests": map[string]any{space: digests},
		"validityInfo": map[string]any{"signed": date, "validFrom": date, "validUntil": date},
	})})
	return must(map[string]any{
		"nameSpaces": map[string]any{space: items}, "issuerAuth": []any{[]byte{0xa1, 1, 0x26}, map[int]any{}, signed, []byte("signature")},
	})
}

// png is a picture of chunks.
func png(chunk func(i int) (kind string, data []byte)) func() []byte {
	return func() []byte {
		b := []byte("\x89PNG\r\n\x1a\n")
		add := func(kind string, data []byte) {
			b = binary.BigEndian.AppendUint32(b, uint32(len(data))) //nolint:gosec // short
			from := len(b)
			b = append(append(b, kind...), data...)
			b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
		}
		add("IHDR", []byte{0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0})
		for i := 0; len(b) < credential.MaxJSON-100; i++ {
			add(chunk(i))
		}
		add("IEND", nil)
		return b
	}
}

// utf16 encodes ASCII, with a byte order mark.
func utf16(s string) []byte {
	b := make([]byte, 0, 2*len(s)+2)
	b = append(b, 0xff, 0xfe)
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}
