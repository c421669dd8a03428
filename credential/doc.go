// Package credential decides what of a document is hashed, names documents by
// CID, and reads what a credential says of itself.
//
// Call [Sum] to name a document and [Matches] to check that a document is the
// one that a CID names. [ParseCID] reads a CID from text, [Describe] reads issuer,
// title and dates from an Open Badge, a Verifiable Credential or a picture that
// carries one.
//
// A document is hashed in one of two forms. [FormRaw] takes its exact bytes.
// [FormJCS] takes a JSON object without its top-level member "proof", in the
// canonical form of RFC 8785, so a badge keeps its CID when white space or the
// order of its members change and when a signature is added. Tokens are hashed bare,
// whatever they are dressed in, and of an SD-JWT only what its issuer has signed. Documents that readers
// could understand in several ways (duplicate members, numbers that do not survive,
// text after the object, and so on) have no such form: see [Canonicalize].
//
// The files are of four groups:
//
//   - hash*.go: what is hashed of a document, its canonical form, and CIDs. hash_token.go
//     takes tokens out of their clothes, hash_match.go holds a file against a CID;
//   - carrier*.go: what stands in a file beside its own content. carrier_badge.go puts a
//     badge into a picture and reads it, carrier_proof.go does so with a proof; the others
//     do it for one format each, and internal/pdf for PDF;
//   - describe*.go: what a document says of itself. describe.go begins, describe_json.go
//     and describe_jwt.go read the known sorts, describe_places.go and describe_shape.go
//     look for statements in places and formats that are not known;
//   - json.go, json_text.go, sniff.go and printable.go serve the others.
//
// Nothing here uses the network or knows the time, and all input may be hostile.
package credential
