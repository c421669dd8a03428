package pdf

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
)

// maxDepth is how deep values may nest.
const maxDepth = 64

// skipSpace returns where white space and comments from an offset on end.
func skipSpace(b []byte, at int) int {
	for at < len(b) {
		switch b[at] {
		case 0, '\t', '\n', '\f', '\r', ' ':
			at++
		case '%':
			for at < len(b) && b[at] != '\n' && b[at] != '\r' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// parseInt reads an integer that is not negative.
func parseInt(b []byte, at int) (n, end int, ok bool) {
	if at < 0 || at > len(b) {
		return 0, at, false
	}
	at = skipSpace(b, at)
	end = at
	for end < len(b) && end < at+15 && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	for _, c := range b[at:end] {
		n = n*10 + int(c-'0')
	}
	return n, end, end > at
}

// scanner reads one thing after another, each behind white space and comments. After the
// first that is not there it is bad, at its end, and reads zeros.
type scanner struct {
	b   []byte
	at  int
	bad bool
}

func (s *scanner) fail() { s.at, s.bad = len(s.b), true }

// more reports whether something follows, and not the given byte.
func (s *scanner) more(end byte) bool {
	s.at = skipSpace(s.b, s.at)
	return s.at < len(s.b) && s.b[s.at] != end
}

func (s *scanner) word(w string) {
	s.at = skipSpace(s.b, s.at)
	if !bytes.HasPrefix(s.b[s.at:], []byte(w)) {
		s.fail()
		return
	}
	s.at += len(w)
}

func (s *scanner) integer() int {
	n, end, ok := parseInt(s.b, s.at)
	if !ok {
		s.fail()
		return 0
	}
	s.at = end
	return n
}

// value reads a value of any kind.
func (s *scanner) value() []byte {
	from := skipSpace(s.b, s.at)
	to := valueEnd(s.b, from, 0)
	if to < 0 {
		s.fail()
		return nil
	}
	s.at = to
	return s.b[from:to]
}

// name reads a name, without its slash and escapes.
func (s *scanner) name() string {
	name, ok := bytes.CutPrefix(s.value(), []byte("/"))
	if !ok {
		s.fail()
	}
	return unescapeName(name)
}

// isRegular reports whether a character is neither white space nor a delimiter.
func isRegular(c byte) bool { return bytes.IndexByte([]byte("\x00\t\n\f\r ()<>[]{}/%"), c) < 0 }

// valueEnd returns where the value that begins at an offset ends; -1 if it is none.
func valueEnd(b []byte, at, depth int) int {
	if at >= len(b) || depth > maxDepth {
		return -1
	}
	word := func(at int) int {
		for at < len(b) && isRegular(b[at]) {
			at++
		}
		return at
	}
	var closing string
	switch c := b[at]; {
	case c == '/':
		return word(at + 1)
	case c == '(':
		for open, i := 0, at; i < len(b); i++ {
			switch b[i] {
			case '\\':
				i++
			case '(':
				open++
			case ')':
				if open--; open == 0 {
					return i + 1
				}
			}
		}
		return -1
	case c == '<' && at+1 < len(b) && b[at+1] == '<':
		closing, at = ">>", at+2
	case c == '<':
		if end := bytes.IndexByte(b[at:], '>'); end > 0 {
			return at + end + 1
		}
		return -1
	case c == '[':
		closing, at = "]", at+1
	case isRegular(c):
		end := word(at)
		if _, next, ok := parseInt(b, at); ok && next == end { // perhaps a reference
			if _, next, ok := parseInt(b, end); ok && next > end {
				if r := skipSpace(b, next); r > next && r < len(b) && b[r] == 'R' && word(r) == r+1 {
					return r + 1
				}
			}
		}
		return end
	default:
		return -1
	}
	for {
		at = skipSpace(b, at)
		if bytes.HasPrefix(b[at:], []byte(closing)) {
			return at + len(closing)
		}
		if at = valueEnd(b, at, depth+1); at < 0 {
			return -1
		}
	}
}

// findMember returns where the value of a member of a dictionary stands; from is -1 if
// there is none. A member that is there twice is an error.
func findMember(dict []byte, name string) (from, to int, err error) {
	if !bytes.HasPrefix(dict, []byte("<<")) || !bytes.HasSuffix(dict, []byte(">>")) {
		return 0, 0, errBroken
	}
	from = -1
	s := scanner{b: dict, at: 2}
	for s.more(0) && s.at < len(dict)-2 {
		key, value := s.value(), s.value()
		switch {
		case s.bad || key[0] != '/':
			return 0, 0, errBroken
		case !isName(key, name):
		case from >= 0:
			return 0, 0, brokenf("/%s is there twice", name)
		default:
			from, to = s.at-len(value), s.at
		}
	}
	return from, to, nil
}

// member returns the value of a member; nil if there is none.
func member(dict []byte, name string) ([]byte, error) {
	from, to, err := findMember(dict, name)
	if err != nil || from < 0 {
		return nil, err
	}
	return dict[from:to], nil
}

// intsOf returns a member that is an integer or an array of them.
func intsOf(dict []byte, name string) ([]int, error) {
	value, err := member(dict, name)
	if err != nil {
		return nil, err
	}
	var list []int
	for s := (scanner{b: bytes.Trim(value, "[]")}); s.more(0); {
		if list = append(list, s.integer()); s.bad || list[len(list)-1] > math.MaxInt32 || len(list) > 1<<16 {
			return nil, errBroken
		}
	}
	return list, nil
}

// isName reports whether a value is a name, however it is escaped.
func isName(value []byte, name string) bool {
	value, ok := bytes.CutPrefix(value, []byte("/"))
	if !ok || bytes.IndexByte(value, '#') < 0 || len(value) > 3*len(name) {
		return ok && string(value) == name
	}
	return unescapeName(value) == name
}

// unescapeName undoes the escapes of a name.
func unescapeName(name []byte) string {
	out := make([]byte, 0, len(name))
	for ; len(name) > 0; name = name[1:] {
		if len(name) > 2 && name[0] == '#' {
			if c, err := hex.DecodeString(string(name[1:3])); err == nil {
				out, name = append(out, c[0]), name[2:]
				continue
			}
		}
		out = append(out, name[0])
	}
	return string(out)
}

// stringValue decodes a string.
func stringValue(value []byte) ([]byte, error) {
	switch {
	case len(value) > 1 && value[0] == '(':
		return literal(value), nil
	case len(value) > 1 && value[0] == '<' && value[1] != '<':
		digits := bytes.Join(bytes.Fields(value[1:len(value)-1]), nil)
		if len(digits)%2 != 0 {
			digits = append(digits, '0')
		}
		out, err := hex.DecodeString(string(digits))
		if err != nil {
			return nil, errBroken
		}
		return out, nil
	}
	return nil, errBroken
}

// literal decodes the string in parentheses that begins b, up to its end or that of b.
func literal(b []byte) (value []byte) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '(':
			if depth++; depth > 1 {
				value = append(value, c)
			}
		case ')':
			if depth--; depth == 0 {
				return value
			}
			value = append(value, c)
		case '\\':
			if i++; i == len(b) {
				return value
			}
			switch c := b[i]; {
			case c >= '0' && c <= '7':
				n := 0
				for j := 0; j < 3 && i < len(b) && b[i] >= '0' && b[i] <= '7'; j, i = j+1, i+1 {
					n = n<<3 | int(b[i]-'0')
				}
				i--
				value = append(value, byte(n))
			case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
				i++ // the line goes on
			case c == '\n', c == '\r':
			case strings.IndexByte("nrtbf", c) >= 0:
				value = append(value, "\n\r\t\b\f"[strings.IndexByte("nrtbf", c)])
			default:
				value = append(value, c)
			}
		default:
			value = append(value, c)
		}
	}
	return value
}
