package identity

import "slices"

var IsPublicSuffix = isPublicSuffix

// Suffixes returns the rules of the Public Suffix List.
func Suffixes() []string { return slices.Collect(lines(suffixes)) }
