package online

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxBitstring is the greatest length in bytes of a status list that is read, decompressed.
const MaxBitstring = 16 << 20

// minEntries is the least number of entries of a Bitstring Status List, so that nobody is
// told by it whose status is looked up.
const minEntries = 131_072

// maxStatusSize bounds the bits of an entry.
const maxStatusSize = 8

// Purposes of a list.
const (
	purposeRevocation = "revocation"
	purposeSuspension = "suspension"
	purposeMessage    = "message"
	purposeRefresh    = "refresh"
)

// bitstringEntry is where a credential says that its status stands: an entry of the types
// BitstringStatusListEntry (W3C Bitstring Status List 1.0, section 2.1) and
// StatusList2021Entry, its draft.
type bitstringEntry struct {
	Purpose string
	Index   int
	Size    int    // bits
	List    string // URL of the list
	texts   map[uint64]string
}

// readBitstringEntry reads the JSON object of an entry.
func readBitstringEntry(object []byte) (*bitstringEntry, error) {
	var m struct {
		Purpose  string         `json:"statusPurpose"`
		Index    jsontext.Value `json:"statusListIndex"`
		Size     *int           `json:"statusSize"`
		List     string         `json:"statusListCredential"`
		Messages []struct {
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"statusMessage"`
	}
	if json.Unmarshal(object, &m) != nil {
		return nil, errors.New("it cannot be read")
	}
	e := &bitstringEntry{Purpose: m.Purpose, Size: 1, List: m.List, texts: make(map[uint64]string)}
	if e.List == "" {
		return nil, errors.New("it names no list")
	}
	if e.Purpose == "" {
		return nil, errors.New("it has no purpose")
	}
	index, err := strconv.ParseUint(strings.Trim(string(m.Index), `"`), 10, 31)
	if err != nil {
		return nil, errors.New("its index is not a number")
	}
	e.Index = int(index)
	if m.Size != nil {
		e.Size = *m.Size
	}
	if e.Size < 1 || e.Size > maxStatusSize {
		return nil, fmt.Errorf("its size is not of 1 to %d bits", maxStatusSize)
	}
	if e.Size > 1 && len(m.Messages) != 1<<e.Size || len(m.Messages) > 1<<maxStatusSize {
		return nil, errors.New("it does not have a message for each of its values")
	}
	for _, message := range m.Messages {
		value, err := strconv.ParseUint(strings.TrimPrefix(message.Status, "0x"), 16, maxStatusSize)
		if err != nil {
			return nil, errors.New("the value of one of its messages is not a number")
		}
		e.texts[value] = message.Message
	}
	return e, nil
}

// bitstringList is a status list, as its credential has it.
type bitstringList struct {
	id       string // of the credential; may be empty
	purposes []string
	ttl      time.Duration // how long it may be kept; 0: it does not say
	bits     []byte
	draft    bool // a StatusList2021
}

// readBitstringList reads a credential that is a status list from its JSON object. Whose it
// is and whether it holds is for others to say.
func readBitstringList(object []byte) (*bitstringList, error) {
	var m struct {
		ID      string         `json:"id"`
		Type    oneOrMore      `json:"type"`
		Subject jsontext.Value `json:"credentialSubject"`
		Claim   jsontext.Value `json:"vc"` // of a token
		JTI     string         `json:"jti"`
	}
	if json.Unmarshal(object, &m) != nil {
		return nil, errors.New("it cannot be read")
	}
	if m.Claim.Kind() == jsontext.KindBeginObject && m.Subject == nil {
		id := m.JTI
		if json.Unmarshal(m.Claim, &m) != nil {
			return nil, errors.New("it cannot be read")
		}
		if m.ID == "" {
			m.ID = id
		}
	}
	var s struct {
		Type    oneOrMore `json:"type"`
		Purpose oneOrMore `json:"statusPurpose"`
		Encoded string    `json:"encodedList"`
		TTL     float64   `json:"ttl"` // milliseconds
	}
	if json.Unmarshal(m.Subject, &s) != nil {
		return nil, errors.New("what it is about cannot be read")
	}
	l := &bitstringList{id: m.ID, purposes: s.Purpose}
	switch {
	case m.Type.has("BitstringStatusListCredential") && s.Type.has("BitstringStatusList"):
	case m.Type.has("StatusList2021Credential") && s.Type.has("StatusList2021"):
		l.draft = true
	default:
		return nil, errors.New("it is not a status list")
	}
	if s.TTL < 0 || s.TTL > 1e13 {
		return nil, errors.New("how long it may be kept cannot be read")
	}
	l.ttl = time.Duration(s.TTL) * time.Millisecond
	var err error
	l.bits, err = decodeBitstring(s.Encoded)
	return l, err
}

// decodeBitstring decompresses the encodedList of a status list: multibase base64url
// without padding, as the standard has it, or base64 as its drafts had it. A text of gzip
// always begins with H4s, so the two cannot be taken for one another.
func decodeBitstring(text string) ([]byte, error) {
	encoding := base64.RawURLEncoding
	switch {
	case strings.HasPrefix(text, "uH4s"):
		text = text[1:]
	case strings.HasPrefix(text, "H4s"):
		text = strings.TrimRight(text, "=")
		if strings.ContainsAny(text, "+/") {
			encoding = base64.RawStdEncoding
		}
	default:
		return nil, errors.New("its list is not a compressed bitstring")
	}
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("its list is not in base64")
	}
	compressed, err := encoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("its list is not in base64")
	}
	in := bytes.NewReader(compressed)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, errors.New("its list cannot be decompressed")
	}
	z.Multistream(false)
	bits, err := io.ReadAll(io.LimitReader(z, MaxBitstring+1))
	switch {
	case err != nil:
		return nil, errors.New("its list cannot be decompressed")
	case len(bits) > MaxBitstring:
		return nil, fmt.Errorf("its list is of more than %d MiB", MaxBitstring>>20)
	case in.Len() > 0:
		return nil, errors.New("its list has something behind it")
	}
	return bits, nil
}

// value returns what the list says at an entry.
func (l *bitstringList) value(e *bitstringEntry) (uint64, error) {
	entries := len(l.bits) * 8 / e.Size
	switch {
	case entries < minEntries:
		return 0, fmt.Errorf("it has %d entries, and must have %d", entries, minEntries)
	case e.Index >= entries:
		return 0, fmt.Errorf("it has %d entries, and entry %d is asked for", entries, e.Index)
	}
	var value uint64
	for i := e.Index * e.Size; i < (e.Index+1)*e.Size; i++ { // the first bit is the left-most of the first byte
		value = value<<1 | uint64(l.bits[i/8]>>(7-i%8)&1)
	}
	return value, nil
}

// oneOrMore is a text, or an array of texts.
type oneOrMore []string

// UnmarshalJSON reads either form.
func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var s string
		err := json.Unmarshal(data, &s)
		*o = oneOrMore{s}
		return err
	}
	var list []string
	err := json.Unmarshal(data, &list)
	*o = list
	return err
}

func (o oneOrMore) has(s string) bool { return slices.Contains(o, s) }
