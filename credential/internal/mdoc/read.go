package mdoc

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Document is one mdoc.
type Document struct {
	Type       string    // docType, such as "org.iso.18013.5.1.mDL"
	ValidFrom  string    // of validityInfo, RFC 3339
	ValidUntil string    // likewise
	Elements   []Element // by their namespaces
}

// Element is a text or a date that is disclosed. Of others only the name is told.
type Element struct {
	Namespace, Name string
	Text            string
	IsText          bool
}

// The reasons why an mdoc cannot be read.
var (
	ErrNone   = errors.New("it is no mdoc")
	errMany   = errors.New("it holds several mdocs, or none")
	errSigned = errors.New("the part of the mdoc that is signed cannot be read")
	errBroken = errors.New("what the mdoc discloses cannot be read")
	errLoose  = errors.New("the mdoc discloses what its issuer has not signed")
	errTwice  = errors.New("the mdoc discloses an element twice")
	errType   = errors.New("the mdoc states two types of document")
	errHash   = errors.New("the hash of what the mdoc discloses is of a kind that is not known")
)

// mode refuses a key twice in a map, and takes no name in other letters. The bounds keep what
// is made of 16 MiB to a few times that.
var mode = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		MaxArrayElements: 1 << 17, MaxMapPairs: 1 << 17, MaxNestedLevels: 64,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}()

// response is what a device shows, or one document of that, or what an issuer hands out.
type response struct {
	Documents  []cbor.RawMessage            `cbor:"documents"`
	DocType    string                       `cbor:"docType"`
	Issuer     cbor.RawMessage              `cbor:"issuerSigned"`
	NameSpaces map[string][]cbor.RawMessage `cbor:"nameSpaces"`
	IssuerAuth cbor.RawMessage              `cbor:"issuerAuth"`
}

// sign1 is a COSE_Sign1.
type sign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected cbor.RawMessage
	Payload     []byte
	Signature   []byte
}

// security is the MobileSecurityObject.
type security struct {
	DigestAlgorithm string                       `cbor:"digestAlgorithm"`
	ValueDigests    map[string]map[uint64][]byte `cbor:"valueDigests"`
	DocType         string                       `cbor:"docType"`
	ValidityInfo    struct {
		ValidFrom  cbor.RawMessage `cbor:"validFrom"`
		ValidUntil cbor.RawMessage `cbor:"validUntil"`
	} `cbor:"validityInfo"`
}

// item is an IssuerSignedItem.
type item struct {
	DigestID uint64          `cbor:"digestID"`
	Name     string          `cbor:"elementIdentifier"`
	Value    cbor.RawMessage `cbor:"elementValue"`
}

// Read reads an mdoc: IssuerSigned, or a DeviceResponse that holds one document. It
// returns [ErrNone] for other CBOR. The bytes must end with it.
func Read(doc []byte) (*Document, error) {
	if !bytes.Contains(doc, []byte("issuerAuth")) || len(doc) == 0 || doc[0]>>5 != 5 {
		return nil, ErrNone
	}
	var r response
	if err := mode.Unmarshal(doc, &r); err != nil {
		return nil, errBroken
	}
	docType := ""
	if r.Documents != nil || r.Issuer != nil {
		if len(r.Documents) != 1 || r.Issuer != nil || r.IssuerAuth != nil {
			return nil, errMany
		}
		var one, signed response
		if mode.Unmarshal(r.Documents[0], &one) != nil || mode.Unmarshal(one.Issuer, &signed) != nil {
			return nil, errBroken
		}
		docType, r = one.DocType, signed
	}
	if r.IssuerAuth == nil {
		return nil, ErrNone
	}
	s, err := readSecurity(r.IssuerAuth)
	if err != nil {
		return nil, err
	}
	if docType != "" && docType != s.DocType {
		return nil, errType
	}
	d := &Document{Type: s.DocType}
	var from, until bool
	d.ValidFrom, from = textOf(s.ValidityInfo.ValidFrom)
	d.ValidUntil, until = textOf(s.ValidityInfo.ValidUntil)
	if !from || !until {
		return nil, errSigned
	}
	for _, namespace := range slices.Sorted(maps.Keys(r.NameSpaces)) { // so that one file is always described alike
		if err := d.read(namespace, r.NameSpaces[namespace], s); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// readSecurity reads what is signed, in its COSE_Sign1 with or without its tag.
func readSecurity(auth cbor.RawMessage) (*security, error) {
	const tagged = 0xd2 // 18
	if len(auth) > 0 && auth[0] == tagged {
		auth = auth[1:]
	}
	var signed sign1
	var s security
	if mode.Unmarshal(auth, &signed) != nil {
		return nil, errSigned
	}
	payload, err := embedded(signed.Payload)
	if err != nil || mode.Unmarshal(payload, &s) != nil {
		return nil, errSigned
	}
	return &s, nil
}

// embedded returns the bytes of CBOR in CBOR, tag 24.
func embedded(data []byte) ([]byte, error) {
	var tag cbor.RawTag
	var content []byte
	if mode.Unmarshal(data, &tag) != nil || tag.Number != 24 || mode.Unmarshal(tag.Content, &content) != nil {
		return nil, errBroken
	}
	return content, nil
}

// read reads what is disclosed in one namespace.
func (d *Document) read(namespace string, items []cbor.RawMessage, s *security) error {
	names, ids := make(map[string]bool), make(map[uint64]bool)
	for _, raw := range items {
		data, err := embedded(raw)
		if err != nil {
			return err
		}
		var i item
		if mode.Unmarshal(data, &i) != nil || i.Name == "" {
			return errBroken
		}
		if names[i.Name] || ids[i.DigestID] {
			return errTwice
		}
		names[i.Name], ids[i.DigestID] = true, true
		digest, err := digestOf(s.DigestAlgorithm, raw)
		if err != nil {
			return err
		}
		if !bytes.Equal(digest, s.ValueDigests[namespace][i.DigestID]) {
			return errLoose
		}
		e := Element{Namespace: namespace, Name: i.Name}
		e.Text, e.IsText = textOf(i.Value)
		d.Elements = append(d.Elements, e)
	}
	return nil
}

func digestOf(algorithm string, data []byte) ([]byte, error) {
	switch algorithm {
	case "SHA-256":
		sum := sha256.Sum256(data)
		return sum[:], nil
	case "SHA-384":
		sum := sha512.Sum384(data)
		return sum[:], nil
	case "SHA-512":
		sum := sha512.Sum512(data)
		return sum[:], nil
	}
	return nil, errHash
}

// textOf returns a text, a date with time (tag 0) or a day (tag 1004).
func textOf(value cbor.RawMessage) (string, bool) {
	var tag cbor.RawTag
	if len(value) > 0 && value[0]>>5 == 6 {
		if mode.Unmarshal(value, &tag) != nil || tag.Number != 0 && tag.Number != 1004 {
			return "", false
		}
		value = tag.Content
	}
	var s string
	if len(value) == 0 || value[0]>>5 != 3 || mode.Unmarshal(value, &s) != nil {
		return "", false
	}
	return s, true
}
