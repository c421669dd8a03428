package client

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
)

// APIKey is a secret by which a client may submit for issuers, beside their signatures. Its text is
// "hmk_" and 48 lower-case characters of base32 (RFC 4648): the ID (5 bytes), the secret (20 random
// bytes) and the first 5 bytes of the SHA-256 of both, by which a key that was copied wrong is known.
type APIKey struct {
	ID     [5]byte // says which key it is, and is no secret
	Secret [20]byte
}

// maxAPIKey is more than the text of a key has.
const maxAPIKey = 64

// apiKeyPrefix tells what it is to whoever finds it, and to programs that look for secrets.
const apiKeyPrefix = "hmk_"

var (
	apiKeyText = base32.StdEncoding.WithPadding(base32.NoPadding)

	errAPIKey = errors.New("it is no API key, or not a whole one: want hmk_ and 48 letters and digits")
)

// NewAPIKey makes a key at random.
func NewAPIKey() (k APIKey) {
	_, _ = rand.Read(k.ID[:]) // it ends the process rather than fail
	_, _ = rand.Read(k.Secret[:])
	return k
}

// IsAPIKey reports whether a text looks like an API key, whole or not.
func IsAPIKey(text string) bool { return strings.HasPrefix(text, apiKeyPrefix) }

// ParseAPIKey reads the text of a key. Errors do not hold it.
func ParseAPIKey(text string) (k APIKey, err error) {
	data, err := apiKeyText.DecodeString(strings.ToUpper(strings.TrimPrefix(text[:min(len(text), maxAPIKey)], apiKeyPrefix)))
	if err != nil || len(data) < len(k.ID)+len(k.Secret) {
		return k, errAPIKey
	}
	copy(k.ID[:], data)
	copy(k.Secret[:], data[len(k.ID):])
	if k.Text() != text {
		return APIKey{}, errAPIKey
	}
	return k, nil
}

// bytes returns what the text holds.
func (k APIKey) bytes() []byte {
	data := append(append([]byte{}, k.ID[:]...), k.Secret[:]...)
	sum := sha256.Sum256(data)
	return append(data, sum[:5]...)
}

// Text returns the text of the key, which is secret.
func (k APIKey) Text() string {
	return apiKeyPrefix + strings.ToLower(apiKeyText.EncodeToString(k.bytes()))
}

// String returns the name of the key, so that no message holds more of it.
func (k APIKey) String() string { return APIKeyName(k.ID) }

// Hash returns what is kept of the secret: its SHA-256. It needs no salt and no slow function, as
// nobody guesses 20 random bytes.
func (k APIKey) Hash() [sha256.Size]byte { return sha256.Sum256(k.Secret[:]) }

// APIKeyName returns the name of a key, as which its text begins.
func APIKeyName(id [5]byte) string {
	return apiKeyPrefix + strings.ToLower(apiKeyText.EncodeToString(id[:]))
}

// ParseAPIKeyName reads the name of a key.
func ParseAPIKeyName(name string) (id [5]byte, err error) {
	rest, _ := strings.CutPrefix(name, apiKeyPrefix)
	data, err := apiKeyText.DecodeString(strings.ToUpper(rest))
	if err == nil && len(data) == len(id) {
		copy(id[:], data)
	}
	if APIKeyName(id) != name {
		return [5]byte{}, errors.New("it is not the name of an API key: want hmk_ and the 8 letters and digits that follow it")
	}
	return id, nil
}
