package witness

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/hallmark-node/hallmark/merkle"
)

// linePrefix begins the signature lines of a note: an em dash and a blank.
const linePrefix = "— "

// Note returns the signed note for a block with cosignatures as [Signer.Sign] returns them.
func Note(b Block, lines ...string) string {
	text := b.Text() + "\n"
	for _, line := range lines {
		text += linePrefix + line + "\n"
	}
	return text
}

// Lines returns the cosignatures of a signed note for a block, unverified and as [Verify]
// takes them. A note with another text is an error.
func Lines(note string, b Block) ([]string, error) {
	rest, ok := strings.CutPrefix(note, b.Text()+"\n")
	if !ok {
		return nil, errors.New("it is not the note for this block")
	}
	var lines []string
	for line := range strings.Lines(rest) {
		line, ended := strings.CutSuffix(line, "\n")
		line, dashed := strings.CutPrefix(line, linePrefix)
		if !ended || !dashed || len(lines) == MaxCosignatures {
			return nil, errors.New("its signature lines cannot be read")
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, errors.New("it has no signature")
	}
	return lines, nil
}

// IsOfHeight reports whether a signed note is for some block of the height and chain of b.
func IsOfHeight(note string, b Block) bool {
	rest, ok := strings.CutPrefix(note, b.origin())
	line, rest, _ := strings.Cut(rest, "\n")
	hash, err := base64.StdEncoding.DecodeString(line)
	if !ok || err != nil || len(hash) != len(b.Hash) {
		return false
	}
	b.Hash = merkle.Hash(hash)
	_, err = Lines(b.Text()+rest, b)
	return err == nil
}
