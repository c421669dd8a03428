package identity

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"time"
)

var (
	IsPublicSuffix = isPublicSuffix
	ReadLogs       = readLogs
	BoundRoots     = bound
	Precertificate = precertificate
)

// Suffixes returns the rules of the Public Suffix List.
func Suffixes() []string { return slices.Collect(lines(suffixes)) }

// Path holds certificates against anchors whatever they name, and returns the path.
func (a *Anchors) Path(certs []*x509.Certificate, at time.Time) ([]*x509.Certificate, time.Time, error) {
	return a.path(certs, at)
}

// ReadTimestamps returns how many timestamps the value of the extension holds.
func ReadTimestamps(value []byte) (int, error) {
	list, err := timestamps(&x509.Certificate{Extensions: []pkix.Extension{{Id: oidTimestamps, Value: value}}})
	return len(list), err
}

// CheckTimestamps checks the signatures of all timestamps in a certificate, which are a log's.
func CheckTimestamps(c, issuer *x509.Certificate, log *Log) error {
	list, err := timestamps(c)
	if err != nil {
		return err
	}
	tbs, err := precertificate(c.RawTBSCertificate)
	if err != nil {
		return err
	}
	for _, t := range list {
		if err := t.verify(log, sha256.Sum256(issuer.RawSubjectPublicKeyInfo), tbs); err != nil {
			return err
		}
	}
	return nil
}
