package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// document has the tables, each between two marks.
const (
	document  = "docs/performance.md"
	markBegin = "<!-- begin: " // and the table's name
	markEnd   = "<!-- end -->"
)

// publish prints the table of all results and writes it and that of growing costs into
// the document.
func publish(out io.Writer) error {
	all, err := readResults()
	if err != nil {
		return err
	}
	if err := printTable(out, all); err != nil {
		return err
	}
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	for name, table := range map[string]string{
		"machine": machines(all), "results": mainTable(all), "growth": growthTable(all),
		"gas": gasTable(all),
	} {
		if text, err = replace(text, name, table); err != nil {
			return err
		}
	}
	return os.WriteFile(document, text, 0o644)
}

// replace puts a table between its marks.
func replace(text []byte, name, table string) ([]byte, error) {
	head, rest, ok := strings.Cut(string(text), markBegin+name+" -->\n")
	_, tail, closed := strings.Cut(rest, markEnd+"\n")
	if !ok || !closed {
		return nil, fmt.Errorf("%s has no place for the table %q", document, name)
	}
	return []byte(head + markBegin + name + " -->\n" + table + markEnd + "\n" + tail), nil
}

// printTable writes the table for the terminal.
func printTable(out io.Writer, all []Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "row\tours\t\tleast\tmost\tpeer\tbetter\tlimit\tof it\tpeer: what; limit: what")
	for i := range all {
		if r := &all[i]; !isGrowth(*r) {
			peer := ""
			if r.Peer != "" {
				peer = number(r.Peers[r.Peer])
			}
			limit := ""
			if r.Limit != 0 {
				limit = number(r.Limit)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s; %s\n", r.ID, number(r.Ours), r.Unit, number(slices.Min(r.Runs)),
				number(slices.Max(r.Runs)),
				peer, factor(r.RatioToPeer), limit, factor(r.RatioToLimit), r.Peer, r.LimitIs)
		}
	}
	return w.Flush()
}

// machines names the machines on which the rows were measured, when and of what.
func machines(all []Result) string {
	seen := make(map[string]bool)
	for _, r := range all {
		seen[fmt.Sprintf("- %s, %s, commit %s\n", r.Machine, r.At[:len("2006-01-02")], r.Commit)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), "")
}

// growing rows are in a table of their own.
func isGrowth(r Result) bool { return strings.HasPrefix(r.ID, "grow-") }

func mainTable(all []Result) string {
	var out strings.Builder
	out.WriteString("| row | work | ours (least to most) | peer | better than the peer | limit | of the limit | aim |\n" +
		"|---|---|---:|---:|---:|---:|---:|---|\n")
	for _, r := range all {
		if !isGrowth(r) {
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", r.ID, r.Work, r.oursText(), r.peersText(), factor(r.RatioToPeer),
				r.limitText(), factor(r.RatioToLimit), r.aimText())
		}
	}
	return out.String()
}

// line is a row for the terminal, once it is measured.
func (r *Result) line() string {
	text := fmt.Sprintf("%-24s %s", r.ID, r.oursText())
	if r.RatioToPeer != 0 {
		text += fmt.Sprintf("; %s better than %s", factor(r.RatioToPeer), r.Peer)
	}
	if r.RatioToLimit != 0 {
		text += fmt.Sprintf("; %s of %s (%s)", factor(r.RatioToLimit), number(r.Limit), r.LimitIs)
	}
	if aim := r.aimText(); aim != "" {
		text += "; " + aim
	}
	return text
}

func (r *Result) oursText() string {
	text := number(r.Ours) + " " + r.Unit
	if least, most := slices.Min(r.Runs), slices.Max(r.Runs); least != most {
		text += fmt.Sprintf(" (%s to %s)", number(least), number(most))
	}
	return text
}

func (r *Result) peersText() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(r.Peers)) {
		text := name + ": " + number(r.Peers[name])
		if name == r.Peer { // the one that is compared goes first
			list = slices.Insert(list, 0, text)
		} else {
			list = append(list, text)
		}
	}
	return strings.Join(list, "<br>")
}

func (r *Result) aimText() string {
	switch {
	case r.Met == nil:
		return ""
	case *r.Met:
		return r.Target + ": met"
	}
	return r.Target + ": **missed**"
}

func (r *Result) limitText() string {
	if r.Limit == 0 {
		return ""
	}
	return number(r.Limit) + "<br>" + r.LimitIs
}

func factor(f float64) string {
	if f == 0 {
		return ""
	}
	return number(f) + "x"
}

// number writes four digits at most before a unit, and groups of three before that.
func number(f float64) string {
	text := strconv.FormatFloat(rounded(f), 'f', -1, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	var groups []string
	for len(whole) > 3 {
		groups = append([]string{whole[len(whole)-3:]}, groups...)
		whole = whole[:len(whole)-3]
	}
	whole = strings.Join(append([]string{whole}, groups...), ",")
	if fraction != "" {
		return whole + "." + fraction
	}
	return whole
}

// gasTable has a line for each transaction and a column for each list of prices.
func gasTable(all []Result) string {
	var out strings.Builder
	out.WriteString("| row | today | Amsterdam |\n|---|---:|---:|\n")
	for _, r := range all {
		if r.Amsterdam != 0 {
			fmt.Fprintf(&out, "| `%s` | %s | %s |\n", r.ID, number(r.Ours), number(r.Amsterdam))
		}
	}
	return out.String()
}

// growthTable has a line for each work and a column for each size.
func growthTable(all []Result) string {
	byID := make(map[string]Result)
	for _, r := range all {
		byID[r.ID] = r
	}
	var out strings.Builder
	out.WriteString("| milliseconds for")
	for _, size := range sizes {
		fmt.Fprintf(&out, " | %s", number(float64(size.n)))
	}
	out.WriteString(" |\n|---" + strings.Repeat("|---:", len(sizes)) + "|\n")
	for _, what := range append(slices.Clone(growing), growingAck) {
		line := "| " + what.work
		for _, size := range sizes {
			text := ""
			if r, ok := byID["grow-"+what.id+"-"+size.name]; ok {
				text = number(r.Ours)
			}
			line += " | " + text
		}
		out.WriteString(line + " |\n")
	}
	return out.String()
}
