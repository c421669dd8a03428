// Package badges holds the sample credentials: one badge as JSON, as PNG, as SVG and
// as a token, an assertion of Open Badges 2.0, a degree and a PDF certificate. The
// program in gen makes them; README.md says what they are.
package badges

import "embed"

// Files are the samples by name.
//
//go:embed *.json *.png *.svg *.jwt *.pdf
var Files embed.FS

// Platforms are look-alikes of what large platforms hand out, in the folder platforms.
//
//go:embed platforms
var Platforms embed.FS
