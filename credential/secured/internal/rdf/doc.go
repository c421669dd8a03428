// Package rdf turns JSON-LD credentials into RDF datasets and those into canonical N-Quads,
// which is what the RDFC suites of Data Integrity sign.
//
// It is no JSON-LD processor for all purposes. It fetches nothing: contexts are the pinned
// ones of contexts/, and others are refused. And it refuses whatever would let a document
// say more than is signed, or say it so that a reader of the JSON alone would miss it:
// members that no context defines, relative references, contexts and keywords written into
// the document, full references in place of names. [Reader.Dataset] tells why. Work and memory are
// bounded whatever the document holds.
package rdf
