// Package witnessd is a witness: a service that signs which blocks of a chain its own RPC
// servers call final, so that others may believe it offline. [Collect] asks several such
// services. Package verifier/witness has the form of what they sign.
//
// A witness never signs two blocks of one height, whatever its servers say later: what it
// signed is on disk before anybody sees the signature, a file for each height, and the
// file system keeps a second one out, also of another process. Where it cannot be told
// whether something was signed, nothing is signed.
package witnessd
