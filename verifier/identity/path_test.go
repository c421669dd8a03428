package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"testing"

	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// TestPaths has what must not be taken for a fault.
func TestPaths(t *testing.T) {
	a, old := verifiertest.NewAuthority(t), verifiertest.NewAuthority(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// the old root signs for the new one
	cross := verifiertest.NewCAWithKey(t, old.Root, "Example Root", a.Root.Key)
	bothRoots := func(a *identity.Anchors) { a.Roots = append(a.Roots, old.Anchors().Roots...) }
	tiled := verifiertest.NewCTLog(t, "Operator D")
	tiled.Extensions = []byte{0, 0, 5, 0, 0, 0, 1, 2} // leaf_index of static-ct-api
	rsaLog := verifiertest.NewCTLogWithKey(t, "Operator C", rsaKey)
	byRSA := verifiertest.NewCAWithKey(t, a.Root, "RSA", rsaKey)
	by521 := verifiertest.NewCAWithKey(t, a.Root, "P-521", p521)
	college := func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"college.example"} }
	otherHands := identity.Log{Key: a.Logs[0].Key, Operator: "Operator B", NotAfter: day("2021-02-01")}
	by := func(chain ...*ca) func(*issue) {
		return func(i *issue) { i.By, i.Above = chain[0], chain }
	}
	above := func(chain ...*ca) func(*issue) { return func(i *issue) { i.Above = chain } }
	for name, test := range map[string]struct {
		change  func(*issue)
		trusted func(*identity.Anchors)
	}{
		"issued by the root itself": {change: func(i *issue) { i.By, i.Above = a.Root, nil }},
		"two authorities between":   {change: by(verifiertest.NewCA(t, a.Intermediate, "Below"), a.Intermediate)},
		"RSA":                       {change: by(byRSA)},
		"RSA-PSS": {change: func(i *issue) {
			i.By, i.Above = byRSA, []*ca{byRSA}
			i.Leaf.SignatureAlgorithm = x509.SHA384WithRSAPSS
		}},
		"P-521":                   {change: by(by521)},
		"name constraints met":    {change: by(verifiertest.NewCA(t, a.Root, "College", college))},
		"the root comes along":    {change: above(a.Intermediate, a.Root)},
		"to the old root":         {change: above(a.Intermediate, cross), trusted: func(a *identity.Anchors) { a.Roots = old.Anchors().Roots }},
		"to either root":          {change: above(a.Intermediate, cross), trusted: bothRoots},
		"the old root is unknown": {change: above(a.Intermediate, cross)},
		"the other root was removed before": {change: above(a.Intermediate, cross), trusted: func(a *identity.Anchors) {
			bothRoots(a)
			a.Roots[0].NotAfter = day("2021-01-01")
		}},
		"the root was removed the day after": {trusted: func(a *identity.Anchors) { a.Roots[0].NotAfter = day("2021-03-02") }},
		"a log was retired the day after":    {trusted: func(a *identity.Anchors) { a.Logs[0].NotAfter = day("2021-03-02") }},
		"a log changed hands":                {trusted: func(a *identity.Anchors) { a.Logs = append([]identity.Log{otherHands}, a.Logs...) }},
		"a log with an RSA key": {change: func(i *issue) {
			i.Logs = []*verifiertest.CTLog{a.Logs[0], rsaLog}
		}, trusted: func(a *identity.Anchors) { a.Logs = append(a.Logs, rsaLog.Log) }},
		"an extension behind the timestamps": {change: func(i *issue) {
			i.Leaf.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 1}, Value: make([]byte, 200)}}
		}},
		"a log that serves tiles": {change: func(i *issue) {
			i.Logs = []*verifiertest.CTLog{a.Logs[0], tiled}
		}, trusted: func(a *identity.Anchors) { a.Logs = append(a.Logs, tiled.Log) }},
		"one more timestamp, unknown": {change: func(i *issue) { i.Logs = append(i.Logs, old.Logs[0]) }},
		"one more timestamp, forged": {change: func(i *issue) {
			i.Logs = append(i.Logs, a.Logs[0])
			i.Damage = func(n int, sct []byte) []byte {
				sct[40] ^= byte(n / 2)
				return sct
			}
		}},
		"one more timestamp, forged and of the day before": {change: func(i *issue) {
			i.Logs = append(i.Logs, a.Logs[0])
			i.Damage = func(n int, sct []byte) []byte {
				if n == 2 {
					binary.BigEndian.PutUint64(sct[33:], uint64(from.AddDate(0, 0, -1).UnixMilli())) //nolint:gosec // of this century
				}
				return sct
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			evidence := a.Evidence(t, named("college.example"), from, until, func(i *issue) {
				if test.change != nil {
					test.change(i)
				}
			})
			anchors := a.Anchors()
			if test.trusted != nil {
				test.trusted(anchors)
			}
			got, err := anchors.Check(identity.KindX509, evidence, key, during)
			if err != nil || len(got) != 1 || got[0].Domain != "college.example" || !got[0].Since.Equal(from) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestTimes has the bounds of times, which are part of them.
func TestTimes(t *testing.T) {
	a := verifiertest.NewAuthority(t)
	evidence := a.Evidence(t, named("college.example"), from, until, func(i *issue) { i.Logged = day("2021-03-02") })
	for at, want := range map[string]bool{
		"2021-02-28": false, "2021-03-01": false, "2021-03-02": true, "2021-05-30": true, "2021-05-31": false,
	} {
		if _, err := a.Anchors().Check(identity.KindX509, evidence, key, day(at)); (err == nil) != want {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	a := verifiertest.NewAuthority(b)
	anchors := a.Anchors()
	anchors.Roots = append(anchors.Roots, identity.BuiltIn().Roots...)
	anchors.Logs = append(anchors.Logs, identity.BuiltIn().Logs...)
	evidence := a.Evidence(b, named("college.example"), from, until)
	for b.Loop() {
		if _, err := anchors.Check(identity.KindX509, evidence, key, during); err != nil {
			b.Fatal(err)
		}
	}
}
