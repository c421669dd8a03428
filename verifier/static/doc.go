// Package static reads proofs from a folder of files that any web server or object store serves,
// as docs/spec.md describes it: where a node puts a proof together, here whoever asks does. It has
// the forms of these files too, for who writes them. It fetches nothing itself, and believes
// nothing that it is given: a [Reader] gets its files through a function, holds each within a
// limit, and checks what can be checked without a trust store. What it returns is to be checked
// as what a node serves is.
//
// In the order in which a proof is put together:
//
//   - info.go: what there is, and how it is told from a node;
//   - index.go: from a leaf to the file that has it;
//   - section.go, page.go: the submission, and the path through its tree;
//   - evidence.go: what chains say of the batch and its issuer;
//   - reader.go: all of it together.
package static
