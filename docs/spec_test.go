package docs_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

var update = flag.Bool("update", false, "rewrite the values of the worked example in spec.md")

// exampleBlocks matches the code blocks of spec.md that hold values: a name on a
// line of its own, below it the value, indented.
var exampleBlocks = regexp.MustCompile("(?ms)^```text example\n(.*?)^```$")

var proofBlock = regexp.MustCompile("(?ms)^```json proof\n(.*?)^```$")

const indent = "    "

// TestWorkedExample recomputes every value that spec.md prints in its example, and
// finds each of them printed.
func TestWorkedExample(t *testing.T) {
	spec, err := os.ReadFile("spec.md")
	if err != nil {
		t.Fatal(err)
	}
	e := newExample(t)
	proof, err := e.proof.Encode()
	if err != nil {
		t.Fatal(err)
	}
	printed := make(map[string]bool)
	fresh := exampleBlocks.ReplaceAllFunc(spec, func(block []byte) []byte {
		var out strings.Builder
		out.WriteString("```text example\n")
		for _, name := range names(block) {
			value, ok := e.values[name]
			if !ok {
				t.Errorf("spec.md prints %q, which the example does not have", name)
			}
			if printed[name] {
				t.Errorf("spec.md prints %q twice", name)
			}
			printed[name] = true
			out.WriteString(name + "\n" + indent + strings.ReplaceAll(value, "\n", "\n"+indent) + "\n")
		}
		out.WriteString("```")
		return []byte(out.String())
	})
	for name := range e.values {
		if !printed[name] {
			t.Errorf("spec.md does not print %q", name)
		}
	}
	if n := len(proofBlock.FindAll(fresh, -1)); n != 1 {
		t.Fatalf("spec.md has %d proofs, want 1", n)
	}
	fresh = proofBlock.ReplaceAllLiteral(fresh, []byte("```json proof\n"+string(proof)+"```"))
	if bytes.Equal(spec, fresh) {
		return
	}
	if *update {
		if err := os.WriteFile("spec.md", fresh, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("spec.md prints other values than the code computes; see what go test ./docs -update changes. First difference:\n%s",
		difference(spec, fresh))
}

// names returns the names of a block: its lines that are not indented.
func names(block []byte) (all []string) {
	for line := range strings.Lines(string(block)) {
		line = strings.TrimRight(line, "\n")
		if line != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "```") {
			all = append(all, line)
		}
	}
	return all
}

// difference returns the first line that is not the same.
func difference(was, is []byte) string {
	a, b := strings.Split(string(was), "\n"), strings.Split(string(is), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "- " + a[i] + "\n+ " + b[i]
		}
	}
	return "one is longer"
}

// TestPrintedProofParses reads the proof of spec.md as a reader would.
func TestPrintedProofParses(t *testing.T) {
	spec, err := os.ReadFile("spec.md")
	if err != nil {
		t.Fatal(err)
	}
	match := proofBlock.FindSubmatch(spec)
	if match == nil {
		t.Fatal("spec.md has no proof")
	}
	p, err := verifier.ParseProof(match[1])
	if err != nil {
		t.Fatal(err)
	}
	if !p.Pending() {
		t.Error("the printed proof is not pending")
	}
}

// TestPrintedLimits holds the limits that spec.md prints against those of the code.
func TestPrintedLimits(t *testing.T) {
	spec, err := os.ReadFile("spec.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		fmt.Sprintf("| steps of a path | %d |", verifier.MaxPath),
		fmt.Sprintf("| anchors | %d, at least 1 where the member is present |", verifier.MaxAnchors),
		fmt.Sprintf("| status entries of an anchor | %d, at least 1 where the member is present |", verifier.MaxStatusEntries),
		fmt.Sprintf("| trie nodes of an anchor, both lists together | %d |", verifier.MaxTrieNodes),
		fmt.Sprintf("| header | %d,%03d bytes |", verifier.MaxHeaderSize/1000, verifier.MaxHeaderSize%1000),
		fmt.Sprintf("| vouchers of an anchor | %d |", verifier.MaxVouchers),
		fmt.Sprintf("- a file beyond %d MiB,", verifier.MaxProofSize>>20),
		fmt.Sprintf("read as strictly as a proof; at most %d MiB.", verifier.MaxTrustSize>>20),
		fmt.Sprintf("(%d days unless the user says otherwise)", int(verifier.DefaultMaxStatusAge.Hours())/24),
		fmt.Sprintf("limit of age (%d days unless the user says otherwise)", int(verifier.DefaultMaxSignatureAge.Hours())/24),
		fmt.Sprintf("`cosignatures`: an array of texts, at most %d;", witness.MaxCosignatures),
		fmt.Sprintf("at most %d MiB are read", beacon.MaxPackSize>>20),
		fmt.Sprintf("- it is longer than %d MiB,", credential.MaxJSON>>20),
		fmt.Sprintf("- arrays and objects nest deeper than %d levels,", credential.MaxDepth),
		fmt.Sprintf("| binary form | %d to ", credential.MinCIDLen),
	} {
		if !strings.Contains(strings.Join(strings.Fields(string(spec)), " "), line) {
			t.Errorf("spec.md does not say %q", line)
		}
	}
}
