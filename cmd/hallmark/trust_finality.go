package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// believedFinality is what makes blocks of a chain final, with what is built in.
type believedFinality struct {
	Blocks     int               `json:"blocks"` // how many are pinned
	Network    string            `json:"network,omitempty"`
	Committees []believedRoot    `json:"committees,omitempty"` // from the oldest on
	Summaries  []believedRoot    `json:"summaries,omitempty"`
	Quorum     int               `json:"quorum,omitempty"`
	Witnesses  []believedWitness `json:"witnesses,omitempty"`
}

type believedRoot struct {
	Period  *uint64       `json:"period,omitempty"`
	Since   string        `json:"since,omitempty"`   // when the period began
	AgeDays *int          `json:"ageDays,omitempty"` // since then, or since the date of a list
	Root    verifier.Hash `json:"root"`
	Origin  string        `json:"origin"`
	Date    string        `json:"date,omitempty"`
	BuiltIn bool          `json:"builtIn"`
}

type believedWitness struct {
	Name      string `json:"name"`
	Key       string `json:"key"`
	NotBefore uint64 `json:"notBefore,omitempty"`
	NotAfter  uint64 `json:"notAfter,omitempty"`
}

// finalityOf returns what trust and the built-in defaults believe of a chain.
func finalityOf(trust *verifier.Trust, id verifier.ChainID) *believedFinality {
	chain := trust.WithDefaults().Chains[id]
	f := &believedFinality{Blocks: len(chain.Blocks)}
	if b := trust.Beacon(id); b != nil {
		var own verifier.TrustedBeacon // what the file says
		if c := trust.Chains[id]; c != nil && c.Beacon != nil {
			own = *c.Beacon
		}
		f.Network = b.Network.Name
		for _, period := range slices.Sorted(maps.Keys(b.Committees)) {
			since := b.Network.Time(b.Network.FirstSlot(period))
			root := newBelievedRoot(b.Committees[period], since)
			_, inFile := own.Committees[period]
			root.Period, root.Since, root.BuiltIn = &period, since.Format(time.RFC3339), !inFile
			f.Committees = append(f.Committees, root)
		}
		for _, list := range b.Summaries {
			date, _ := time.Parse(time.DateOnly, list.Date) // free text; the zero time if it is none
			root := newBelievedRoot(list, date)
			root.BuiltIn = !slices.Contains(own.Summaries, list)
			f.Summaries = append(f.Summaries, root)
		}
	}
	if w := chain.Witnesses; w != nil {
		f.Quorum = w.Quorum
		for _, k := range w.Keys {
			f.Witnesses = append(f.Witnesses, believedWitness{k.Key.Name(), k.Key.String(), k.NotBefore, k.NotAfter})
		}
	}
	return f
}

func newBelievedRoot(r verifier.TrustedRoot, since time.Time) believedRoot {
	b := believedRoot{Root: r.Root, Origin: r.Origin, Date: r.Date}
	if !since.IsZero() {
		days := int(max(0, time.Since(since)).Hours() / 24)
		b.AgeDays = &days
	}
	return b
}

// showFinality says what is believed, from where and how old it is.
func showFinality(c *cli.Context, f *believedFinality) {
	var by []string
	if f.Blocks > 0 {
		by = append(by, plural(f.Blocks, "pinned block", "pinned blocks"))
	}
	if n := len(f.Committees); n > 0 {
		newest := f.Committees[n-1]
		by = append(by, fmt.Sprintf("sync committees of %s, the newest one %s", printable(f.Network), old(newest.AgeDays)))
	}
	if len(f.Summaries) > 0 {
		by = append(by, plural(len(f.Summaries), "list of old blocks", "lists of old blocks"))
	}
	if f.Quorum > 0 {
		names := make(map[string]bool)
		for _, w := range f.Witnesses {
			names[w.Name] = true
		}
		by = append(by, fmt.Sprintf("%d of %s", f.Quorum, plural(len(names), "witness", "witnesses")))
	}
	switch {
	case len(by) > 0:
		result(c, "  final by  %s", strings.Join(by, "; "))
	case f.Network != "":
		result(c, "  final by  nothing yet: hallmark trust update gets a first sync committee of %s, hallmark trust pin a block",
			printable(f.Network))
	default:
		result(c, "  final by  nothing yet: hallmark trust pin gets a block")
	}
	for _, r := range f.Committees {
		result(c, "  committee %d  %s", *r.Period, r.Root)
		result(c, "            since %s, %s: %s", r.Since, old(r.AgeDays), origin(r))
	}
	for _, r := range f.Summaries {
		result(c, "  summaries %s", r.Root)
		result(c, "            %s: %s", old(r.AgeDays), origin(r))
	}
	for _, w := range f.Witnesses {
		bounds := ""
		if w.NotBefore != 0 {
			bounds += "  from " + unixTime(w.NotBefore)
		}
		if w.NotAfter != 0 {
			bounds += "  until " + unixTime(w.NotAfter)
		}
		result(c, "  witness   %s%s", w.Key, bounds)
	}
}

func old(days *int) string {
	if days == nil {
		return "of a day that is not stated"
	}
	return plural(*days, "day old", "days old")
}

func origin(r believedRoot) string {
	if r.Origin == "" {
		return "the file does not say where it is from"
	}
	s := printable(r.Origin)
	if r.Date != "" {
		s += " (" + printable(r.Date) + ")"
	}
	return s
}

// showTrustJSON writes the trust store on one line, with what makes blocks final and the trust
// lists beside it.
func showTrustJSON(c *cli.Context, trust *verifier.Trust, lists *keptLists) error {
	data, err := trust.Encode()
	if err != nil {
		return err
	}
	store := jsontext.Value(data)
	if err := store.Compact(); err != nil {
		return err
	}
	all := make(map[verifier.ChainID]*believedFinality)
	for id := range trust.WithDefaults().Chains {
		all[id] = finalityOf(trust, id)
	}
	var finality bytes.Buffer
	if err := run.JSON(&finality, all); err != nil {
		return err
	}
	shown := make([]shownList, len(lists.lists))
	for i, l := range lists.lists {
		shown[i] = lists.shown(lists.files[i], l)
	}
	var listed bytes.Buffer
	if err := run.JSON(&listed, shown); err != nil {
		return err
	}
	_, err = fmt.Fprintf(run.Exact(c.App.Writer), "%s,\"finality\":%s,\"lists\":%s}\n",
		bytes.TrimSuffix(store, []byte("}")), bytes.TrimSpace(finality.Bytes()), bytes.TrimSpace(listed.Bytes()))
	return err
}
