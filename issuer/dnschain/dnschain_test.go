package dnschain_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/hallmark-node/hallmark/internal/dnstest"
	"github.com/hallmark-node/hallmark/issuer/dnschain"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

var address = [20]byte{0xab, 0xcd, 19: 1}

func newTree(t *testing.T) *dnstest.Tree {
	now := time.Now().UTC().Truncate(time.Second)
	tree := dnstest.New(t, dns.RSASHA256, now.Add(-time.Hour), now.Add(24*time.Hour))
	tree.Add("example", dns.ECDSAP256SHA256)
	tree.Add("college.example", dns.ED25519).Add(t, `_hallmark.college.example. 3600 IN TXT "`+identity.TXTValue(address, 0)+`"`)
	tree.Add("host.test", dns.ED25519)
	tree.Add("test", dns.ED25519)
	return tree
}

func anchors(t *testing.T, tree *dnstest.Tree) *identity.Anchors {
	ds := tree.DS(".")[0].(*dns.DS)
	digest, err := hex.DecodeString(ds.Digest)
	if err != nil {
		t.Fatal(err)
	}
	return &identity.Anchors{ZoneKeys: []identity.ZoneKey{{
		KeyTag: ds.KeyTag, Algorithm: ds.Algorithm, DigestType: ds.DigestType, Digest: digest,
	}}}
}

func TestCapture(t *testing.T) {
	value := identity.TXTValue(address, 0)
	for _, c := range []struct {
		name, domain string
		chain        uint64
		prepare      func(*dnstest.Tree)
	}{
		{"a domain", "college.example", 0, func(*dnstest.Tree) {}},
		{"as people write it", "Bücher.College.example.", 0, func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `_hallmark.xn--bcher-kva.college.example. 60 IN TXT "`+value+`"`)
		}},
		{"for a chain", "college.example", 8453, func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `_hallmark.college.example. 3600 IN TXT "`+identity.TXTValue(address, 8453)+`"`)
		}},
		{"more than fits into a packet", "college.example", 0, func(tree *dnstest.Tree) {
			for range 40 {
				tree.Zone("college.example").Add(t, `_hallmark.college.example. 3600 IN TXT "`+rand.Text()+`"`)
			}
		}},
		{"from a wildcard", "arts.college.example", 0, func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `*.college.example. 3600 IN TXT "`+value+`"`)
		}},
		{"from a wildcard with hashed names", "arts.college.example", 0, func(tree *dnstest.Tree) {
			tree.Zone("college.example").NSEC3 = true
			tree.Zone("college.example").Add(t, `*.college.example. 3600 IN TXT "`+value+`"`)
		}},
		{"by an alias", "arts.college.example", 0, func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `_hallmark.arts.college.example. 3600 IN CNAME keys.HOST.test.`)
			tree.Zone("host.test").Add(t, `keys.host.test. 3600 IN TXT "`+value+`"`)
		}},
		{"by an alias of all names", "arts.college.example", 0, func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `arts.college.example. 3600 IN DNAME host.test.`)
			tree.Zone("host.test").Add(t, `_hallmark.host.test. 3600 IN TXT "`+value+`"`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := newTree(t)
			c.prepare(tree)
			resolver := dnstest.Listen(t, tree)
			evidence, err := dnschain.Capture(t.Context(), resolver, c.domain, address, c.chain)
			if err != nil {
				t.Fatal(err)
			}
			named, err := anchors(t, tree).Check(identity.KindDNSSEC, evidence, address, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(named, func(n identity.Named) bool { return n.Chain == c.chain }) {
				t.Errorf("named %v", named)
			}
			again, err := dnschain.Capture(t.Context(), resolver, c.domain, address, c.chain)
			if err != nil || len(again) != len(evidence) {
				t.Errorf("again: %d bytes, %v; before %d", len(again), err, len(evidence))
			}
		})
	}
}

// TestCaptureLeavesOutWhatDoesNotCount meets a zone that signs twice, and a resolver that
// says more than it was asked for.
func TestCaptureLeavesOutWhatDoesNotCount(t *testing.T) {
	tree := newTree(t)
	college := tree.Zone("college.example")
	resolver := dnstest.Listen(t, dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		tree.ServeDNS(edited{w, func(reply *dns.Msg) {
			for i, rr := range reply.Answer {
				sig, ok := rr.(*dns.RRSIG)
				if !ok {
					continue
				}
				other, expired := dns.Copy(sig).(*dns.RRSIG), dns.Copy(sig).(*dns.RRSIG)
				other.Algorithm = dns.ECDSAP384SHA384
				expired.Expiration = sig.Inception + 1
				reply.Answer = append([]dns.RR{other, expired}, slices.Insert(reply.Answer, i, tree.DS("test")...)...)
				break
			}
			slices.Reverse(reply.Answer)
		}}, question)
	}))
	evidence, err := dnschain.Capture(t.Context(), resolver, "college.example", address, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anchors(t, tree).Check(identity.KindDNSSEC, evidence, address, time.Now()); err != nil {
		t.Error(err)
	}
	want := dnstest.Pack(t, tree.Chain("_hallmark.college.example", dns.TypeTXT))
	if len(evidence) != len(want) || !bytes.Contains(evidence, dnstest.Pack(t, college.Set("_hallmark.college.example.", dns.TypeTXT))) {
		t.Errorf("%d bytes of evidence, %d are needed", len(evidence), len(want))
	}
}

// edited changes an answer before it is sent.
type edited struct {
	dns.ResponseWriter
	edit func(*dns.Msg)
}

func (e edited) WriteMsg(m *dns.Msg) error {
	e.edit(m)
	return e.ResponseWriter.WriteMsg(m)
}

func TestCaptureFails(t *testing.T) {
	answers := func(edit func(*dns.Msg)) func(*dnstest.Tree) dns.Handler {
		return func(tree *dnstest.Tree) dns.Handler {
			return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) { tree.ServeDNS(edited{w, edit}, question) })
		}
	}
	honest := func(prepare func(*dnstest.Tree)) func(*dnstest.Tree) dns.Handler {
		return func(tree *dnstest.Tree) dns.Handler {
			prepare(tree)
			return tree
		}
	}
	for _, c := range []struct {
		name, domain string
		handler      func(*dnstest.Tree) dns.Handler
		fault        string
	}{
		{"no domain", "", honest(func(*dnstest.Tree) {}), `"" is not a domain`},
		{"a domain that is too long", strings.Repeat("abcdefg.", 31), honest(func(*dnstest.Tree) {}), "is too long"},
		{"nothing published", "other.example", honest(func(*dnstest.Tree) {}), "there is no TXT record at _hallmark.other.example"},
		{"no such name", "college.example", answers(func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeNameError, nil }), "there is no record at"},
		{"another key", "other.example", honest(func(tree *dnstest.Tree) {
			tree.Zone("example").Add(t, `_hallmark.other.example. 60 IN TXT "hallmark=0x0000000000000000000000000000000000000001"`)
		}), "name others"},
		{"for another chain", "other.example", honest(func(tree *dnstest.Tree) {
			tree.Zone("example").Add(t, `_hallmark.other.example. 60 IN TXT "`+identity.TXTValue(address, 10)+`"`)
		}), `they name the key, but not as "hallmark=0xabcd`},
		{"a public suffix", "github.io", honest(func(tree *dnstest.Tree) {
			tree.Add("io", dns.ED25519).Add(t, `_hallmark.github.io. 60 IN TXT "`+identity.TXTValue(address, 0)+`"`)
		}), "is a public suffix"},
		{"no signatures", "college.example", answers(func(m *dns.Msg) {
			m.Answer = slices.DeleteFunc(m.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG })
		}), "came without a signature"},
		{"an unsigned delegation", "college.example", answers(func(m *dns.Msg) {
			if m.Question[0].Qtype == dns.TypeDS {
				m.Answer = nil
			}
		}), "have the registrar publish its DS record"},
		{"no keys", "college.example", answers(func(m *dns.Msg) {
			if m.Question[0].Qtype == dns.TypeDNSKEY {
				m.Answer = nil
			}
		}), "the zone college.example has no keys"},
		{"signatures that ran out", "college.example", honest(func(tree *dnstest.Tree) {
			tree.Zone("college.example").Expiration = time.Now().Add(-time.Minute)
		}), "is not valid now"},
		{"an algorithm that does not count", "college.example", honest(func(tree *dnstest.Tree) {
			tree.Add("college.example", dns.ECDSAP384SHA384).Add(t, `_hallmark.college.example. 60 IN TXT "x"`)
		}), "no signature of the TXT records at _hallmark.college.example is of an algorithm that counts"},
		{"a changed record", "college.example", answers(func(m *dns.Msg) {
			for _, rr := range m.Answer {
				if txt, ok := rr.(*dns.TXT); ok {
					txt.Txt = append(txt.Txt, "x")
				}
			}
		}), "the signature of the TXT records at _hallmark.college.example does not hold"},
		{"keys that the parent does not name", "college.example", honest(func(tree *dnstest.Tree) {
			tree.Zone("college.example").Digest = dns.SHA1
		}), "by a key that its parent names"},
		{"an answer to another question", "college.example", answers(func(m *dns.Msg) { m.Question[0].Name = "x." }), "answers another question"},
		{"refused", "college.example", answers(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }), "refuses to answer on _hallmark.college"},
		{"cut short for ever", "college.example", answers(func(m *dns.Msg) { m.Truncated = true }), "the answer is cut short by TCP too"},
		{"a wildcard without proof", "arts.college.example", func(tree *dnstest.Tree) dns.Handler {
			tree.Zone("college.example").Add(t, `*.college.example. 60 IN TXT "`+identity.TXTValue(address, 0)+`"`)
			return answers(func(m *dns.Msg) { m.Ns = nil })(tree)
		}, "it holds no proof of that"},
		{"an alias for all names", "arts.college.example", honest(func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `*.college.example. 60 IN CNAME keys.host.test.`)
			tree.Zone("host.test").Add(t, `keys.host.test. 3600 IN TXT "`+identity.TXTValue(address, 0)+`"`)
		}), "was made from a wildcard, not for this name"},
		{"aliases in a circle", "arts.college.example", honest(func(tree *dnstest.Tree) {
			tree.Zone("college.example").Add(t, `_hallmark.arts.college.example. 60 IN CNAME _hallmark.arts.college.example.`)
		}), "more than 8 aliases"},
		{"more than a proof can hold", "college.example", honest(func(tree *dnstest.Tree) {
			for range 400 {
				tree.Zone("college.example").Add(t, `_hallmark.college.example. 3600 IN TXT "`+rand.Text()+rand.Text()+`"`)
			}
		}), "more than 16384 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resolver := dnstest.Listen(t, c.handler(newTree(t)))
			evidence, err := dnschain.Capture(t.Context(), resolver, c.domain, address, 0)
			if err == nil || !strings.Contains(err.Error(), c.fault) || evidence != nil {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}

// TestCaptureEnds asks resolvers that do not answer.
func TestCaptureEnds(t *testing.T) {
	var asked atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	resolver := dnstest.Listen(t, dns.HandlerFunc(func(dns.ResponseWriter, *dns.Msg) {
		asked.Add(1)
		cancel()
	}))
	if _, err := dnschain.Capture(ctx, resolver, "college.example", address, 0); err == nil || asked.Load() != 1 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
	if _, err := dnschain.Capture(t.Context(), "127.0.0.1:1", "college.example", address, 0); err == nil ||
		!strings.Contains(err.Error(), "the resolver 127.0.0.1:1 gave no answer on _hallmark.college.example") {
		t.Errorf("got %v", err)
	}
}
