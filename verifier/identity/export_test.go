package identity

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"
)

var (
	IsPublicSuffix = isPublicSuffix
	ReadLogs       = readLogs
	BoundRoots     = bound
)

// Suffixes returns the rules of the Public Suffix List.
func Suffixes() []string { return slices.Collect(lines(suffixes)) }

// Path holds certificates against anchors whatever they name, and returns the path.
func (a *Anchors) Path(certs []*x509.Certificate, at time.Time) ([]*x509.Certificate, time.Time, error) {
	return a.path(certs, at)
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
