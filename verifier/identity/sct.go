package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	minOperators = 2  // of logs that recorded a certificate
	maxSCTs      = 16 // in a certificate; two or three are usual
)

// oidTimestamps is the extension of a certificate that holds the promises of logs, as a list
// (RFC 6962, section 3.3).
var oidTimestamps = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// timestamp is the promise of a log that it records a certificate: a signed certificate
// timestamp, version 1 (RFC 6962, section 3.2).
type timestamp struct {
	log        [sha256.Size]byte // SHA-256 of the public key of the log
	time       time.Time
	millis     uint64 // the same in milliseconds of Unix time
	extensions []byte
	algorithm  uint16 // of TLS 1.2: hash, then signature
	signature  []byte
}

// logged returns when logs of two operators had recorded a certificate: the earliest of the
// timestamps that count. issuer is the one above it in a path to a root, bound that root's.
func (a *Anchors) logged(leaf, issuer *x509.Certificate, bound, at time.Time) (time.Time, error) {
	list, err := timestamps(leaf)
	if err != nil {
		return time.Time{}, err
	}
	tbs, err := precertificate(leaf.RawTBSCertificate)
	if err != nil {
		return time.Time{}, fmt.Errorf("the certificate cannot be brought to the form that logs sign: %w", err)
	}
	issuerKey := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	var since time.Time
	var counted []*Log // of different operators, and with different keys: a log may have changed hands
	var faults []string
	for _, t := range list {
		log, err := a.logOf(&t, bound, at)
		if err == nil {
			err = t.verify(log, issuerKey, tbs)
		}
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		if since.IsZero() || t.time.Before(since) {
			since = t.time
		}
		if !slices.ContainsFunc(counted, func(l *Log) bool { return l.Operator == log.Operator || bytes.Equal(l.Key, log.Key) }) {
			counted = append(counted, log)
		}
	}
	if len(counted) >= minOperators {
		return since, nil
	}
	said := "none does"
	if len(counted) > 0 {
		said = fmt.Sprintf("those of %q alone do", counted[0].Operator)
	}
	if len(faults) > 0 {
		said += " (" + strings.Join(faults, "; ") + ")"
	}
	return time.Time{}, fmt.Errorf("logs of %d operators have to show that the certificate is public, and %s", minOperators, said)
}

// timestamps returns the timestamps in a certificate. Those of a later version are left out.
func timestamps(c *x509.Certificate) (list []timestamp, err error) {
	at := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidTimestamps) })
	if at < 0 {
		return nil, errors.New("the certificate holds no timestamps of public logs")
	}
	bad := errors.New("the list of timestamps in the certificate cannot be read")
	value := cryptobyte.String(c.Extensions[at].Value)
	var octets, all cryptobyte.String
	if !value.ReadASN1(&octets, cbasn1.OCTET_STRING) || !value.Empty() ||
		!octets.ReadUint16LengthPrefixed(&all) || !octets.Empty() || all.Empty() {
		return nil, bad
	}
	for n := 0; !all.Empty(); n++ {
		var one cryptobyte.String
		if n == maxSCTs {
			return nil, fmt.Errorf("the certificate holds more than %d timestamps", maxSCTs)
		}
		var version uint8
		if !all.ReadUint16LengthPrefixed(&one) || !one.ReadUint8(&version) {
			return nil, bad
		}
		if version != 0 {
			continue
		}
		var t timestamp
		var extensions, signature cryptobyte.String
		if !one.CopyBytes(t.log[:]) || !one.ReadUint64(&t.millis) || !one.ReadUint16LengthPrefixed(&extensions) ||
			!one.ReadUint16(&t.algorithm) || !one.ReadUint16LengthPrefixed(&signature) || !one.Empty() || t.millis > maxMillis {
			return nil, bad
		}
		t.time, t.extensions, t.signature = time.UnixMilli(int64(t.millis)), extensions, signature
		list = append(list, t)
	}
	return list, nil
}

// maxMillis is the end of the year 9999, in milliseconds of Unix time.
const maxMillis = 253402300799999

// logOf returns the log of a timestamp in whose span it is, and the error says why it does not
// count. A log that has changed hands has an entry for each operator.
func (a *Anchors) logOf(t *timestamp, bound, at time.Time) (*Log, error) {
	var log *Log
	for i := range a.Logs {
		l := &a.Logs[i]
		if sha256.Sum256(l.Key) != t.log {
			continue
		}
		log = l
		if !t.time.Before(l.NotBefore) && (l.NotAfter.IsZero() || !t.time.After(l.NotAfter)) {
			switch {
			case t.time.After(at):
				return nil, fmt.Errorf("%s is of %s, after the time in question", log.name(), t.day())
			case !bound.IsZero() && t.time.After(bound):
				return nil, fmt.Errorf("%s is of %s, when the root was no longer trusted", log.name(), t.day())
			}
			return l, nil
		}
	}
	if log == nil {
		return nil, fmt.Errorf("the one of log %x… is of no log that is known", t.log[:4])
	}
	return nil, fmt.Errorf("%s is of %s, when the log was not in use", log.name(), t.day())
}

// verify checks the signature of a timestamp over a precertificate: the part to be signed
// of the certificate without timestamps, and SHA-256 of the public key of its issuer.
func (t *timestamp) verify(log *Log, issuerKey [sha256.Size]byte, tbs []byte) error {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(tbs)+len(t.extensions)+64))
	b.AddUint8(0) // version 1
	b.AddUint8(0) // certificate_timestamp
	b.AddUint64(t.millis)
	b.AddUint16(1) // precert_entry
	b.AddBytes(issuerKey[:])
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(tbs) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(t.extensions) })
	message, err := b.Bytes()
	if err != nil {
		return err
	}
	digest := sha256.Sum256(message)
	key, err := x509.ParsePKIXPublicKey(log.Key)
	if err != nil {
		return fmt.Errorf("the key of %s cannot be read", log.name())
	}
	const ecdsaSHA256, rsaSHA256 = 0x0403, 0x0401
	holds := false
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		holds = t.algorithm == ecdsaSHA256 && key.Curve == elliptic.P256() && ecdsa.VerifyASN1(key, digest[:], t.signature)
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		holds = t.algorithm == rsaSHA256 && bits >= minRSA && bits <= maxRSA &&
			rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.signature) == nil
	}
	if !holds {
		return fmt.Errorf("the signature of %s does not hold", log.name())
	}
	return nil
}

func (t *timestamp) day() string { return t.time.UTC().Format(time.DateOnly) }

func (l *Log) name() string {
	return fmt.Sprintf("the one of %q", nameOr(l.Description, l.Operator))
}

// precertificate takes the timestamps out of the part of a certificate that its issuer
// signs, as logs have signed it (RFC 6962, section 3.2). Nothing else changes but lengths.
func precertificate(tbs []byte) ([]byte, error) {
	bad := errors.New("it is not encoded as DER")
	input := cryptobyte.String(tbs)
	var fields cryptobyte.String
	if !input.ReadASN1(&fields, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, bad
	}
	tag := cbasn1.Tag(3).Constructed().ContextSpecific()
	var before []byte
	for !fields.Empty() && !fields.PeekASN1Tag(tag) {
		var field cryptobyte.String
		var t cbasn1.Tag
		if !fields.ReadAnyASN1Element(&field, &t) {
			return nil, bad
		}
		before = append(before, field...)
	}
	var explicit, list cryptobyte.String
	if !fields.ReadASN1(&explicit, tag) || !fields.Empty() || !explicit.ReadASN1(&list, cbasn1.SEQUENCE) || !explicit.Empty() {
		return nil, bad
	}
	var kept []byte
	for !list.Empty() {
		var element cryptobyte.String
		var id asn1.ObjectIdentifier
		if !list.ReadASN1Element(&element, cbasn1.SEQUENCE) {
			return nil, bad
		}
		extension := element
		if !extension.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&id) {
			return nil, bad
		}
		if !id.Equal(oidTimestamps) {
			kept = append(kept, element...)
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(before)
		b.AddASN1(tag, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(kept) })
		})
	})
	return b.Bytes()
}
