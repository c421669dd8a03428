package verifier_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/hallmark-node/hallmark/internal/dnstest"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// zones returns a signed tree that is valid around the anchor's time, and makes its root
// zone's key the only one of the trust store.
func (n *named) zones(before, after time.Duration) *dnstest.Tree {
	anchored := time.Unix(issuedAt+300, 0)
	tree := dnstest.New(n.world.TB, dns.ED25519, anchored.Add(-before), anchored.Add(after))
	ds := tree.DS(".")[0].(*dns.DS)
	digest, err := hex.DecodeString(ds.Digest)
	if err != nil {
		n.world.TB.Fatal(err)
	}
	n.trust.Authorities.ZoneKeys = []verifier.TrustedZoneKey{{
		KeyTag: ds.KeyTag, Algorithm: ds.Algorithm, DigestType: ds.DigestType, Digest: digest,
	}}
	tree.Add("example", dns.ECDSAP256SHA256)
	for _, name := range []string{"uni.example", "evil.example"} {
		tree.Add(name, dns.ED25519).Add(n.world.TB,
			"_hallmark."+name+`. 3600 IN TXT "`+identity.TXTValue(n.proof.Submission.Issuer, 0)+`"`)
	}
	return tree
}

func (n *named) records(tree *dnstest.Tree, domain string) []byte {
	return dnstest.Pack(n.world.TB, tree.Chain("_hallmark."+domain, dns.TypeTXT))
}

// A domain that signed DNS records for the key, of which the signatures have long run out.
func TestDNSSECEvidence(t *testing.T) {
	n := newNamed(t, badge)
	n.submit("dnssec", n.records(n.zones(10*day, day), "uni.example"))
	n.now = n.now.Add(20 * day)
	r := n.verify()
	expect(t, r, verifier.Valid, nil)
	if r.IssuerBy != verifier.ByDNSSEC || r.IssuerDomain != "uni.example" || !r.IssuerSince.Equal(time.Unix(issuedAt+300, 0).Add(-10*day)) {
		t.Errorf("%s %s %s", r.IssuerBy, r.IssuerDomain, r.IssuerSince)
	}
}

func TestDNSSECForgers(t *testing.T) {
	for name, do := range map[string]func(n *named){
		"own domain":                       func(n *named) { n.submit("dnssec", n.records(n.zones(day, day), "evil.example")) },
		"run out when it was anchored":     func(n *named) { n.submit("dnssec", n.records(n.zones(3*day, -day), "uni.example")) },
		"not yet valid when it was":        func(n *named) { n.submit("dnssec", n.records(n.zones(-day, 3*day), "uni.example")) },
		"a certificate that is called DNS": func(n *named) { n.submit("dnssec", n.certificate("uni.example", day, day)) },
		"a root zone of the forger's own": func(n *named) {
			own := n.zones(day, day)
			n.zones(day, day)
			n.submit("dnssec", n.records(own, "uni.example"))
		},
		"under the shipped keys": func(n *named) {
			tree := n.zones(day, day)
			n.trust.Authorities.ZoneKeys = nil
			n.submit("dnssec", n.records(tree, "uni.example"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNamed(t, badge)
			do(n)
			expect(t, n.verify(), verifier.VerdictUnknown, map[verifier.Check]verifier.Result{verifier.CheckIssuer: verifier.Unknown})
		})
	}
}
