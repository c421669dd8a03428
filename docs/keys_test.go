package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKeysTable holds the table of keys.md and the scripts that play it together: each row has a
// section of its name, which runs the commands that the row names and asserts the words that it
// has verifiers see; and each section is in the table.
func TestKeysTable(t *testing.T) {
	page, err := os.ReadFile("keys.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := keySections(t)
	sources, err := filepath.Glob("../verifier/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(source)
	}
	code := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || !strings.HasPrefix(line, "| ") || strings.Contains(cells[3], " section ") {
			continue
		}
		rows++
		name := strings.Trim(cells[3], " `")
		if strings.HasPrefix(name, "Test") {
			if !strings.Contains(tests.String(), "\nfunc "+name+"(") {
				t.Errorf("the package verifier has no %s", name)
			}
			continue
		}
		script, ok := sections[name]
		if !ok {
			t.Errorf("no script plays the row %q", name)
			continue
		}
		delete(sections, name)
		for _, text := range code.FindAllStringSubmatch(cells[1]+cells[2], -1) {
			switch words := text[1]; {
			case strings.HasPrefix(words, "hallmark "):
				if !script.runs(strings.Fields(words)) {
					t.Errorf("the section %s does not run %s", name, words)
				}
			case !script.says(words):
				t.Errorf("the section %s does not assert %q", name, words)
			}
		}
		for _, verdict := range regexp.MustCompile(`\b(VALID|INVALID|UNKNOWN)\b`).FindAllString(cells[1], -1) {
			if !script.says(verdict) && verdict != "VALID" {
				t.Errorf("the section %s does not assert %s", name, verdict)
			}
		}
		if strings.Contains(cells[1], "VALID") && !script.says("VALID") {
			t.Errorf("the section %s asserts no verdict", name)
		}
	}
	if rows < 10 {
		t.Errorf("the table has %d rows", rows)
	}
	for name := range sections {
		t.Errorf("the section %s is not in the table", name)
	}
}

// unquoted takes out of an assertion what the words do not have: quotation, and that the chain is a
// test's.
var unquoted = strings.NewReplacer("'", "", `\(`, "(", `\)`, ")", " TEST ", " ")

// keySection is what a section of a script runs, and what it asserts of the output.
type keySection struct{ commands, asserted []string }

func keySections(t *testing.T) map[string]keySection {
	t.Helper()
	scripts, err := filepath.Glob("../cmd/hallmark/testdata/script/keys*.txt")
	if err != nil {
		t.Fatal(err)
	}
	sections := make(map[string]keySection)
	for _, path := range scripts {
		script, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		text, _, _ := strings.Cut(string(script), "\n-- ")
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if title, ok := strings.CutPrefix(line, "# == "); ok {
				if _, twice := sections[title]; twice {
					t.Errorf("two sections are called %s", title)
				}
				name = title
				sections[name] = keySection{}
			}
			s := sections[name]
			switch {
			case name == "":
			case strings.Contains(line, " hallmark "):
				s.commands = append(s.commands, line)
			case strings.HasPrefix(line, "stdout "), strings.HasPrefix(line, "stderr "):
				s.asserted = append(s.asserted, unquoted.Replace(line))
			}
			if name != "" {
				sections[name] = s
			}
		}
	}
	return sections
}

// runs reports whether one of the commands has all the words, which may be a command, its
// subcommand and flags.
func (s keySection) runs(words []string) bool {
	for _, command := range s.commands {
		fields, missing := strings.Fields(command), 0
		for _, w := range words {
			found := false
			for _, f := range fields {
				found = found || f == w
			}
			if !found {
				missing++
			}
		}
		if missing == 0 {
			return true
		}
	}
	return false
}

// says reports whether the section asserts words, in which addresses and times may be left out.
func (s keySection) says(words string) bool {
	for _, asserted := range s.asserted {
		rest, ok := asserted, true
		words = strings.ReplaceAll(words, "'", "") // as it is in the scripts, where it would end a word
		for _, part := range regexp.MustCompile(`0x…|…`).Split(words, -1) {
			part = strings.Trim(part, " :")
			at := strings.Index(rest, part)
			if ok = ok && at >= 0; ok {
				rest = rest[at+len(part):]
			}
		}
		if ok {
			return true
		}
	}
	return false
}
