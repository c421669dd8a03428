package verifiertest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/identity"
)

// Authority stands in for the web's certificate authorities and the logs of Certificate
// Transparency. Its certificates are valid from 2020 to 2050.
type Authority struct {
	Root         *CA
	Intermediate *CA // issues, unless a test says otherwise
	Logs         []*CTLog
}

// NewAuthority returns an authority with one intermediate, and two logs of two operators.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{Logs: []*CTLog{NewCTLog(t, "Operator A"), NewCTLog(t, "Operator B")}}
	a.Root = NewCA(t, nil, "Example Root")
	a.Intermediate = NewCA(t, a.Root, "Example CA 1")
	return a
}

// Anchors returns what trusts the root and the logs.
func (a *Authority) Anchors() *identity.Anchors {
	trusted := &identity.Anchors{Roots: []identity.Root{{Certificate: a.Root.Certificate.Raw}}}
	for _, l := range a.Logs {
		trusted.Logs = append(trusted.Logs, l.Log)
	}
	return trusted
}

// CA is a certificate that issues others.
type CA struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// NewCA returns a CA with a key on P-256, issued by another; nil: by itself. Changes apply to
// the certificate before it is signed.
func NewCA(t testing.TB, by *CA, name string, changes ...func(*x509.Certificate)) *CA {
	t.Helper()
	return NewCAWithKey(t, by, name, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), changes...)
}

// NewCAWithKey is [NewCA] with a key of the test's own.
func NewCAWithKey(t testing.TB, by *CA, name string, key crypto.Signer, changes ...func(*x509.Certificate)) *CA {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{Organization: []string{"Example"}, CommonName: name},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	for _, change := range changes {
		change(template)
	}
	if by == nil {
		by = &CA{template, key}
	}
	return &CA{by.issue(t, template, key.Public()), key}
}

func (ca *CA) issue(t testing.TB, template *x509.Certificate, key any) *x509.Certificate {
	t.Helper()
	der := must(x509.CreateCertificate(rand.Reader, template, ca.Certificate, key, ca.Key))(t)
	return must(x509.ParseCertificate(der))(t)
}

// CTLog is a log with its secret key. It keeps nothing.
type CTLog struct {
	identity.Log
	Secret     crypto.Signer
	Extensions []byte        // of its timestamps; a log that serves tiles puts the place of the entry there
	Delay      time.Duration // of its timestamps after [Issue.Logged]
}

// NewCTLog returns a log with a key on P-256.
func NewCTLog(t testing.TB, operator string) *CTLog {
	t.Helper()
	return NewCTLogWithKey(t, operator, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t))
}

// NewCTLogWithKey is [NewCTLog] with a key of the test's own.
func NewCTLogWithKey(t testing.TB, operator string, key crypto.Signer) *CTLog {
	t.Helper()
	spki := must(x509.MarshalPKIXPublicKey(key.Public()))(t)
	return &CTLog{Log: identity.Log{Key: spki, Operator: operator, Description: "log of " + operator}, Secret: key}
}

// Timestamp returns a signed certificate timestamp (RFC 6962, section 3.2) of version 1 over a
// TBSCertificate without timestamps. issuer is the one whose key the log takes for the
// issuer's. The log uses ECDSA, or RSA, with SHA-256.
func (l *CTLog) Timestamp(t testing.TB, tbs []byte, issuer *x509.Certificate, at time.Time) []byte {
	t.Helper()
	millis := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli())) //nolint:gosec // of this century
	issuerKey := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	signed := append([]byte{0, 0}, millis...)
	signed = append(append(signed, 0, 1), issuerKey[:]...)
	signed = append(signed, byte(len(tbs)>>16), byte(len(tbs)>>8), byte(len(tbs)))
	signed = slices.Concat(signed, tbs, opaque(l.Extensions))
	digest := sha256.Sum256(signed)
	signature := must(l.Secret.Sign(rand.Reader, digest[:], crypto.SHA256))(t)
	algorithm := []byte{4, 3}
	if _, ok := l.Secret.(*ecdsa.PrivateKey); !ok {
		algorithm[1] = 1
	}
	id := sha256.Sum256(l.Key)
	return slices.Concat([]byte{0}, id[:], millis, opaque(l.Extensions), algorithm, opaque(signature))
}

// opaque puts the length before bytes, in two bytes.
func opaque(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) //nolint:gosec // short
}

// Issue is what an authority is about to issue; a test changes it for the fault that it wants.
type Issue struct {
	Leaf    *x509.Certificate // the template of the first certificate; its timestamps go before its ExtraExtensions
	By      *CA               // who signs it
	Above   []*CA             // whose certificates follow
	Logs    []*CTLog          // each adds a timestamp, in this order
	Logged  time.Time         // the time of these
	Precert *CA               // whom the logs take for the issuer; nil: By
	Damage  func(i int, timestamp []byte) []byte
	Tail    []byte // what comes after the certificates
}

// Evidence returns evidence of kind x509: a certificate for names, logged when it begins, and
// those above it but the root.
func (a *Authority) Evidence(t testing.TB, names []string, notBefore, notAfter time.Time, changes ...func(*Issue)) []byte {
	t.Helper()
	is := &Issue{
		Leaf: &x509.Certificate{
			SerialNumber: serial(t), NotBefore: notBefore, NotAfter: notAfter, DNSNames: names,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		},
		By: a.Intermediate, Above: []*CA{a.Intermediate}, Logs: a.Logs, Logged: notBefore,
	}
	for _, change := range changes {
		change(is)
	}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	if is.Precert == nil {
		is.Precert = is.By
	}
	if tbs := is.By.issue(t, is.Leaf, key.Public()).RawTBSCertificate; len(is.Logs) > 0 {
		var list []byte
		for i, l := range is.Logs {
			timestamp := l.Timestamp(t, tbs, is.Precert.Certificate, is.Logged.Add(l.Delay))
			if is.Damage != nil {
				timestamp = is.Damage(i, timestamp)
			}
			list = append(list, opaque(timestamp)...)
		}
		value := must(asn1.Marshal(opaque(list)))(t)
		is.Leaf.ExtraExtensions = append([]pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: value},
		}, is.Leaf.ExtraExtensions...)
	}
	evidence := bytes.Clone(is.By.issue(t, is.Leaf, key.Public()).Raw)
	for _, ca := range is.Above {
		evidence = append(evidence, ca.Certificate.Raw...)
	}
	return append(evidence, is.Tail...)
}

func serial(t testing.TB) *big.Int {
	t.Helper()
	return must(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)))(t)
}
