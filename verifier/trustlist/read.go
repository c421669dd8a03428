package trustlist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Reading is what [Read] has found.
type Reading struct {
	// List is who is on the list; Name may be empty. Nil where what was read names other
	// lists only. [List.Got] is for the caller.
	List *List
	// Others are the lists that it names.
	Others []Registry
	// Federation, if set, is where the entities below are to be asked for.
	Federation *Federation

	Skipped int      // entries that name no issuer by an identifier or a domain
	Remarks []string // what is to be known of it: clauses
}

// Registry is a list that a list of lists names.
type Registry struct{ Name, URL string }

// errUnknown says what could have been read.
var errUnknown = errors.New("this is no list of issuers in a known form: known are registries of the Digital Credentials Consortium " +
	`({"registry": {...}}) and its lists of registries, entity statements of OpenID Federation (a token) and listings of its ` +
	"subordinates, W3C Recognized Entity Credentials, arrays of Open Badges profiles, and lists that hallmark trust import wrote")

// Read reads a list as the field has it, at a time. What is signed with a key that is at hand
// is checked: a signature that does not hold is an error.
func Read(ctx context.Context, data []byte, now time.Time) (*Reading, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("the list has %d bytes, more than %d", len(data), MaxSize)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return nil, errors.New("the list is empty")
	}
	r, err := read(ctx, data, now)
	if err != nil {
		return nil, err
	}
	if r.List != nil && len(r.List.Entries) > MaxEntries {
		return nil, fmt.Errorf("the list has more than %d entries", MaxEntries)
	}
	if r.List != nil && len(r.List.Name) > maxText {
		r.List.Name = ""
	}
	if r.List != nil && r.Federation == nil && len(r.List.Entries) == 0 {
		return nil, fmt.Errorf("there is nobody on the list who has an identifier or a domain (%d were passed over)", r.Skipped)
	}
	return r, nil
}

func read(ctx context.Context, data []byte, now time.Time) (*Reading, error) {
	switch {
	case data[0] == '{':
		var form struct {
			Hallmark jsontext.Value `json:"hallmarkList"`
			Registry jsontext.Value `json:"registry"`
			Type     jsontext.Value `json:"type"`
			ID       jsontext.Value `json:"id"`
		}
		if err := json.Unmarshal(data, &form); err != nil {
			return nil, fmt.Errorf("the list cannot be read: %w", plain(err))
		}
		switch {
		case form.Hallmark != nil:
			l, err := Parse(data)
			if err != nil {
				return nil, err
			}
			l.Format = FormatHallmark
			return &Reading{List: l}, nil
		case form.Registry != nil:
			return readDCC(data)
		case recognizes(form.Type):
			return readRecognized(ctx, data, data, now)
		}
	case data[0] == '[':
		return readArray(data)
	case isToken(data):
		return readToken(ctx, data, now)
	}
	return nil, errUnknown
}

// readArray reads the arrays of the field: a listing of subordinates is one of texts, a list
// of registries one of objects with a place, and else it is one of profiles.
func readArray(data []byte) (*Reading, error) {
	var elements []jsontext.Value
	if err := json.Unmarshal(data, &elements); err != nil {
		return nil, fmt.Errorf("the list cannot be read: %w", plain(err))
	}
	if len(elements) == 0 {
		return nil, errors.New("there is nobody on the list")
	}
	if elements[0].Kind() == '"' {
		return readListing(elements)
	}
	var first struct {
		URL    jsontext.Value `json:"url"`
		Anchor jsontext.Value `json:"trustAnchorEC"`
		Fetch  jsontext.Value `json:"fetchEndpoint"`
		ID     jsontext.Value `json:"id"`
	}
	switch err := json.Unmarshal(elements[0], &first); {
	case err != nil:
		return nil, errUnknown
	case first.ID != nil:
		return readProfiles(elements)
	case first.URL != nil || first.Anchor != nil || first.Fetch != nil:
		return readRegistries(elements)
	}
	return nil, errUnknown
}

// texts reads a text, or an array of them; anything else is nothing.
func texts(v jsontext.Value) (out []string) {
	switch {
	case v == nil:
	case v.Kind() == '"':
		out = []string{""}
		if json.Unmarshal(v, &out[0]) != nil {
			return nil
		}
	case v.Kind() == '[':
		var elements []jsontext.Value
		if json.Unmarshal(v, &elements) != nil || len(elements) > 1000 {
			return nil
		}
		for _, e := range elements {
			if e.Kind() == '"' {
				out = append(out, texts(e)...)
			}
		}
	}
	return out
}

// text is the first of [texts]; of texts in several languages (a JSON-LD value object or map)
// the first one.
func text(v jsontext.Value) string {
	if t := texts(v); len(t) > 0 {
		return t[0]
	}
	var value struct {
		Value jsontext.Value `json:"@value"`
	}
	switch {
	case v == nil:
	case v.Kind() == '{':
		if json.Unmarshal(v, &value) == nil && value.Value != nil && value.Value.Kind() == '"' {
			return text(value.Value)
		}
	case v.Kind() == '[':
		var elements []jsontext.Value
		if json.Unmarshal(v, &elements) == nil && len(elements) > 0 && elements[0].Kind() == '{' {
			return text(elements[0])
		}
	}
	return ""
}

// moment reads a time as the field writes them; the zero time if it is none.
func moment(s string) time.Time {
	// The legacy registries also write the offset without a colon.
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 && t.Year() < 10000 {
			return t.UTC().Truncate(time.Second)
		}
	}
	return time.Time{}
}
