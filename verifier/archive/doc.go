// Package archive reads and writes proof archives: one file that holds the proofs of many
// credentials in some 70 bytes each. What all credentials of a submission share (signature,
// batch path, evidence, hints) is stored once, and paths are computed from the leaves.
//
// [Open] gives random access: [Archive.Proof] by index, [Archive.Find] by CID, and
// [Archive.Entries] in order and in bounded memory. Each proof, once encoded, is byte for
// byte that which the credential would have in a file of its own. Like one from
// [verifier.ParseProof] it is well formed; whether it is true is for
// [verifier.Verifier.Verify] to say.
//
// To write an archive, collect the credentials of a submission in a [Set], or existing
// proofs in a [Collection], for a [Writer]. [Archive.Rewrite] replaces what is shared, when
// evidence arrives or is renewed, and copies the rest.
//
// The package opens no files: it reads from an [io.ReaderAt] and writes to an
// [io.Writer]. The format is specified byte by byte in docs/archive.md.
package archive
