// Package pdf reads of a PDF what it says of itself, and attaches a text to it.
//
// That is far less than a PDF library does, and those inflate what a hostile file asks
// for (2 GiB for a file of 1 MiB). Here memory and time are linear in the file, and what
// is unpacked is bounded.
//
// Objects are found as readers find them: by the cross-reference table, or by a scan of the
// file where that is wrong. [Describe] takes what it finds and never fails. [Attach] writes
// only where all readers find the same objects, and [Detach] undoes it.
package pdf

import "bytes"

// maxHeader is in how many bytes from its beginning on readers look for a PDF's header.
const maxHeader = 1024

// Is reports whether a file is a PDF: its header stands in the first KiB.
func Is(head []byte) bool { return headerAt(head) >= 0 }

// Before returns what stands in front of the header of a PDF.
func Before(doc []byte) []byte { return doc[:max(0, headerAt(doc))] }

// headerAt returns where the header begins; -1 if there is none.
func headerAt(doc []byte) int { return bytes.Index(doc[:min(len(doc), maxHeader)], []byte("%PDF-")) }
