// Package trustlist reads lists in which somebody says which issuers he knows: the
// registries of the field, reduced to names, identifiers and domains, with where that is from
// and of when.
//
// A list never decides a verdict. It says that its keeper knows an issuer, which is worth as
// much as the keeper, and who the keeper is, only the place says from which the list was got.
//
// Call [Read] for a list as the field has it, [Parse] and [List.Encode] for the form in which
// it is kept (spec.md, section 7.1), and [NewIndex] to find an issuer in several lists.
// Nothing here fetches, and all input may be hostile.
package trustlist
