// Suffixes makes the Public Suffix List that is shipped, out of the one that the tests of
// golang.org/x/net/publicsuffix hold:
//
//	go run ./verifier/identity/internal/suffixes
//
// That package itself links net/http, and its tables take three times as much of a program
// for the web.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	dir, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		log.Fatal(err)
	}
	from := filepath.Join(strings.TrimSpace(string(dir)), "publicsuffix")
	table, err := os.ReadFile(filepath.Join(from, "table.go"))
	if err != nil {
		log.Fatal(err)
	}
	tests, err := os.ReadFile(filepath.Join(from, "table_test.go"))
	if err != nil {
		log.Fatal(err)
	}
	version := regexp.MustCompile(`const version = "(.*)"`).FindSubmatch(table)
	_, tests, ok := bytes.Cut(tests, []byte("var rules = [...]string{\n"))
	tests, _, end := bytes.Cut(tests, []byte("\n}"))
	if version == nil || !ok || !end {
		log.Fatal("golang.org/x/net/publicsuffix is made otherwise by now")
	}
	var rules []string
	for _, rule := range regexp.MustCompile(`"(.*)"`).FindAllSubmatch(tests, -1) {
		if bytes.ContainsRune(rule[1], '.') { // a name of one label is a suffix in any case
			rules = append(rules, string(rule[1]))
		}
	}
	slices.Sort(rules)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Public suffixes of more than one label, in A-labels: \"*\" is any label, \"!\" begins an exception.\n"+
		"# Made by internal/suffixes; do not edit.\n# Origin: %s.\n# License: Mozilla Public License 2.0.\n\n", version[1])
	for _, rule := range rules {
		fmt.Fprintln(&b, rule)
	}
	if err := os.WriteFile("verifier/identity/data/suffixes.txt", b.Bytes(), 0o644); err != nil { //nolint:gosec // source code
		log.Fatal(err)
	}
}
