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
// order of its members change and when a signature is added. Documents that other
// readers could take for something else than what was hashed (duplicate members,
// numbers that do not survive, text after the object, and so on) have no such form:
// see [Canonicalize].
//
// The files, each group above those that it calls:
//
//   - bake.go puts a badge into a picture;
//   - hash.go says what of a document is hashed, and hashes it;
//   - embed*.go put a proof into a file and take it out again;
//   - describe*.go read what a document says of itself;
//   - baked*.go find the badge in a picture, png_chunk.go walks through a PNG;
//   - jcs*.go write JSON in its canonical form; json*.go and sniff.go read JSON and tell
//     the kinds of files apart; cid.go reads CIDs; printable.go makes texts safe to show.
//
// PDFs are read by the package internal/pdf.
//
// Nothing here uses the network or knows the time, and all input may be hostile.
package credential
