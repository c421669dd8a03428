package verifier_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// The whole use of the library: three files in, one verdict out.
func Example() {
	trustFile, proofFile, badgeFile := files()

	trust, err := verifier.ParseTrust(trustFile)
	check(err)
	proof, err := verifier.ParseProof(proofFile)
	check(err)
	v, err := verifier.New(verifier.Options{Trust: trust, Now: clock})
	check(err)
	report := v.Verify(proof, bytes.NewReader(badgeFile))
	fmt.Println(report.Verdict, report.IssuerName, report.AnchoredAt.Format(time.DateOnly))

	// Output: VALID Example University 2026-01-01
}

// A report says of every check what came of it, so that a program can tell why.
func ExampleReport() {
	trustFile, proofFile, _ := files()
	trust, err := verifier.ParseTrust(trustFile)
	check(err)
	proof, err := verifier.ParseProof(proofFile)
	check(err)
	v, err := verifier.New(verifier.Options{Trust: trust, Now: clock})
	check(err)
	report := v.Verify(proof, bytes.NewReader([]byte(`{"issuer":"did:web:uni.example","name":"forged"}`)))
	fmt.Println(report.Verdict, report.Verdict.ExitCode())
	for _, c := range report.Checks {
		if c.Result == verifier.Fail {
			fmt.Printf("%s: %s\n", c.Check, c.Detail)
		}
	}

	// Output:
	// INVALID 1
	// credential: the file is not the credential that this proof is about, or it was changed since
}

func files() (trust, proof, badge []byte) {
	g := newGood(exampleT{})
	trust, err := g.trust.Encode()
	check(err)
	return trust, g.encode(), g.document
}

func clock() time.Time { return time.Unix(issuedAt+1200, 0) }

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// exampleT lets examples build what tests build.
type exampleT struct{ testing.TB }

func (exampleT) Helper()           {}
func (exampleT) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
