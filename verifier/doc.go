// Package verifier decides, offline, whether an issuer issued exactly this
// credential, when, and whether it still stands.
//
// Read a proof file with [ParseProof] and a trust store with [ParseTrust], make a
// [Verifier] with [New], and call [Verifier.Verify]. The [Report] holds one
// [Verdict] and the result of every check, with a sentence each:
//
//   - VALID: everything that the policy requires was proven.
//   - INVALID: a proven fact speaks against the credential.
//   - UNKNOWN: neither. What could not be told (a missing file, a chain that the
//     trust store does not know, a node that did not answer) is never taken for
//     a fault of the credential, and never for its absence.
//
// The package is pure: it opens no file and no connection, starts no goroutine
// and has no clock of its own. It walks Ethereum's state trie itself and links
// none of go-ethereum, so it stays small and compiles to WebAssembly.
//
// # Compatibility
//
// The bytes that are hashed and signed (commitment.go), the proof file, the
// names of the checks and the exit codes of verdicts are fixed. Sentences in
// reports are for people and may change.
package verifier
