// Package witness reads and makes the signatures by which named parties say that they saw
// a block as final: cosignatures in the sense of C2SP, tlog-cosignature, on a note (C2SP,
// signed-note) that names the block.
//
// The note is a checkpoint in form: an origin, which names the chain, the number of the
// block for the size of a tree, and the block's hash for its root:
//
//	hallmark-finality/eip155:1/0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3
//	25326305
//	kHvkKxsX7dUkzD6fZTyB1W3nQq9nV4c2pR8mT5bYx0A=
//
// So a witness of transparency logs could sign it, with its own key and format. The hash in
// the origin is that of the chain's genesis block, which tells apart chains that share an id.
//
// A cosignature on a log's checkpoint also says that no larger one was seen. This one does
// not, since the blocks of a chain are signed in any order: so the key of a witness is for
// this purpose alone.
package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallmark-node/hallmark/merkle"
)

// Block is what a witness speaks of.
type Block struct {
	Chain   uint64 // EIP-155
	Genesis merkle.Hash
	Number  uint64
	Hash    merkle.Hash
}

// Text returns the text of the note for a block, with its last newline.
func (b Block) Text() string {
	return b.origin() + base64.StdEncoding.EncodeToString(b.Hash[:]) + "\n"
}

// origin returns the lines before the hash.
func (b Block) origin() string {
	return fmt.Sprintf("hallmark-finality/eip155:%d/%s\n%d\n", b.Chain, b.Genesis, b.Number)
}

// algorithm is the type of an Ed25519 cosignature, the first byte of its encoded keys.
const algorithm = 0x04

// Sizes of a signature: when it was made, in Unix seconds, and the Ed25519 signature.
const (
	timeSize      = 8
	signatureSize = timeSize + ed25519.SignatureSize
)

// Key is the public key of a witness. It is a [note.Verifier].
type Key struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

var errKey = errors.New("want name+hash+key as a witness prints it, for cosignatures (type 4)")

// ParseKey reads the text form, <name>+<hash>+<key>.
func ParseKey(text string) (*Key, error) {
	name, rest, _ := strings.Cut(text, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != algorithm || !validName(name) {
		return nil, fmt.Errorf("key of a witness: %w", errKey)
	}
	k := newKey(name, data[1:])
	if k.String() != text { // the form is unique
		return nil, fmt.Errorf("key of a witness: its hash does not fit: %w", errKey)
	}
	return k, nil
}

func newKey(name string, key ed25519.PublicKey) *Key {
	sum := sha256.Sum256(append([]byte(name+"\n\x04"), key...))
	return &Key{name, binary.BigEndian.Uint32(sum[:]), key}
}

// validName reports whether signed-note allows a name, and it is of a sensible length and of
// visible ASCII: names are shown to people.
func validName(name string) bool {
	return name != "" && len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '+' || r > '~' })
}

// String returns the text form.
func (k *Key) String() string {
	return fmt.Sprintf("%s+%08x+%s", k.name, k.id, base64.StdEncoding.EncodeToString(append([]byte{algorithm}, k.key...)))
}

// MarshalText returns the text form.
func (k *Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText accepts the text form.
func (k *Key) UnmarshalText(text []byte) error {
	got, err := ParseKey(string(text))
	if err == nil {
		*k = *got
	}
	return err
}

// Name returns the name of the witness.
func (k *Key) Name() string { return k.name }

// KeyHash returns the id of the key.
func (k *Key) KeyHash() uint32 { return k.id }

// Verify reports whether sig is a cosignature of the key on the text of a note. Its time is at
// most 2^63-1.
func (k *Key) Verify(text, sig []byte) bool {
	return len(sig) == signatureSize && sig[0] < 0x80 && ed25519.Verify(k.key, message(binary.BigEndian.Uint64(sig), text), sig[timeSize:])
}

// message returns what is signed.
func message(unix uint64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(unix, 10)+"\n"), text...)
}

// Seen is that a witness saw a block as final. Where a key is listed twice, so is it.
type Seen struct {
	Key  *Key
	Time time.Time // when it signed
}

// MaxCosignatures bounds how many lines [Verify] reads.
const MaxCosignatures = 64

// Verify returns which of the keys signed for a block, each once. Lines, each a cosignature
// as [Signer.Sign] returns it, of other keys are ignored; one of a known key that does not
// hold is an error, as package note has it.
func Verify(b Block, lines []string, keys []*Key) ([]Seen, error) {
	switch {
	case len(lines) == 0:
		return nil, errors.New("there is no cosignature")
	case len(lines) > MaxCosignatures:
		return nil, fmt.Errorf("%d cosignatures: at most %d are read", len(lines), MaxCosignatures)
	}
	for i, line := range lines {
		if strings.ContainsAny(line, "\r\n") {
			return nil, fmt.Errorf("cosignature %d is not one line", i+1)
		}
	}
	var known []note.Verifier
	have := make(map[string]bool)
	for _, k := range keys {
		if !have[k.String()] { // a key that is listed twice is no other
			have[k.String()] = true
			known = append(known, k)
		}
	}
	n, err := note.Open([]byte(Note(b, lines...)), note.VerifierList(known...))
	if invalid := (*note.InvalidSignatureError)(nil); errors.As(err, &invalid) {
		return nil, fmt.Errorf("the cosignature of %s does not hold for this block", invalid.Name)
	}
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.New("the cosignatures cannot be read")
	}
	var seen []Seen
	for _, s := range n.Sigs {
		sig, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil || len(sig) != 4+signatureSize {
			return nil, errors.New("the cosignatures cannot be read")
		}
		at := time.Unix(int64(binary.BigEndian.Uint64(sig[4:])), 0).UTC() //nolint:gosec // verified: it fits
		for _, k := range keys {
			if k.name == s.Name && k.id == s.Hash {
				seen = append(seen, Seen{k, at})
			}
		}
	}
	return seen, nil
}
