package pdf

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
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
	n, err := strconv.Atoi(string(b[at:end]))
	return n, end, err == nil
}

// isRegular reports whether a character is neither white space nor a delimiter.
func isRegular(c byte) bool {
	switch c {
	case 0, '\t', '\n', '\f', '\r', ' ', '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return false
	}
	return true
}

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
	for at := skipSpace(dict, 2); at < len(dict)-2; {
		if dict[at] != '/' {
			return 0, 0, errBroken
		}
		end := valueEnd(dict, at, 0)
		key := unescapeName(dict[at+1 : end])
		value := skipSpace(dict, end)
		if end = valueEnd(dict, value, 0); end < 0 {
			return 0, 0, errBroken
		}
		if key == name {
			if from >= 0 {
				return 0, 0, fmt.Errorf("%w: /%s is there twice", errBroken, name)
			}
			from, to = value, end
		}
		at = skipSpace(dict, end)
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
	for _, field := range bytes.Fields(bytes.Trim(value, "[]")) {
		n, end, ok := parseInt(field, 0)
		if !ok || end != len(field) || n > math.MaxInt32 || len(list) == 1<<16 {
			return nil, errBroken
		}
		list = append(list, n)
	}
	return list, nil
}

// unescapeName undoes the escapes of a name.
func unescapeName(name []byte) string {
	var out []byte
	for i := 0; i < len(name); i++ {
		if c, err := hex.DecodeString(string(name[min(i+1, len(name)):min(i+3, len(name))])); name[i] == '#' && err == nil && len(c) == 1 {
			out = append(out, c[0])
			i += 2
			continue
		}
		out = append(out, name[i])
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
			case c == 'n', c == 'r', c == 't', c == 'b', c == 'f', c == '\n', c == '\r':
				value = append(value, ' ')
			default:
				value = append(value, c)
			}
		default:
			value = append(value, c)
		}
	}
	return value
}
