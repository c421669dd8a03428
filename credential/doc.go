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
// Nothing here uses the network or knows the time, and all input may be hostile.
package credential
