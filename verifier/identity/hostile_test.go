package identity_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

type (
	issue = verifiertest.Issue
	ca    = verifiertest.CA
)

// hostile is a case in which nothing is to be believed, and a piece of the reason.
type hostile struct {
	name    string
	names   []string // of the certificate; nil: the one that counts
	change  func(*issue)
	trusted func(*identity.Anchors)
	at      string // empty: in the life of the certificate
	want    string
}

func TestHostileCertificates(t *testing.T) {
	a := verifiertest.NewAuthority(t)
	stranger := verifiertest.NewAuthority(t)
	sub := func(name string, changes ...func(*x509.Certificate)) *ca {
		return verifiertest.NewCA(t, a.Root, name, changes...)
	}
	by := func(chain ...*ca) func(*issue) {
		return func(i *issue) { i.By, i.Above = chain[0], chain }
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Anchors().Check(identity.KindX509, a.Evidence(t, named("college.example"), from, until), key, during); err != nil {
		t.Fatalf("without a fault: %v", err)
	}
	constrained := sub("Only others", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"other.example"}
	})
	excluded := sub("Not this", func(c *x509.Certificate) { c.ExcludedDNSDomains = []string{"college.example"} })
	sameOperator := verifiertest.NewCTLog(t, "Operator A")

	name := func(s string) []string { return []string{s} }
	logs := func(l ...*verifiertest.CTLog) func(*issue) { return func(i *issue) { i.Logs = l } }
	damage := func(f func(sct []byte) []byte) func(*issue) {
		return func(i *issue) { i.Damage = func(_ int, sct []byte) []byte { return f(sct) } }
	}
	list := func(value []byte) func(*issue) {
		return func(i *issue) {
			i.Logs = nil
			i.Leaf.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: value}}
		}
	}
	cases := []hostile{
		// names
		{name: "wildcard for the key", names: name("*.hallmark.college.example"), want: "wildcard"},
		{name: "wildcard above", names: name("*.college.example"), want: "no name of the certificate is"},
		{name: "wrong label", names: name(keyHex + ".hallmarks.college.example"), want: "no name of the certificate is"},
		{name: "no label", names: name(keyHex + ".college.example"), want: "no name of the certificate is"},
		{name: "label of TXT records", names: name(keyHex + "._hallmark.college.example"), want: "no name of the certificate is"},
		{name: "a label deeper", names: name("x." + keyHex + ".hallmark.college.example"), want: "no name of the certificate is"},
		{name: "address of another", names: name(otherHex + ".hallmark.college.example"), want: "names another key"},
		{name: "upper-case digits", names: name(strings.ToUpper(keyHex) + ".hallmark.college.example"), want: "upper-case"},
		{name: "upper-case domain", names: name(keyHex + ".hallmark.College.example"), want: "upper-case"},
		{name: "0x before the address", names: name("0x" + keyHex + ".hallmark.college.example"), want: "40 hexadecimal digits"},
		{name: "address too short", names: name(keyHex[2:] + ".hallmark.college.example"), want: "40 hexadecimal digits"},
		{name: "address too long", names: name(keyHex + "00.hallmark.college.example"), want: "40 hexadecimal digits"},
		{name: "public suffix", names: name(keyHex + ".hallmark.co.uk"), want: "public suffix"},
		{name: "private suffix", names: name(keyHex + ".hallmark.github.io"), want: "public suffix"},
		{name: "suffix by wildcard", names: name(keyHex + ".hallmark.any.ck"), want: "public suffix"},
		{name: "top-level domain", names: name(keyHex + ".hallmark.example"), want: "public suffix"},
		{name: "no domain", names: name(keyHex + ".hallmark"), want: "is not a domain"},
		{name: "domain is an address", names: name(keyHex + ".hallmark.192.0.2.1"), want: "is not a domain"},
		{name: "underscore in the domain", names: name(keyHex + ".hallmark.a_b.example"), want: "is not a domain"},
		{name: "label of 64 bytes", names: name(keyHex + ".hallmark." + strings.Repeat("a", 64) + ".example"), want: "is not a domain"},
		{name: "name of 254 bytes", names: name(keyHex + ".hallmark." + strings.Repeat("a.", 99) + "example"), want: "too long"},
		{name: "name of 12,000 bytes", names: name("*.hallmark." + strings.Repeat("a.", 6000) + "example"), want: "too long"},
		{name: "issuer of a long name", change: func(i *issue) {
			i.By = verifiertest.NewCA(t, nil, strings.Repeat("\x01", 2500))
			i.Above = nil
		}, want: "does not lead to a trusted root"},
		{name: "broken A-label", names: name(keyHex + ".hallmark.xn--a.example"), want: "no internationalised name"},
		{name: "chain 0", names: name(keyHex + ".eip155-0.hallmark.college.example"), want: "no number of a chain"},
		{name: "chain with a leading zero", names: name(keyHex + ".eip155-01.hallmark.college.example"), want: "no number of a chain"},
		{name: "chain with a sign", names: name(keyHex + ".eip155-+1.hallmark.college.example"), want: "no number of a chain"},
		{
			name: "chain beyond 64 bits", names: name(keyHex + ".eip155-18446744073709551616.hallmark.college.example"),
			want: "no number of a chain",
		},
		{name: "chain in CAIP-2", names: name(keyHex + ".eip155:1.hallmark.college.example"), want: "no name of the certificate is"},
		{name: "chain without the label", names: name(keyHex + ".eip155-1.college.example"), want: "no name of the certificate is"},
		{
			name: "common name only", names: []string{},
			change: func(i *issue) { i.Leaf.Subject.CommonName = keyHex + ".hallmark.college.example" }, want: "has no DNS name",
		},
		{
			name: "addresses only", names: []string{},
			change: func(i *issue) { i.Leaf.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} }, want: "has no DNS name",
		},
		{
			name: "URI and e-mail only", names: []string{},
			change: func(i *issue) { i.Leaf.EmailAddresses = []string{"a@" + keyHex + ".hallmark.college.example"} }, want: "has no DNS name",
		},

		// dates
		{name: "run out at the time", at: "2021-06-01", want: "had run out on 2021-06-01: it was valid until 2021-05-30"},
		{name: "not yet valid", at: "2021-02-01", want: "was not yet valid on 2021-02-01"},
		{
			name:   "issuer had run out",
			change: by(sub("Old", func(c *x509.Certificate) { c.NotAfter = day("2021-03-15") })), want: `"Example Old" had run out`,
		},
		{
			name:   "issuer not yet valid",
			change: by(sub("New", func(c *x509.Certificate) { c.NotBefore = day("2021-04-15") })), want: `"Example New" was not yet valid`,
		},
		{name: "time not known", at: "0001-01-01", want: "time in question"},

		// path
		{name: "root is not trusted", trusted: func(a *identity.Anchors) { a.Roots = nil }, want: "does not lead to a trusted root"},
		{
			name:    "another root of the same name",
			trusted: func(a *identity.Anchors) { a.Roots = stranger.Anchors().Roots }, want: "does not lead to a trusted root",
		},
		{
			name: "root was removed before it was logged", trusted: func(a *identity.Anchors) { a.Roots[0].NotAfter = day("2021-02-28") },
			want: "when the root was no longer trusted",
		},
		{name: "issuer is missing", change: func(i *issue) { i.Above = nil }, want: "does not lead to a trusted root"},
		{
			name:   "issuer of the same name",
			change: func(i *issue) { i.Above = []*ca{stranger.Intermediate} }, want: "does not lead to a trusted root",
		},
		{name: "wrong order", change: func(i *issue) { i.Above = []*ca{a.Root, a.Intermediate} }, want: "not of"},
		{name: "a stranger's certificate between", change: func(i *issue) { i.Above = []*ca{constrained, a.Intermediate} }, want: "not of"},
		{
			name:   "issuer is no authority",
			change: by(sub("Leaf", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = false, true })), want: "is no authority",
		},
		{
			name:   "issuer may not sign certificates",
			change: by(sub("Other use", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })), want: "is no authority",
		},
		{name: "too deep", change: func(i *issue) {
			flat := sub("Flat", func(c *x509.Certificate) { c.MaxPathLenZero = true })
			i.By = verifiertest.NewCA(t, flat, "Below flat")
			i.Above = []*ca{i.By, flat}
		}, want: "may not have so many authorities below it"},
		{name: "name constraints, permitted", change: by(constrained), want: "may not issue certificates for a name"},
		{name: "name constraints, excluded", change: by(excluded), want: "may not issue certificates for a name"},
		{
			name: "name constraints, by another name", names: []string{keyHex + ".hallmark.college.example", "a.evil.example"},
			change: by(sub("College", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"college.example"} })),
			want:   "may not issue certificates for a name",
		},
		{
			name:   "for clients",
			change: func(i *issue) { i.Leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, want: "not for web servers",
		},
		{
			name:   "issuer for e-mail",
			change: by(sub("Mail", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })),
			want:   "not for web servers",
		},
		{name: "precertificate", change: func(i *issue) {
			poison := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 3}
			i.Leaf.ExtraExtensions = []pkix.Extension{{Id: poison, Critical: true, Value: []byte{5, 0}}}
		}, want: "critical extension"},
		{name: "signed by a key for precertificates", change: by(sub("Precert", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 11129, 2, 4, 4}}
		})), want: "for precertificates only"},
		{name: "self-signed", change: func(i *issue) {
			i.By = verifiertest.NewCA(t, nil, "")
			i.By.Certificate.RawSubject, i.Above = i.By.Certificate.RawIssuer, nil
			i.Leaf.Subject = i.By.Certificate.Subject
		}, want: "self-signed"},

		// keys and algorithms
		{name: "SHA-1", change: func(i *issue) { i.Leaf.SignatureAlgorithm = x509.ECDSAWithSHA1 }, want: "SHA1"},
		{name: "Ed25519", change: by(verifiertest.NewCAWithKey(t, a.Root, "Ed25519", ed)), want: "signed with Ed25519"},
		{name: "P-224", change: by(verifiertest.NewCAWithKey(t, a.Root, "P-224", p224)), want: "neither RSA nor ECDSA on P-256"},
		{name: "RSA of 1024 bits", change: by(verifiertest.NewCAWithKey(t, a.Root, "Small", small)), want: "has 1024 bits"},

		// bytes
		{name: "bytes behind", change: func(i *issue) { i.Tail = []byte{0} }, want: "what follows certificate 2 is not a certificate"},
		{name: "a sequence behind", change: func(i *issue) { i.Tail = []byte{0x30, 0} }, want: "certificate 3 cannot be read"},
		{name: "too many certificates", change: func(i *issue) {
			i.Above = []*ca{a.Intermediate, a.Root, a.Root, a.Root, a.Root}
		}, want: "more than 5 certificates"},
		{name: "too long", change: func(i *issue) { i.Tail = make([]byte, 16384) }, want: "more than 16384"},

		// timestamps
		{name: "no timestamps", change: logs(), want: "holds no timestamps"},
		{name: "one log", change: logs(a.Logs[0]), want: `those of "Operator A" alone do`},
		{name: "one log twice", change: logs(a.Logs[0], a.Logs[0]), want: `those of "Operator A" alone do`},
		{name: "two logs of one operator", change: func(i *issue) {
			i.Logs = []*verifiertest.CTLog{a.Logs[0], sameOperator}
		}, trusted: func(a *identity.Anchors) { a.Logs = append(a.Logs, sameOperator.Log) }, want: `those of "Operator A" alone do`},
		{name: "one log in two hands", change: func(i *issue) {
			again := *a.Logs[0]
			again.Delay = 48 * time.Hour
			i.Logs = []*verifiertest.CTLog{a.Logs[0], &again}
		}, trusted: func(anchors *identity.Anchors) {
			next := anchors.Logs[0]
			next.Operator, next.NotBefore = "Operator C", day("2021-03-02")
			anchors.Logs[0].NotAfter = day("2021-03-02")
			anchors.Logs = append(anchors.Logs, next)
		}, want: `those of "Operator A" alone do`},
		{name: "unknown logs", change: logs(stranger.Logs...), want: "of no log that is known"},
		{name: "one unknown log", change: logs(a.Logs[0], stranger.Logs[1]), want: "of no log that is known"},
		{name: "forged", change: damage(func(sct []byte) []byte { sct[len(sct)-1] ^= 1; return sct }), want: "does not hold"},
		{name: "time changed", change: damage(func(sct []byte) []byte { sct[40] ^= 1; return sct }), want: "does not hold"},
		{name: "one forged", change: func(i *issue) {
			i.Damage = func(n int, sct []byte) []byte { sct[40] ^= byte(n); return sct }
		}, want: `those of "Operator A" alone do (the signature of the one of "log of Operator B" does not hold)`},
		{name: "from the future", change: func(i *issue) { i.Logged = day("2021-04-02") }, want: "after the time in question"},
		{
			name:    "log was retired",
			trusted: func(a *identity.Anchors) { a.Logs[0].NotAfter = day("2021-02-28") }, want: "when the log was not in use",
		},
		{
			name:    "log had not begun",
			trusted: func(a *identity.Anchors) { a.Logs[1].NotBefore = day("2021-03-02") }, want: "when the log was not in use",
		},
		{name: "for another issuer", change: func(i *issue) { i.Precert = a.Root }, want: "does not hold"},
		{name: "of another certificate", change: func(i *issue) {
			var others [][]byte
			a.Evidence(t, named("other.example"), from, until, func(i *issue) {
				i.Damage = func(_ int, sct []byte) []byte { others = append(others, sct); return sct }
			})
			i.Damage = func(n int, _ []byte) []byte { return others[n] }
		}, want: "does not hold"},
		{name: "version 2", change: damage(func(sct []byte) []byte { sct[0] = 1; return sct }), want: "and none does"},
		{name: "algorithm changed", change: damage(func(sct []byte) []byte { sct[44] = 1; return sct }), want: "does not hold"},
		{name: "extensions added", change: damage(func(sct []byte) []byte {
			return slices.Concat(sct[:41], []byte{0, 1, 7}, sct[43:])
		}), want: "does not hold"},
		{name: "bytes behind a timestamp", change: damage(func(sct []byte) []byte { return append(sct, 0) }), want: "cannot be read"},
		{name: "timestamp cut off", change: damage(func(sct []byte) []byte { return sct[:20] }), want: "cannot be read"},
		{name: "year 10000 and later", change: damage(func(sct []byte) []byte { sct[33] = 0xff; return sct }), want: "cannot be read"},
		{name: "list is no text of octets", change: list([]byte{5, 0}), want: "cannot be read"},
		{name: "empty list", change: list([]byte{4, 2, 0, 0}), want: "cannot be read"},
		{name: "bytes behind the list", change: list([]byte{4, 3, 0, 0, 0}), want: "cannot be read"},
		{name: "too many timestamps", change: func(i *issue) { i.Logs = slices.Repeat(a.Logs, 9) }, want: "more than 16 timestamps"},
		{name: "log key cannot be read", trusted: func(a *identity.Anchors) {
			a.Logs = []identity.Log{{Key: []byte("key"), Operator: "A"}, {Key: []byte("key 2"), Operator: "B"}}
		}, change: damage(func(sct []byte) []byte {
			id := sha256.Sum256([]byte("key"))
			return slices.Concat(sct[:1], id[:], sct[33:])
		}), want: "cannot be read"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			names, at := test.names, during
			if names == nil {
				names = named("college.example")
			}
			if test.at != "" {
				at = day(test.at)
			}
			evidence := a.Evidence(t, names, from, until, func(i *issue) {
				if test.change != nil {
					test.change(i)
				}
			})
			anchors := a.Anchors()
			if test.trusted != nil {
				test.trusted(anchors)
			}
			got, err := anchors.Check(identity.KindX509, evidence, key, at)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v, error %v; want %q", got, err, test.want)
			}
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("a reason of %d bytes", len(err.Error()))
			}
			if err != nil && strings.Contains(err.Error(), "x509:") {
				t.Errorf("these are the words of a library: %v", err)
			}
		})
	}
	if len(cases) < 80 {
		t.Errorf("%d cases", len(cases))
	}
}

var (
	from, until = day("2021-03-01"), day("2021-05-30")
	during      = time.Date(2021, 4, 1, 12, 0, 0, 0, time.UTC)
)

// named returns the name of a certificate that names the key for a domain.
func named(domain string) []string { return []string{keyHex + ".hallmark." + domain} }
