package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math/big"
)

// Algorithms of zone keys that count: the ones of RFC 8624 whose signatures are made with
// SHA-256, and Ed25519. Digests of keys that count: SHA-256 and SHA-384, not SHA-1.
const (
	algorithmRSA     = 8
	algorithmP256    = 13
	algorithmEd25519 = 15

	digestSHA256 = 2
	digestSHA384 = 4

	// RSA keys outside do not count. Zones sign with keys of 1,280 bits that live for months.
	// Some had 1,024 not long ago, which a state may well be able to break.
	minRSABits = 1280
	maxRSABits = 4096
)

// dnsKey is a key of a zone.
type dnsKey struct {
	tag       uint16
	algorithm uint8
	data      []byte // of the record
	public    crypto.PublicKey
	fault     string // why it does not count, what it is; empty if it does
}

// readKey reads a DNSKEY record (RFC 4034, section 2.1). A key does not count if it may not
// sign a zone's records, is revoked (RFC 5011), or is of a kind that does not.
func readKey(data []byte) dnsKey {
	const zoneKey, revoked, protocol = 0x0100, 0x0080, 3
	if len(data) < 4 {
		return dnsKey{fault: "cut short"}
	}
	k := dnsKey{tag: keyTag(data), algorithm: data[3], data: data}
	raw := data[4:]
	switch flags := binary.BigEndian.Uint16(data); {
	case data[2] != protocol || flags&zoneKey == 0:
		k.fault = "not for signing a zone"
	case flags&revoked != 0:
		k.fault = "revoked"
	case k.algorithm == algorithmRSA:
		k.public, k.fault = readRSA(raw)
	case k.algorithm == algorithmP256:
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{4}, raw...))
		if k.public = public; err != nil {
			k.fault = "not on its curve"
		}
	case k.algorithm == algorithmEd25519:
		if k.public = ed25519.PublicKey(raw); len(raw) != ed25519.PublicKeySize {
			k.fault = "not of 32 bytes"
		}
	default:
		k.fault = fmt.Sprintf("of the algorithm %d", k.algorithm)
	}
	return k
}

// readRSA reads a key in the form of RFC 3110, section 2, or says what it is.
func readRSA(raw []byte) (public *rsa.PublicKey, fault string) {
	const broken = "not an RSA key"
	if len(raw) < 3 {
		return nil, broken
	}
	size, raw := int(raw[0]), raw[1:]
	if size == 0 {
		size, raw = int(binary.BigEndian.Uint16(raw)), raw[2:]
	}
	if size == 0 || size > 4 || size >= len(raw) {
		return nil, broken
	}
	var wide [8]byte
	copy(wide[8-size:], raw[:size])
	exponent := binary.BigEndian.Uint64(wide[:])
	modulus := new(big.Int).SetBytes(raw[size:])
	if bits := modulus.BitLen(); bits < minRSABits || bits > maxRSABits {
		return nil, fmt.Sprintf("an RSA key of %d bits", bits)
	}
	if exponent < 3 || exponent >= 1<<31 || exponent%2 == 0 || modulus.Bit(0) == 0 {
		return nil, broken
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent)}, ""
}

// keyTag returns the sum by which signatures hint at a key (RFC 4034, appendix B).
func keyTag(data []byte) uint16 {
	sum := uint32(0)
	for i, b := range data {
		sum += uint32(b) << (8 * (1 - i%2))
	}
	return uint16(sum + sum>>16)
}

// signed reports whether the key, which counts, signed bytes.
func (k dnsKey) signed(message, value []byte) bool {
	digest := sha256.Sum256(message)
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], value) == nil
	case *ecdsa.PublicKey:
		if len(value) != 64 {
			return false
		}
		return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(value[:32]), new(big.Int).SetBytes(value[32:]))
	case ed25519.PublicKey:
		return ed25519.Verify(public, message, value)
	}
	return false
}

// dsDigest names a key of a zone: as a DS record does, or as an anchor of the root zone.
type dsDigest struct {
	tag        uint16
	algorithm  uint8
	digestType uint8
	digest     []byte
}

// readDigest reads a DS record (RFC 4034, section 5.1).
func readDigest(data []byte) (dsDigest, bool) {
	if len(data) < 4 {
		return dsDigest{}, false
	}
	return dsDigest{tag: binary.BigEndian.Uint16(data), algorithm: data[2], digestType: data[3], digest: data[4:]}, true
}

// named returns those keys of a zone, of the ones that count, that the digests name.
func named(zone dnsName, keys []dnsKey, digests []dsDigest) []dnsKey {
	var found []dnsKey
	for _, k := range keys {
		if k.fault != "" {
			continue
		}
		owned := append([]byte(zone), k.data...)
		short, long := sha256.Sum256(owned), sha512.Sum384(owned)
		for _, d := range digests {
			if d.tag != k.tag || d.algorithm != k.algorithm {
				continue
			}
			if d.digestType == digestSHA256 && bytes.Equal(d.digest, short[:]) ||
				d.digestType == digestSHA384 && bytes.Equal(d.digest, long[:]) {
				found = append(found, k)
				break
			}
		}
	}
	return found
}
