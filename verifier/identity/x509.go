package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits of evidence of kind x509.
const (
	maxEvidence     = 16384
	maxCertificates = 5
	minRSA, maxRSA  = 2048, 8192 // bits of the keys of authorities
)

// checkX509 reads DER certificates, one after the other: the one with the name first, then
// each issuer of the one before. A beginning of them leads to a root.
func (a *Anchors) checkX509(evidence []byte, address [20]byte, at time.Time) ([]Named, error) {
	if at.IsZero() {
		return nil, errors.New("the time in question is not known")
	}
	certs, err := parseCertificates(evidence)
	if err != nil {
		return nil, err
	}
	leaf := certs[0]
	named, err := namesIn(leaf, address)
	if err != nil {
		return nil, err
	}
	p, since, err := a.path(certs, at)
	if err != nil {
		return nil, err
	}
	notBefore, notAfter := leaf.NotBefore, leaf.NotAfter
	for _, c := range p[1:] {
		notBefore, notAfter = later(notBefore, c.NotBefore), earlier(notAfter, c.NotAfter)
	}
	by := fmt.Sprintf("a certificate of %q, logged %s", nameOf(p[1]), since.UTC().Format(time.DateOnly))
	for i := range named {
		named[i].Since, named[i].NotBefore, named[i].NotAfter, named[i].By = since, notBefore, notAfter, by
	}
	return named, nil
}

// path returns a beginning of certs with a root at the end, which is valid at a time, and
// since when the first of them has been on record.
func (a *Anchors) path(certs []*x509.Certificate, at time.Time) (chain []*x509.Certificate, since time.Time, err error) {
	if err := checkForms(certs); err != nil {
		return nil, time.Time{}, err
	}
	chains, bounds, err := a.chains(certs, at)
	if err != nil {
		return nil, time.Time{}, err
	}
	for i, chain := range chains {
		if since, err = a.logged(certs[0], chain[1], bounds[i], at); err == nil {
			return chain, since, nil
		}
	}
	return nil, time.Time{}, err
}

func parseCertificates(evidence []byte) (certs []*x509.Certificate, err error) {
	if len(evidence) > maxEvidence {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(evidence), maxEvidence)
	}
	for rest := cryptobyte.String(evidence); !rest.Empty(); {
		var der cryptobyte.String
		if !rest.ReadASN1Element(&der, cbasn1.SEQUENCE) {
			return nil, fmt.Errorf("what follows certificate %d is not a certificate", len(certs))
		}
		if len(certs) == maxCertificates {
			return nil, fmt.Errorf("it holds more than %d certificates", maxCertificates)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read", len(certs)+1)
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, errors.New("it holds no certificate")
	}
	return certs, nil
}

// namesIn returns the names of a certificate that count, of which nothing but domain and
// chain is known yet.
func namesIn(c *x509.Certificate, address [20]byte) (named []Named, err error) {
	for _, name := range c.DNSNames {
		n := Named{}
		var why error
		n.Domain, n.Chain, why = parseCertificateName(name, address)
		switch {
		case why == nil && !slices.Contains(named, n):
			named = append(named, n)
		case why != nil && (err == nil || errors.Is(err, errOtherName)):
			err = why // the first that says something
		}
	}
	switch {
	case len(named) > 0:
		return named, nil
	case len(c.DNSNames) == 0:
		return nil, errors.New("the certificate has no DNS name (a common name, addresses and the like do not count)")
	case errors.Is(err, errOtherName):
		return nil, fmt.Errorf("no name of the certificate is <40 hexadecimal digits of the address>.%s.<domain>", nameMark)
	}
	return nil, fmt.Errorf("the certificate does not name the key: %w", err)
}

// oidPrecertificateSigning marks the keys that sign nothing but precertificates (RFC 6962,
// section 3.1).
var oidPrecertificateSigning = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 4}

// checkForms holds certificates against what does not depend on trust: order, algorithms,
// and the size of keys, before a signature is computed with them.
func checkForms(certs []*x509.Certificate) error {
	for i, c := range certs {
		switch c.SignatureAlgorithm {
		case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
			x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		default:
			return fmt.Errorf("the certificate of %q is signed with %s, which does not count", nameOf(c), algorithm(c.SignatureAlgorithm))
		}
		if i == 0 {
			if bytes.Equal(c.RawIssuer, c.RawSubject) {
				return errors.New("the certificate is self-signed")
			}
			continue
		}
		if !bytes.Equal(c.RawSubject, certs[i-1].RawIssuer) {
			return fmt.Errorf("certificate %d is of %q, not of %q, who issued the one before", i+1, nameOf(c),
				nameOr("", certs[i-1].Issuer.String()))
		}
		if !c.BasicConstraintsValid || !c.IsCA || c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0 {
			return fmt.Errorf("%q, which issued a certificate, is no authority", nameOf(c))
		}
		if err := checkKey(c); err != nil {
			return err
		}
		if slices.ContainsFunc(c.UnknownExtKeyUsage, oidPrecertificateSigning.Equal) {
			return fmt.Errorf("the key of %q is for precertificates only", nameOf(c))
		}
	}
	return nil
}

// checkKey bounds the key of an authority, as the rules of the CA/Browser Forum do.
func checkKey(c *x509.Certificate) error {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return fmt.Errorf("the RSA key of %q has %d bits, not %d to %d", nameOf(c), bits, minRSA, maxRSA)
		}
		return nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
	}
	return fmt.Errorf("the key of %q is neither RSA nor ECDSA on P-256, P-384 or P-521", nameOf(c))
}

func algorithm(a x509.SignatureAlgorithm) string {
	if a == x509.UnknownSignatureAlgorithm {
		return "an unknown algorithm"
	}
	return a.String()
}

// chains returns the valid chains of a beginning of certs and a root, at least one, and with
// each the bound of its root.
func (a *Anchors) chains(certs []*x509.Certificate, at time.Time) (chains [][]*x509.Certificate, bounds []time.Time, err error) {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	bound := make(map[string]time.Time)
	for _, r := range a.Roots {
		if !slices.ContainsFunc(certs, func(c *x509.Certificate) bool { return bytes.Contains(r.Certificate, c.RawIssuer) }) {
			continue // most are not even parsed
		}
		c, err := x509.ParseCertificate(r.Certificate)
		if err != nil {
			return nil, nil, errors.New("a root certificate that is trusted cannot be read")
		}
		if checkKey(c) != nil {
			continue
		}
		roots.AddCert(c)
		if b := bound[string(c.Raw)]; b.IsZero() || !r.NotAfter.IsZero() && r.NotAfter.Before(b) {
			bound[string(c.Raw)] = r.NotAfter
		}
	}
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	all, err := certs[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return nil, nil, explain(err, certs, at)
	}
	for _, chain := range all {
		n := len(chain) - 1
		if n >= 1 && n <= len(certs) && slices.EqualFunc(chain[:n], certs[:n], (*x509.Certificate).Equal) {
			chains, bounds = append(chains, chain), append(bounds, bound[string(chain[n].Raw)])
		}
	}
	if len(chains) == 0 {
		return nil, nil, errors.New("the certificates do not stand in the order of the path to a trusted root")
	}
	return chains, bounds, nil
}

// explain turns what crypto/x509 found into plain words.
func explain(err error, certs []*x509.Certificate, at time.Time) error {
	var unhandled x509.UnhandledCriticalExtension
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unhandled):
		return errors.New("a certificate has a critical extension that this verifier does not know, as precertificates have")
	case !errors.As(err, &invalid):
		last := certs[len(certs)-1].Issuer
		return fmt.Errorf("the certificate does not lead to a trusted root (the path ends at %q)", nameOr(last.CommonName, last.String()))
	}
	c, who := invalid.Cert, nameOf(invalid.Cert)
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	switch invalid.Reason {
	case x509.Expired:
		if at.Before(c.NotBefore) {
			return fmt.Errorf("the certificate of %q was not yet valid on %s: it is from %s on", who, day(at), day(c.NotBefore))
		}
		return fmt.Errorf("the certificate of %q had run out on %s: it was valid until %s", who, day(at), day(c.NotAfter))
	case x509.CANotAuthorizedForThisName, x509.UnconstrainedName, x509.TooManyConstraints, x509.NameConstraintsWithoutSANs:
		return fmt.Errorf("an authority in the path may not issue certificates for a name in the certificate of %q", who)
	case x509.IncompatibleUsage, x509.CANotAuthorizedForExtKeyUsage:
		return errors.New("the certificate, or one in its path, is not for web servers")
	case x509.TooManyIntermediates:
		return fmt.Errorf("%q may not have so many authorities below it", who)
	}
	return fmt.Errorf("the path from the certificate of %q to a root does not keep the policies in it", who)
}

// nameOf returns what people call the subject of a certificate: the organization, and the
// common name unless one is in the other.
func nameOf(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if len(c.Subject.Organization) > 0 && !strings.Contains(name, c.Subject.Organization[0]) {
		name = strings.TrimSpace(c.Subject.Organization[0] + " " + name)
	}
	if name == "" && len(c.DNSNames) > 0 {
		return c.DNSNames[0] // authorities of the web leave the subject empty
	}
	return nameOr(name, c.Subject.String())
}

// nameOr returns a name, or another one if it is empty, cut where it is longer than names are:
// anyone may have written it.
func nameOr(name, otherwise string) string {
	const longest = 100 // characters
	if name == "" {
		name = otherwise
	}
	if r := []rune(name); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return name
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
