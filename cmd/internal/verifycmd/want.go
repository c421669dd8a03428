package verifycmd

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/skills"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// exitNotShown is the exit status if all credentials are VALID, and a skill that is wanted is
// not proven by them.
const exitNotShown = 4

// maxShownBy bounds how many credentials are named for one skill that is wanted.
const maxShownBy = 16

// absent is what no VALID credential has.
const absent = "absent"

// wantList is what is wanted, and what was found of it so far. Results may come from several
// goroutines and in any order: what is found does not depend on it.
type wantList struct {
	wanted  []credential.Alignment
	byID    map[skills.ID][]int // indexes of wanted
	phrases skills.Phrases      // their names

	mu            sync.Mutex
	proven, words []showings // by the index of what is wanted
}

// showing is a credential that shows a skill, and what in it does: an identity, or the text that
// has the words.
type showing struct {
	files.Witness
	By string `json:"by"`
}

// issuedBy is who issued, for people.
func (s *showing) issuedBy() string {
	switch {
	case s.IssuerBy != string(verifier.ByStore) && s.IssuerDomain != "":
		return identity.Display(s.IssuerDomain)
	case s.IssuerName != "":
		return quoted(s.IssuerName)
	}
	return s.Issuer
}

// showings are those of one skill, by file.
type showings struct {
	first []showing // at most maxShownBy
	more  int
}

func readWantList(file string) (*wantList, error) {
	data, err := files.Read(file, skills.MaxWantFile)
	if err != nil {
		return nil, run.Usagef("--want: %w", err)
	}
	wanted, err := skills.ReadWanted(data)
	if err != nil {
		return nil, run.Usagef("--want: %s: %w", file, err)
	}
	l := &wantList{
		wanted: wanted, byID: make(map[skills.ID][]int),
		proven: make([]showings, len(wanted)), words: make([]showings, len(wanted)),
	}
	for i, a := range wanted {
		for _, id := range skills.Wanted(a) {
			l.byID[id] = append(l.byID[id], i)
		}
		l.phrases.Add(a.Name, i)
	}
	return l, nil
}

// look looks for what is wanted in a result. Only what is VALID counts.
func (l *wantList) look(res files.Result) {
	if res.Report == nil || res.Report.Verdict != verifier.Valid {
		return
	}
	proven, words := make(map[int]string), make(map[int]string)
	note := func(m map[int]string, i int, by string) {
		if _, noted := m[i]; !noted {
			m[i] = by
		}
	}
	for _, s := range files.SkillsOf(res.Report) {
		for _, id := range s.IDs {
			for _, i := range l.byID[id] {
				note(proven, i, string(id))
			}
		}
		l.phrases.In(s.Name, func(i int) { note(words, i, s.Name) })
	}
	if files.IsAward(res.Report) {
		for _, title := range res.Report.Document.Names {
			l.phrases.In(title, func(i int) { note(words, i, title) })
		}
	}
	who := files.WitnessOf(res)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, by := range proven {
		l.proven[i].add(showing{who, by})
	}
	for i, by := range words {
		l.words[i].add(showing{who, by})
	}
}

func (s *showings) add(one showing) {
	at, _ := slices.BinarySearchFunc(s.first, one, func(a, b showing) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Credential, b.Credential))
	})
	s.first = slices.Insert(s.first, at, one)
	if len(s.first) > maxShownBy {
		s.first = s.first[:maxShownBy]
		s.more++
	}
}

// line returns what looks at each result, and shows people those that count for nothing.
func (l *wantList) line(c *cli.Context) func(io.Writer, files.Result) {
	show := func(w io.Writer, res files.Result) {
		if res.Report != nil && res.Report.Verdict != verifier.Valid || res.Err != nil {
			printLine(w, res)
		}
	}
	switch {
	case c.Bool("quiet"):
		show = printError(c.App.Name)
	case c.Bool("json"), c.Bool("csv"):
		show = func(io.Writer, files.Result) {}
	}
	return func(w io.Writer, res files.Result) {
		l.look(res)
		show(w, res)
	}
}

// print writes what was found.
func (l *wantList) print(w io.Writer, c *cli.Context) {
	switch {
	case c.Bool("quiet"):
	case c.Bool("json"):
		l.printJSON(w)
	case c.Bool("csv"):
		l.printCSV(w)
	default:
		l.printText(w)
	}
}

// outcome is what was found of one skill.
func (l *wantList) outcome(i int) (string, *showings) {
	switch {
	case len(l.proven[i].first) > 0:
		return files.Proven, &l.proven[i]
	case len(l.words[i].first) > 0:
		return files.WordOnly, &l.words[i]
	}
	return absent, &showings{}
}

// allProven reports whether every skill that is wanted is proven.
func (l *wantList) allProven() bool {
	for i := range l.wanted {
		if result, _ := l.outcome(i); result != files.Proven {
			return false
		}
	}
	return true
}

// printText writes a line a skill and a summary.
func (l *wantList) printText(w io.Writer) {
	count := make(map[string]int)
	for i, a := range l.wanted {
		result, by := l.outcome(i)
		count[result]++
		fmt.Fprintf(w, "%-9s  %s", result, skillText(a.Name, skills.Wanted(a)))
		if len(by.first) > 0 {
			s := by.first[0]
			fmt.Fprintf(w, ": VALID %s, issued by %s", fileName(s.File), s.issuedBy())
			if result == files.WordOnly {
				fmt.Fprintf(w, ", says %s", quoted(s.By))
			}
			if more := len(by.first) - 1 + by.more; more > 0 {
				fmt.Fprintf(w, ", and %d more", more)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d wanted: %d %s, %d %s, %d %s\n", len(l.wanted),
		count[files.Proven], files.Proven, count[files.WordOnly], files.WordOnly, count[absent], absent)
}

// wantJSON is a row of --want --json.
type wantJSON struct {
	Wanted  credential.Alignment `json:"wanted"`
	Result  string               `json:"result"`
	ShownBy []showing            `json:"shownBy,omitempty"`
	More    int                  `json:"more,omitempty"` // that show it, too
}

func (l *wantList) printJSON(w io.Writer) {
	for i, a := range l.wanted {
		result, by := l.outcome(i)
		writeJSON(w, wantJSON{a, result, by.first, by.more})
	}
}

// wantColumns are the columns of --want --csv: a record a skill, with the first credential that
// shows it. Their names and order are fixed; new ones may come at the end.
var wantColumns = []string{
	"name", "framework", "code", "url", "result", "by",
	"file", "verdict", "reasonCode", "issuer", "issuerAddress", "issuerBy", "issuerDomain", "credentialName", "recipient",
}

func (l *wantList) printCSV(w io.Writer) {
	for i, a := range l.wanted {
		result, by := l.outcome(i)
		record := []string{a.Name, a.Framework, a.Code, a.URL, result}
		if len(by.first) > 0 {
			record = slices.Concat(record, []string{by.first[0].By}, columns(by.first[0].Witness))
		}
		writeCSV(w, append(record, make([]string, len(wantColumns)-len(record))...))
	}
}
