package identity_test

import (
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// key is an address in the tests.
var key = [20]byte{0xab, 0xcd, 19: 1}

const (
	keyHex   = "abcd000000000000000000000000000000000001"
	otherHex = "abcd000000000000000000000000000000000002"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCertificate(t *testing.T) {
	ca := verifiertest.NewAuthority(t)
	evidence := ca.Evidence(t, []string{
		"www.college.example", keyHex + ".hallmark.college.example", keyHex + ".eip155-100.hallmark.college.example",
		otherHex + ".hallmark.college.example", "*.college.example", keyHex + ".hallmark.college.example",
	}, day("2021-03-01"), day("2021-05-30")) // long over by now
	named, err := ca.Anchors().Check(identity.KindX509, evidence, key, day("2021-04-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := identity.Named{
		Domain: "college.example", Since: day("2021-03-01"), NotBefore: day("2021-03-01"), NotAfter: day("2021-05-30"),
		By: `a certificate of "Example CA 1", logged 2021-03-01`,
	}
	other := want
	other.Chain = 100
	if len(named) != 2 || !same(named[0], want) || !same(named[1], other) {
		t.Errorf("%+v", named)
	}
}

func same(a, b identity.Named) bool {
	equal := a.Since.Equal(b.Since) && a.NotBefore.Equal(b.NotBefore) && a.NotAfter.Equal(b.NotAfter)
	return equal && a.Domain == b.Domain && a.Chain == b.Chain && a.By == b.By
}
