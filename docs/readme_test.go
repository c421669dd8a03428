package docs_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// The use of the library as verify.md shows it.
func check(trustFile, proofFile []byte, badge io.Reader) (*verifier.Report, error) {
	trust, err := verifier.ParseTrust(trustFile)
	proof, err2 := verifier.ParseProof(proofFile)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	v, err := verifier.New(verifier.Options{Trust: trust, Now: time.Now})
	if err != nil {
		return nil, err
	}
	return v.Verify(proof, badge), nil
}

// TestLibrary runs what verify.md shows, and finds it there word by word.
func TestLibrary(t *testing.T) {
	proof, err := newExample(t).proof.Encode()
	if err != nil {
		t.Fatal(err)
	}
	report, err := check([]byte(`{"hallmarkTrust": 1}`), proof, strings.NewReader(exampleDocument))
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != verifier.VerdictUnknown || report.Result(verifier.CheckSignature).Result != verifier.Pass {
		t.Errorf("the pending proof is %s: %+v", report.Verdict, report.Checks)
	}
	page, err := os.ReadFile("verify.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?ms)^func check\(.*?^}\n`).Find(source)
	if function == nil || !bytes.Contains(page, function) {
		t.Errorf("verify.md does not show this function:\n%s", function)
	}
}

// TestLinks follows the links between the documents of this repository.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, page := range []string{
		"../README.md", "../CONTRIBUTING.md", "../SECURITY.md", "../CHANGELOG.md", "architecture.md", "issuing.md", "keys.md", "verify.md",
		"archive.md", "spec.md", "threat-model.md", "trust.md", "operations/README.md", "operations/configuration.md",
		"pages.md", "sharing.md", "desk.md", "portfolio.md", "embedding.md", "operations/webhook.md", "operations/verify-api.md",
	} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		folder := page[:strings.LastIndex(page, "/")+1]
		for _, match := range link.FindAllSubmatch(text, -1) {
			target := string(match[1])
			if strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(folder + target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, target)
			}
		}
	}
}

// TestCommandsExist finds every command and flag that the pages name in the sources
// of the programs.
func TestCommandsExist(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir("../cmd", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		sources.Write(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:[^<"\w]hallmark |[\s` + "`" + `]--)([a-z][a-z-]+)`)
	for _, page := range []string{
		"../README.md", "issuing.md", "verify.md", "spec.md", "threat-model.md", "trust.md",
		"operations/README.md", "operations/configuration.md",
	} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, match := range named.FindAllSubmatch(text, -1) {
			found++
			if name := string(match[1]); !strings.Contains(sources.String(), `"`+name+`"`) {
				t.Errorf("%s names %q, which no program has", page, match[0])
			}
		}
		if found == 0 {
			t.Errorf("%s names no command", page)
		}
	}
}
