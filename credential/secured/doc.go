// Package secured checks the signature that a credential brings along itself: a Data
// Integrity proof, a JWT, an SD-JWT, a JWS. It is reported beside what Hallmark's proof
// shows, and says nothing of it.
//
// A signature by itself proves that somebody had a key. So [Check] passes only one whose
// key is the issuer's by something else than the signature: the issuer's identifier is the
// key (did:key, did:jwk), the issuer's own document has it ([Keys]), or an Open Badge 2.0
// states it in the issuer's profile, inside what the anchor covers. Keys that a token
// brings in its header are told and never believed.
//
// The files: secured.go begins; key*.go read keys and say whose they are; jose*.go read
// tokens, and dataintegrity*.go proofs. Nothing here uses the network but by Keys; the
// time is asked for proofs that expire alone; and all input may be hostile. JSON and pictures are read by package credential,
// so both agree on what the credential is.
package secured
