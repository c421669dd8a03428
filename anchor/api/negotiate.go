package api

import (
	"strconv"
	"strings"
)

// What RFC 9110 says of the header fields in which a client says what it has already,
// and which encodings it understands.

// hasTag reports whether the values of If-None-Match name an entity tag, which is
// compared weakly (section 13.1.2). What cannot be read names none.
func hasTag(values []string, tag string) bool {
	for _, v := range values {
		if strings.Trim(v, " \t") == "*" {
			return true
		}
		for {
			v = strings.TrimPrefix(strings.TrimLeft(v, " \t,"), "W/")
			if v == "" || v[0] != '"' {
				break
			}
			end := strings.IndexByte(v[1:], '"')
			if end < 0 {
				break
			}
			end += 2
			if v[:end] == tag {
				return true
			}
			v = v[end:]
		}
	}
	return false
}

// accepted is what a client says of the content codings that there are.
type accepted struct {
	gzip     bool // it may be used, and is not liked less than none
	identity bool // no coding may be used
}

// acceptedBy reads the values of Accept-Encoding (section 12.5.3). Without any, or if
// nothing else is acceptable either, no coding is used.
func acceptedBy(values []string) accepted {
	if len(values) == 0 {
		return accepted{identity: true}
	}
	if len(values) == 1 && values[0] == "gzip" {
		return accepted{true, true} // as Go's client writes it
	}
	const unsaid = -1
	compressed, identity, other := unsaid, unsaid, unsaid // in thousandths
	for _, v := range values {
		for element := range strings.SplitSeq(v, ",") {
			coding, parameter, _ := strings.Cut(element, ";")
			q := weight(parameter)
			switch strings.ToLower(strings.Trim(coding, " \t")) {
			case "gzip", "x-gzip":
				compressed = q
			case "identity":
				identity = q
			case "*":
				other = q
			}
		}
	}
	if compressed == unsaid {
		compressed = max(other, 0)
	}
	if identity == unsaid {
		identity = other // unsaid: it may be used, and anything said is liked better
	}
	return accepted{gzip: compressed > 0 && compressed >= identity, identity: identity != 0}
}

// weight reads the parameter q of a coding, in thousandths: 1000 if there is none, 0 if
// it cannot be read.
func weight(parameter string) int {
	parameter = strings.Trim(parameter, " \t")
	if parameter == "" {
		return 1000
	}
	name, value, _ := strings.Cut(parameter, "=")
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || strings.ToLower(name) != "q" || len(value) > 5 || !(0 <= q && q <= 1) {
		return 0
	}
	return int(q*1000 + .5)
}
