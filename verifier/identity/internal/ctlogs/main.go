// Ctlogs makes the list of the logs of Certificate Transparency that is shipped, out of a log
// list of Google's (version 3, https://www.gstatic.com/ct/log_list/v3/log_list.json; each
// Chromium source has one in components/certificate_transparency/data):
//
//	go run ./verifier/identity/internal/ctlogs -origin 'where it is from' log_list.json
//
// Logs that the shipped list has and this one does not stay, and end with the time of this
// one at the latest. Those that ended before 2026, when there was no evidence, are left out.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

// logList is what is read of a log list.
type logList struct {
	Version   string    `json:"version"`
	Timestamp time.Time `json:"log_list_timestamp"`
	Operators []struct {
		Name  string    `json:"name"`
		Logs  []logJSON `json:"logs"`
		Tiled []logJSON `json:"tiled_logs"`
	} `json:"operators"`
}

type logJSON struct {
	Description string            `json:"description"`
	ID          []byte            `json:"log_id"`
	Key         []byte            `json:"key"`
	Type        string            `json:"log_type"`
	State       map[string]change `json:"state"`
	Interval    struct {
		End time.Time `json:"end_exclusive"`
	} `json:"temporal_interval"`
	Previous []struct {
		Name string    `json:"name"`
		End  time.Time `json:"end_time"`
	} `json:"previous_operators"`
}

type change struct {
	Timestamp time.Time `json:"timestamp"`
}

// beginning is before the first evidence was made.
var beginning = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// entry is a line of the list: a log under an operator.
type entry struct {
	key, operator, description string
	from, to                   time.Time
}

func main() {
	origin := flag.String("origin", "", "where the list is from, for the comment at the top")
	out := flag.String("o", "verifier/identity/data/logs.txt", "the list that is shipped")
	flag.Parse()
	if flag.NArg() != 1 || *origin == "" {
		log.Fatal("usage: ctlogs -origin WHERE LOG_LIST.json")
	}
	raw, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	old, err := os.ReadFile(*out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Fatal(err)
	}
	text, err := update(raw, string(old), *origin)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, text, 0o644); err != nil { //nolint:gosec // source code
		log.Fatal(err)
	}
}

// update returns the text of the list.
func update(raw []byte, old, origin string) ([]byte, error) {
	var list logList
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	var entries []entry
	for _, o := range list.Operators {
		for _, l := range slices.Concat(o.Logs, o.Tiled) {
			if id := sha256.Sum256(l.Key); !bytes.Equal(id[:], l.ID) {
				return nil, fmt.Errorf("%s: the key has the id %x, not %x", l.Description, id, l.ID)
			}
			entries = append(entries, of(o.Name, l)...)
		}
	}
	has := func(key string) bool { return slices.ContainsFunc(entries, func(e entry) bool { return e.key == key }) }
	var gone []entry
	for line := range strings.Lines(old) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 5 || has(f[0]) {
			continue
		}
		e := entry{key: f[0], operator: f[3], description: f[4], from: parse(f[1]), to: parse(f[2])}
		if e.to.IsZero() || e.to.After(list.Timestamp) {
			e.to = list.Timestamp
		}
		gone = append(gone, e)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Logs of Certificate Transparency: the key (SubjectPublicKeyInfo, base64), the first and the last\n"+
		"# time of timestamps that count (\"-\": no bound), the operator, the description. Fields stand\n"+
		"# between tabs. Made by internal/ctlogs; do not edit.\n#\n"+
		"# Origin: log list %s of %s, %s.\n", list.Version, list.Timestamp.Format(time.RFC3339), origin)
	for _, e := range append(entries, gone...) {
		if !e.to.IsZero() && e.to.Before(beginning) {
			continue
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", e.key, format(e.from), format(e.to), e.operator, e.description)
	}
	return b.Bytes(), nil
}

// of returns the entries of a log: one for each operator that it had, none if it is not, or
// never was, one to rely on.
func of(operator string, l logJSON) (entries []entry) {
	if l.Type != "" && l.Type != "prod" {
		return nil
	}
	key, err := json.Marshal(l.Key)
	if err != nil {
		return nil
	}
	e := entry{key: strings.Trim(string(key), `"`), description: l.Description, to: l.Interval.End}
	for state, at := range l.State {
		switch state {
		case "qualified", "usable":
		case "readonly", "retired":
			if e.to.IsZero() || at.Timestamp.Before(e.to) {
				e.to = at.Timestamp
			}
		default: // pending, rejected
			return nil
		}
	}
	end := e.to
	for _, p := range l.Previous {
		e.operator, e.to = p.Name, p.End.Add(-time.Second)
		entries = append(entries, e)
		e.from = p.End
	}
	e.operator, e.to = operator, end
	return append(entries, e)
}

func parse(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func format(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
