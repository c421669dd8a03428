// Package pdf reads of a PDF what it says of itself, and attaches a text to it.
//
// That is far less than a PDF library does, and those inflate what a hostile file asks
// for (2 GiB for a file of 1 MiB). Here memory and time are linear in the file, and what
// is unpacked is bounded.
//
// [Describe] takes what it finds and never fails. [Attach] writes only into a file whose
// objects stand where its cross-reference table says, and [Detach] undoes it.
package pdf

import "bytes"

// Is reports whether a file begins like a PDF.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte("%PDF-")) }
