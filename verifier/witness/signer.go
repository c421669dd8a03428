package witness

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Signer is the private key of a witness.
type Signer struct {
	key    *Key
	secret ed25519.PrivateKey
}

// NewSigner returns a signer with a new key from random bytes, of which 32 are needed.
func NewSigner(name string, seed [ed25519.SeedSize]byte) (*Signer, error) {
	if !validName(name) {
		return nil, fmt.Errorf("%q cannot be the name of a witness: want up to 255 letters, digits and signs without + and blanks", name)
	}
	secret := ed25519.NewKeyFromSeed(seed[:])
	public, ok := secret.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("witness: no Ed25519 key")
	}
	return &Signer{newKey(name, public), secret}, nil
}

// secretPrefix begins the text form of a private key, as in package note.
const secretPrefix = "PRIVATE+KEY+"

// ParseSigner reads the text form, PRIVATE+KEY+<name>+<hash>+<key>.
func ParseSigner(text string) (*Signer, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), secretPrefix)
	parts := strings.Split(rest, "+")
	bad := errors.New("not the private key of a witness: want PRIVATE+KEY+name+hash+key, for cosignatures (type 4)")
	if !ok || len(parts) < 3 {
		return nil, bad
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(parts[2:], "+"))
	if err != nil || len(data) != 1+ed25519.SeedSize || data[0] != algorithm {
		return nil, bad
	}
	s, err := NewSigner(parts[0], [ed25519.SeedSize]byte(data[1:]))
	if err != nil {
		return nil, err
	}
	if s.Text() != secretPrefix+rest {
		return nil, bad
	}
	return s, nil
}

// Text returns the text form, which is secret.
func (s *Signer) Text() string {
	return fmt.Sprintf("%s%s+%08x+%s", secretPrefix, s.key.name, s.key.id,
		base64.StdEncoding.EncodeToString(append([]byte{algorithm}, s.secret.Seed()...)))
}

// Key returns the public key.
func (s *Signer) Key() *Key { return s.key }

// Sign returns a cosignature on the note for a block: the line without its dash, <name>
// and the base64 form of key id, time and signature.
func (s *Signer) Sign(b Block, now time.Time) string {
	unix := uint64(max(0, now.Unix())) //nolint:gosec // not negative
	sig := binary.BigEndian.AppendUint32(nil, s.key.id)
	sig = binary.BigEndian.AppendUint64(sig, unix)
	sig = append(sig, ed25519.Sign(s.secret, message(unix, []byte(b.Text())))...)
	return s.key.name + " " + base64.StdEncoding.EncodeToString(sig)
}
