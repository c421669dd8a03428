package identity_test

import (
	"bufio"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

func readPEM(t testing.TB, file string) (certs []*x509.Certificate) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, c)
	}
	return certs
}

// TestRealCertificate holds a certificate of the web against what is shipped.
func TestRealCertificate(t *testing.T) {
	certs := readPEM(t, "testdata/we1.pem")
	at := day("2026-11-29")
	path, since, err := identity.BuiltIn().Path(certs, at)
	if err != nil {
		t.Fatal(err)
	}
	if root := path[len(path)-1].Subject.CommonName; len(path) != 3 || root != "GTS Root R4" {
		t.Errorf("a path of %d to %q", len(path), root)
	}
	if want := time.Date(2026, 10, 3, 22, 38, 22, 39e6, time.UTC); !since.Equal(want) {
		t.Errorf("on record since %v, not %v", since.UTC(), want)
	}
	if _, _, err := identity.BuiltIn().Path(certs, day("2027-01-02")); err == nil {
		t.Error("it is valid after its time")
	}
	without := *identity.BuiltIn()
	without.Logs = slices.DeleteFunc(slices.Clone(without.Logs), func(l identity.Log) bool { return l.Operator == "TrustAsia" })
	if _, _, err := without.Path(certs, at); err == nil || !strings.Contains(err.Error(), "alone") {
		t.Errorf("with one operator: %v", err)
	}
	_, err = identity.BuiltIn().Check(identity.KindX509, slices.Concat(certs[0].Raw, certs[1].Raw), key, at)
	if err == nil || !strings.Contains(err.Error(), "no name of the certificate is") {
		t.Errorf("it names nobody's key: %v", err)
	}
}

// TestEmbeddedTimestamp holds the form that logs sign against one that Google's code signed.
func TestEmbeddedTimestamp(t *testing.T) {
	certs := readPEM(t, "testdata/embedded.pem")
	// its public key, from the same package
	const spki = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmXg8sUUzwBYaWrRb+V0IopzQ6o3UyEJ04r5ZrRXGdpYM8K+h" +
		"B0pXrGRLI0eeWz+3skXrS0IO83AhA3GpRL6s6w=="
	key, err := base64.StdEncoding.DecodeString(spki)
	if err != nil {
		t.Fatal(err)
	}
	log := &identity.Log{Key: key, Operator: "test"}
	if err := identity.CheckTimestamps(certs[0], certs[1], log); err != nil {
		t.Error(err)
	}
	if err := identity.CheckTimestamps(certs[0], certs[0], log); err == nil {
		t.Error("it holds with another issuer")
	}
}

func TestBuiltIn(t *testing.T) {
	anchors := identity.BuiltIn()
	if identity.BuiltIn() != anchors {
		t.Error("they are made twice")
	}
	bounded := 0
	for _, r := range anchors.Roots {
		if _, err := x509.ParseCertificate(r.Certificate); err != nil {
			t.Error(err)
		}
		if !r.NotAfter.IsZero() {
			bounded++
			if r.NotAfter.Year() < 2020 || r.NotAfter.Year() > 2030 || r.NotAfter.Unix()%60 != 59 {
				t.Errorf("bound %v", r.NotAfter)
			}
		}
	}
	operators, ids := map[string]bool{}, map[[32]byte]string{}
	now := day("2026-12-01")
	for _, l := range anchors.Logs {
		if _, err := x509.ParsePKIXPublicKey(l.Key); err != nil {
			t.Errorf("%s: %v", l.Description, err)
		}
		id := sha256.Sum256(l.Key)
		if ids[id] != "" {
			t.Errorf("%s is %s, too", l.Description, ids[id])
		}
		ids[id] = l.Description
		if l.NotAfter.IsZero() || l.NotAfter.After(now) {
			operators[l.Operator] = true
		}
	}
	if len(anchors.Roots) < 100 || bounded == 0 || len(anchors.Logs) < 40 || len(operators) < 8 || len(anchors.ZoneKeys) == 0 {
		t.Errorf("%d roots, %d bounded; %d logs; %d operators; %d keys",
			len(anchors.Roots), bounded, len(anchors.Logs), len(operators), len(anchors.ZoneKeys))
	}
}

// TestNoRootIsLost keeps the roots that the library drops: the list of fingerprints is that
// of all roots which were ever shipped.
func TestNoRootIsLost(t *testing.T) {
	f, err := os.Open("testdata/roots.sha256")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shipped := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		shipped[lines.Text()] = true
	}
	for _, r := range identity.BuiltIn().Roots {
		sum := sha256.Sum256(r.Certificate)
		if id := hex.EncodeToString(sum[:]); !shipped[id] {
			t.Errorf("root %s is new; add it to testdata/roots.sha256", id)
		} else {
			delete(shipped, id)
		}
	}
	for id := range shipped {
		t.Errorf("root %s is gone; keep it, with its certificate and the day of its removal, in data/roots.txt", id)
	}
}

func TestBoundRoots(t *testing.T) {
	a, b := verifiertest.NewCA(t, nil, "A").Certificate.Raw, verifiertest.NewCA(t, nil, "B").Certificate.Raw
	roots := []identity.Root{{Certificate: a}}
	text := fmt.Sprintf("# comment\n\n%x\t2026-01-02T00:00:00Z\t-\tdistrusted\n"+
		"%x\t2026-01-01T00:00:00Z\t%s\tremoved\n%x\t2027-01-01T00:00:00Z\t-\tlater\n",
		sha256.Sum256(a), sha256.Sum256(b), base64.StdEncoding.EncodeToString(b), sha256.Sum256(a))
	got, err := identity.BoundRoots(roots, text)
	if err != nil || len(got) != 2 || !got[0].NotAfter.Equal(day("2026-01-02")) || !got[1].NotAfter.Equal(day("2026-01-01")) ||
		string(got[1].Certificate) != string(b) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{
		"a", fmt.Sprintf("%x\tnever\t-\tx", sha256.Sum256(a)), fmt.Sprintf("%x\t2026-01-01T00:00:00Z\t-\tx", sha256.Sum256(b)),
		fmt.Sprintf("%x\t2026-01-01T00:00:00Z\t%s\tx", sha256.Sum256(b), base64.StdEncoding.EncodeToString(a)),
	} {
		if _, err := identity.BoundRoots(roots, bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	for _, bad := range []string{"a", "!\t-\t-\to\td", "AA==\tx\t-\to\td", "AA==\t-\tx\to\td"} {
		if _, err := identity.ReadLogs(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
