package identity_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// FuzzX509 changes evidence: whatever is believed must be what the authority issued.
func FuzzX509(f *testing.F) {
	a := verifiertest.NewAuthority(f)
	anchors := a.Anchors()
	anchors.Roots = append(anchors.Roots, identity.BuiltIn().Roots...)
	good := a.Evidence(f, named("college.example"), from, until)
	web := readPEM(f, "testdata/we1.pem")
	f.Add(good)
	f.Add(slices.Concat(web[0].Raw, web[1].Raw))
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, evidence []byte) {
		named, err := anchors.Check(identity.KindX509, evidence, key, during)
		if err == nil && (len(named) != 1 || named[0].Domain != "college.example") {
			t.Errorf("%+v", named)
		}
		if err != nil && (named != nil || strings.Contains(err.Error(), "%!") || len(err.Error()) > 1<<16) {
			t.Errorf("%+v, %v", named, err)
		}
	})
}

// FuzzTimestamps reads the list of timestamps, and the part of a certificate that is signed.
func FuzzTimestamps(f *testing.F) {
	for _, file := range []string{"testdata/we1.pem", "testdata/embedded.pem"} {
		c := readPEM(f, file)[0]
		for _, e := range c.Extensions {
			f.Add(e.Value)
		}
		f.Add(c.RawTBSCertificate)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, err := identity.ReadTimestamps(data); (err == nil) && (n > 16 || len(data) < 4) {
			t.Errorf("%d timestamps in %x", n, data)
		}
		once, err := identity.Precertificate(data)
		if err != nil {
			return
		}
		if len(once) > len(data) {
			t.Errorf("%x became longer: %x", data, once)
		}
		if twice, err := identity.Precertificate(once); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%x becomes %x, and that %x, %v", data, once, twice, err)
		}
	})
}

// FuzzHost holds that a host is always one that a domain could be, and is its own host.
func FuzzHost(f *testing.F) {
	for _, id := range []string{"https://u@college.example:1/a", "did:web:college.example%3A80:a", "https://bücher.example", "did:web:0\x83"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		host, ok := identity.Host(id)
		if ok != (host != "") {
			t.Fatalf("%q, %t", host, ok)
		}
		if !ok {
			return
		}
		for _, again := range []string{"https://" + host + "/", "did:web:" + host} {
			if got, _ := identity.Host(again); got != host {
				t.Errorf("%q has host %q, which has host %q", id, host, got)
			}
		}
		if shown := identity.Display(host); !strings.HasPrefix(shown, host) {
			t.Errorf("%q is shown as %q", host, shown)
		}
	})
}
