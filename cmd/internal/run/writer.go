package run

import (
	"bytes"
	"cmp"
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

// visibleWriter makes all text on standard output and standard error visible: file names
// and texts of servers may hold anything, and must not move the cursor or reorder the
// line. [Run] installs it for every command; output for programs bypasses it by [Exact].
type visibleWriter struct {
	w       io.Writer
	mu      sync.Mutex // guards what follows
	partial []byte     // a character whose last bytes have not been written yet
	failed  error      // the first error of w
}

// visible returns a writer that makes text visible on its way to w.
func visible(w io.Writer) *visibleWriter {
	if p, ok := w.(*visibleWriter); ok {
		return p
	}
	return &visibleWriter{w: w}
}

// Exact returns what a writer of [cli.App] writes to, for output whose every byte
// counts: files, tables, JSON of [JSON], and what moves the cursor with intent.
func Exact(w io.Writer) io.Writer {
	if p, ok := w.(*visibleWriter); ok {
		return p.w
	}
	return w
}

func (p *visibleWriter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := b
	if len(p.partial) > 0 {
		text = append(p.partial, b...)
		p.partial = nil
	}
	if cut := brokenOff(text); cut < len(text) {
		p.partial = bytes.Clone(text[cut:])
		text = text[:cut]
	}
	if _, err := io.WriteString(p.w, credential.Visible(string(text))); err != nil {
		p.failed = cmp.Or(p.failed, err)
		return 0, err
	}
	return len(b), nil
}

// Failed returns the first error of writing to a writer of [cli.App], by its Write or by
// [JSON]: with it a command need not look at each line's.
func Failed(w io.Writer) error {
	p, ok := w.(*visibleWriter)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// flush writes a character that broke off.
func (p *visibleWriter) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.w, credential.Visible(string(p.partial))) // no caller is left for the error
	p.partial = nil
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

// Line escapes the line feeds of a text, so that it stays on one line.
func Line(text string) string { return strings.ReplaceAll(text, "\n", `\u000a`) }

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := Exact(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// JSON writes v as an object on a line. What a terminal would not show is escaped, as
// JSON can, so the texts are exactly those of v.
func JSON(w io.Writer, v any) (err error) {
	if p, ok := w.(*visibleWriter); ok {
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.failed = cmp.Or(p.failed, err)
		}()
	}
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
	_, err = Exact(w).Write(append(line, '\n'))
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
