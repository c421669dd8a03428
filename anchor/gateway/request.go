package gateway

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"
)

// Content types of answers.
const (
	RawType = "application/vnd.ipld.raw" // one block as it is hashed
	CARType = "application/vnd.ipld.car" // blocks that belong together
)

// maxSegments bounds a path below a CID. Each may cost a block, and paths into published
// blocks have at most five.
const maxSegments = 32

// scope is how much a CAR holds of what a path ends at.
type scope string

const (
	scopeBlock  scope = "block"  // its block
	scopeEntity scope = "entity" // all of a UnixFS file or directory, else its block
	scopeAll    scope = "all"    // all that is linked to
)

// request is what a client asks for.
type request struct {
	root     cid.Cid
	segments []string // below root
	name     string   // that the client wants the answer to be saved under; empty: none
	car      bool     // else the block

	// Of a CAR.
	scope scope
	span  *span  // of a UnixFS file; nil: all of it
	dups  bool   // a block that is linked to twice is sent twice
	order string // as the answer calls it

	location string // the URL of the same answer without an Accept header; empty: that of the request
}

// span is a range of bytes, both ends inclusive. Negative numbers count from the end.
type span struct {
	from, to int64
	open     bool // up to the end; to is zero
}

// refusal is why a request is not answered, with its HTTP status.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// parse reads a request for a path without "/ipfs/" in front.
func parse(path string, query url.Values, header http.Header) (*request, error) {
	name, rest, _ := strings.Cut(path, "/")
	root, err := cid.Decode(name)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%q is not a CID: %v", clip(name), err)
	}
	req := &request{root: root, name: query.Get("filename")}
	for segment := range strings.SplitSeq(rest, "/") {
		if segment == "" {
			continue
		}
		if req.segments = append(req.segments, segment); len(req.segments) > maxSegments {
			return nil, refuse(http.StatusBadRequest, "a path has at most %d segments here", maxSegments)
		}
	}
	format, params, err := formatOf(query, header)
	if err != nil {
		return nil, err
	}
	switch {
	case format == CARType:
		req.car = true
		if err := req.readCAR(query, params); err != nil {
			return nil, err
		}
	case len(req.segments) > 0:
		return nil, refuse(http.StatusNotAcceptable, "a block is asked for by its CID alone; a path is resolved with format=car")
	}
	req.location = location(path, query, format, params)
	return req, nil
}

// clip keeps a message short.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// formatOf returns the content type that is asked for, and the parameters of Accept that
// are of it. The query decides over the header, so that caches need to look at no header.
func formatOf(query url.Values, header http.Header) (format string, params map[string]string, err error) {
	accepted, params, err := acceptOf(header)
	if err != nil {
		return "", nil, err
	}
	asked := query.Get("format")
	switch asked {
	case "raw":
		format = RawType
	case "car":
		format = CARType
	case "":
		format = accepted
	default:
		return "", nil, refuse(http.StatusNotAcceptable, "format=%s is not served here: only raw and car are", clip(asked))
	}
	if format != accepted {
		params = nil
	}
	switch format {
	case RawType, CARType:
		return format, params, nil
	case "":
		if len(header.Values("Accept")) == 0 {
			return "", nil, refuse(http.StatusBadRequest, "say what to send: format=raw for the block, format=car for all below it")
		}
	}
	return "", nil, refuse(http.StatusNotAcceptable,
		"this gateway sends blocks (format=raw) and CAR files (format=car), and does not unpack them")
}

// acceptOf returns the first content type of IPLD or IPFS that a client accepts, with its
// parameters. What browsers accept is not looked at.
func acceptOf(header http.Header) (kind string, params map[string]string, err error) {
	for _, line := range header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if !strings.HasPrefix(part, "application/vnd.ip") {
				continue
			}
			kind, params, err := mime.ParseMediaType(part)
			if err != nil {
				return "", nil, refuse(http.StatusBadRequest, "the Accept header cannot be read: %v", err)
			}
			return kind, params, nil
		}
	}
	return "", nil, nil
}

// readCAR reads what is to be in a CAR. The query decides over the parameters of Accept.
func (req *request) readCAR(query url.Values, params map[string]string) error {
	of := func(name, param string) string {
		if v := query.Get(name); v != "" {
			return v
		}
		return params[param]
	}
	if v := of("car-version", "version"); v != "" && v != "1" {
		return refuse(http.StatusBadRequest, "CAR files of version %s are not served here, only those of version 1", clip(v))
	}
	switch v := of("car-order", "order"); v {
	case "", "dfs":
		req.order = "dfs"
	case "unk":
		req.order = v
	default:
		return refuse(http.StatusBadRequest, "order=%s is not served here: blocks come depth first (dfs)", clip(v))
	}
	switch v := of("car-dups", "dups"); v {
	case "", "n":
	case "y":
		req.dups = true
	default:
		return refuse(http.StatusBadRequest, "dups=%s: want y or n", clip(v))
	}
	if query.Has("entity-bytes") {
		s, err := parseSpan(query.Get("entity-bytes"))
		if err != nil {
			return err
		}
		req.span = s
		req.scope = scopeEntity // which it implies
	}
	switch v := scope(query.Get("dag-scope")); v {
	case scopeBlock, scopeEntity, scopeAll:
		req.scope = v
	default:
		if query.Has("dag-scope") {
			return refuse(http.StatusBadRequest, "dag-scope=%s: want block, entity or all", clip(string(v)))
		}
		if req.scope == "" {
			req.scope = scopeAll
		}
	}
	return nil
}

// parseSpan reads from:to, where to may be * for the end.
func parseSpan(text string) (*span, error) {
	first, last, ok := strings.Cut(text, ":")
	s := &span{open: last == "*"}
	var err, err2 error
	s.from, err = strconv.ParseInt(first, 10, 64)
	if !s.open {
		s.to, err2 = strconv.ParseInt(last, 10, 64)
	}
	if !ok || errors.Join(err, err2) != nil {
		return nil, refuse(http.StatusBadRequest, "entity-bytes=%s: want from:to, two numbers, or * for the end", clip(text))
	}
	if !s.open && s.from >= 0 && s.to >= 0 && s.from > s.to {
		return nil, refuse(http.StatusBadRequest, "entity-bytes=%s begins behind its end", clip(text))
	}
	return s, nil
}

// location returns the URL at which the same answer is found without an Accept header; empty
// if it is that of the request.
func location(path string, query url.Values, format string, params map[string]string) string {
	short := strings.TrimPrefix(format, "application/vnd.ipld.")
	if query.Get("format") == short {
		return ""
	}
	full := url.Values{"format": {short}}
	for name, values := range query {
		if name != "format" {
			full[name] = values
		}
	}
	for name, value := range params {
		if name = short + "-" + name; !full.Has(name) {
			full.Set(name, value)
		}
	}
	return "/ipfs/" + path + "?" + full.Encode()
}
