// Package mdoc reads what an mdoc says of itself: a mobile driving licence or another
// credential of ISO/IEC 18013-5, in CBOR.
//
// The signature is not checked. What is disclosed must have its digest in the part that is
// signed, as the standard has it.
package mdoc
