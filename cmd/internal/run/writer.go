package run

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/hallmark-node/hallmark/credential"
)

// people is the one way of all text to standard output and standard error: names of
// files and words of servers may hold anything, and must not move the cursor or turn
// the text around. A command cannot forget it; what is for programs goes by [Exact].
type people struct {
	w    io.Writer
	mu   sync.Mutex
	held []byte // the beginning of a character whose end is to come
}

// forPeople returns a writer that makes text safe on its way to w.
func forPeople(w io.Writer) *people {
	if p, ok := w.(*people); ok {
		return p
	}
	return &people{w: w}
}

// Exact returns what a writer of [cli.App] writes to, for output whose every byte
// counts: files, tables, JSON of [JSON], and what moves the cursor with intent.
func Exact(w io.Writer) io.Writer {
	if p, ok := w.(*people); ok {
		return p.w
	}
	return w
}

func (p *people) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := b
	if len(p.held) > 0 {
		text = append(p.held, b...)
		p.held = nil
	}
	if cut := brokenOff(text); cut < len(text) {
		p.held = bytes.Clone(text[cut:])
		text = text[:cut]
	}
	if _, err := io.WriteString(p.w, credential.Visible(string(text))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// flush writes what was held back.
func (p *people) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.w, credential.Visible(string(p.held))) // as with all that is said, nobody is left to tell
	p.held = nil
}

// brokenOff returns where the last character of text begins, if its end is missing.
func brokenOff(text []byte) int {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return i
			}
			break
		}
	}
	return len(text)
}

// Line makes one line of text: line feeds in it are not its own.
func Line(text string) string { return strings.ReplaceAll(text, "\n", `\u000a`) }

// IsTerminal reports whether a person watches what is written.
func IsTerminal(w io.Writer) bool {
	f, ok := Exact(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// JSON writes v as an object on a line. What a terminal would not show is escaped, as
// JSON can, so the texts are exactly those of v.
func JSON(w io.Writer, v any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	text := strings.TrimSuffix(out.String(), "\n")
	line := make([]byte, 0, len(text)+1)
	for _, r := range text {
		if credential.Seen(r) {
			line = utf8.AppendRune(line, r)
		} else {
			line = appendEscaped(line, r)
		}
	}
	_, err := Exact(w).Write(append(line, '\n'))
	return err
}

// appendEscaped writes a character as JSON has it.
func appendEscaped(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	for _, unit := range utf16.AppendRune(nil, r) {
		b = append(b, '\\', 'u', hex[unit>>12], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
	}
	return b
}
