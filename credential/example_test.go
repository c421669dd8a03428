package credential_test

import (
	"fmt"
	"strings"

	"github.com/hallmark-node/hallmark/credential"
)

const badge = `{
  "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
  "type": ["VerifiableCredential", "OpenBadgeCredential"],
  "issuer": {"id": "did:web:school.example", "name": "School"},
  "validFrom": "2026-01-31T12:00:00Z",
  "credentialSubject": {"id": "did:example:holder", "achievement": {"name": "Teamwork"}}
}`

// A badge is named by its content: a signature that is added, white space and the
// order of members do not change its CID.
func ExampleSum() {
	c, err := credential.Sum(strings.NewReader(badge), credential.FormAuto, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)

	signed := strings.Replace(badge, "{", `{"proof": {"type": "DataIntegrityProof", "proofValue": "z…"},`, 1)
	fmt.Println(credential.Matches(c, strings.NewReader(signed)))
	forged := strings.Replace(badge, "Teamwork", "Surgery", 1)
	fmt.Println(credential.Matches(c, strings.NewReader(forged)))
	// Output:
	// baga6yaqsedioq3rx5ntzwlnowlzihenha2elr6fto2hpdc4rtzqjzmm5fr33g
	// file <nil>
	// nothing <nil>
}

// What could be read in two ways has no canonical form; the error says why and what
// to do instead.
func ExampleCanonicalize() {
	_, err := credential.Canonicalize([]byte(`{"issuer": "did:web:a", "issuer": "did:web:b"}`))
	fmt.Println(err)
	canonical, err := credential.Canonicalize([]byte(`{"b": 1.0, "a": [ ], "proof": {"type": "x"}}`))
	fmt.Println(string(canonical), err)
	// Output:
	// document has no CID in this form: the member "/issuer" occurs twice in one object
	// {"a":[],"b":1} <nil>
}

// Describe reads what a document claims; nothing of it is proven by that.
func ExampleDescribe() {
	d := credential.Describe([]byte(badge))
	fmt.Println(d.Kind)
	fmt.Println(d.IssuerIDs, credential.Printable(d.IssuerName))
	fmt.Println(d.Names, d.Recipients[0])
	fmt.Println(d.ValidFrom.Time, d.ValidUntil.Present)
	// Output:
	// Open Badge 3.0
	// [did:web:school.example] School
	// [Teamwork] did:example:holder
	// 2026-01-31 12:00:00 +0000 UTC false
}

func ExampleParseCID() {
	_, err := credential.ParseCID("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHd")
	fmt.Println(err)
	// Output:
	// not a CID that Hallmark takes: "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHd" does not begin with b: want version 1 in lower-case base32
}
