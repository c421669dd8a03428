// Package archive reads and writes proof archives: one file that holds the proofs
// of many credentials, some 70 bytes each. What all credentials of a submission
// share (signature, batch path, evidence, hints) is in it once, and paths are
// computed from the leaves.
//
// [Open] reads an archive at random: [Archive.Proof] by index, [Archive.Find] by
// CID, [Archive.Entries] in order and in bounded memory. What comes out are the
// proofs that the same credentials would have in files of their own, byte for
// byte once encoded. Like them they are well formed and nothing more: whether one
// is true is for [verifier.Verifier.Verify] to say.
//
// To write one, collect the credentials of a submission in a [Set] (or proofs that
// exist already in a [Collection]) and hand it to a [Writer]. [Archive.Rewrite]
// replaces what is shared, when evidence comes or is renewed, and copies the rest.
//
// The package opens no files: it reads from an [io.ReaderAt] and writes to an
// [io.Writer]. The format is specified byte by byte in docs/archive.md.
package archive
