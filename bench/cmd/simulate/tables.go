package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// perDay are the credentials in a day that the tables are about.
var perDay = []float64{1e6, 1e7, 1e8, 1e9, 1e10}

// Documents that have tables, from the folder of the project.
const (
	paper   = "docs/scale.md"
	managed = "docs/operations/managed.md"
)

// table is one of a document, in Markdown.
type table struct{ document, name, text string }

func tables(m measured, a assumptions) []table {
	return []table{
		{paper, "assumptions", assumptionsTable(a)},
		{paper, "load", loadTable(a)},
		{paper, "slopes", slopesTable(m)},
		{paper, "saturation", saturationTable(m, a)},
		{paper, "volume", volumeTable(m, a)},
		{paper, "anchor", anchorTable(m, a)},
		{paper, "cost", costTable(m, a)},
		{paper, "revocation", revocationTable(m, a)},
		{paper, "issuers", issuersTable(m, a)},
		{paper, "writer", writerTable(a)},
		{paper, "latency", latencyTable(a)},
		{paper, "through", throughTable(m, a)},
		{managed, "sizing", sizingTable(m, a)},
	}
}

// rows is a table that is being written.
type rows struct{ strings.Builder }

// newRows begins one; the first column is text, the others are numbers.
func newRows(head ...string) *rows {
	r := new(rows)
	r.add(head...)
	r.WriteString("|---|" + strings.Repeat("---:|", len(head)-1) + "\n")
	return r
}

func (r *rows) add(cells ...string) { r.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

// each adds a row with a value for each of [perDay].
func (r *rows) each(name string, value func(n float64) string) {
	cells := []string{name}
	for _, n := range perDay {
		cells = append(cells, value(n))
	}
	r.add(cells...)
}

func daysHead(first string) *rows {
	head := []string{first}
	for _, n := range perDay {
		head = append(head, count(n))
	}
	return newRows(head...)
}

// short writes a number with three digits that count.
func short(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 1000:
		unit := math.Pow(10, math.Floor(math.Log10(v))-2)
		return grouped(math.Round(v/unit) * unit)
	case v < 1e-4:
		return strconv.FormatFloat(v, 'e', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func grouped(v float64) string {
	text := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// count writes a number of credentials.
func count(n float64) string {
	if n >= 1e9 {
		return short(n/1e9) + " billion"
	}
	return short(n/1e6) + " million"
}

func size(bytes float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB", "TB"} {
		if bytes < 1000 {
			return short(bytes) + " " + unit
		}
		bytes /= 1000
	}
	return short(bytes) + " PB"
}

func usd(v float64) string { return "$" + short(v) }

func passed(seconds float64) string {
	if seconds < 120 {
		return short(seconds) + " s"
	}
	return short(seconds/60) + " min"
}

func assumptionsTable(a assumptions) string {
	r := newRows("assumed on "+a.Date, "quiet", "usual", "bad")
	for _, n := range a.Networks {
		r.add(fmt.Sprintf("%s: a gas, in gwei (1e-9 %s)", n.Name, n.Coin), short(n.Gwei[0]), short(n.Gwei[1]), short(n.Gwei[2]))
	}
	r.add("Ethereum's base fee, for rollups, in gwei", short(a.BaseFeeGwei[0]), short(a.BaseFeeGwei[1]), short(a.BaseFeeGwei[2]))
	r.add("Ethereum's blob fee, in gwei", short(a.BlobFeeGwei[0]), short(a.BlobFeeGwei[1]), short(a.BlobFeeGwei[2]))
	one := func(what, value string) { r.add(what, "", value, "") }
	one("an ether; an xDAI", usd(a.USDPerEther)+"; "+usd(a.USDPerXDAI))
	one("object storage, a GB and month; leaving the cloud, a GB", usd(a.USDPerGBMonth)+"; "+usd(a.USDPerGBOut))
	one("the busiest second of a day, of the average", short(a.PeakFactor)+"x")
	one("proofs read for each credential", short(a.ReadsPerCredential))
	one("a process is used up to this part of what it can do", short(a.MostOfCapacity))
	one("transactions that are in the next block", short(a.Inclusion))
	one("a managed PostgreSQL fails over in", passed(a.DatabaseFailover.seconds()))
	return r.String()
}

func loadTable(a assumptions) string {
	r := daysHead("credentials a day")
	const day = 24 * 3600
	r.each("a second, on average", func(n float64) string { return short(n / day) })
	r.each("a second, at the peak", func(n float64) string { return short(a.PeakFactor * n / day) })
	for _, each := range []float64{1, 1000, 1e6} {
		r.each(fmt.Sprintf("submissions a second at the peak, of %s each", grouped(each)), func(n float64) string {
			return short(a.PeakFactor * n / day / each)
		})
	}
	return r.String()
}

// slopesTable is what one more credential takes, and how work grows: by n to the power of the exponent.
func slopesTable(m measured) string {
	r := newRows("work", "for one more, of a million to ten million", "exponent there", "hours of two cores for 10 billion")
	for _, part := range []struct{ id, what string }{
		{"hash", "leaves hashed (issuer)"},
		{"new", "sorted, and the tree (issuer)"},
		{"ack", "received, the tree again, on disk (node)"},
		{"paths", "all paths (issuer, or node)"},
		{"check", "all paths checked in order (verifier)"},
	} {
		million, tenMillion := m.of("grow-"+part.id+"-1m"), m.of("grow-"+part.id+"-10m") // ms
		slope := (tenMillion - million) / 9e6                                            // ms
		r.add(part.what+", `grow-"+part.id+"`", short(1e6*slope)+" ns", short(math.Log10(tenMillion/million)), short(slope*1e10/3.6e6))
	}
	return r.String()
}

// saturationTable is how many processes, or clusters of them, each like the one that was measured, a
// part takes at the peak.
func saturationTable(m measured, a assumptions) string {
	r := daysHead("processes, or clusters, at the peak, each as measured")
	for _, id := range m.rates() {
		rate, unit := m.of(id), 1.0
		if id == "serve-proof" {
			unit = a.ReadsPerCredential
		}
		r.each(fmt.Sprintf("`%s`: %s a second", id, short(rate)), func(n float64) string {
			need := a.PeakFactor * n * unit / (24 * 3600) / rate
			if need < a.MostOfCapacity {
				return fmt.Sprintf("1 (%s %% of it)", short(100*need))
			}
			return grouped(math.Ceil(need / a.MostOfCapacity))
		})
	}
	return r.String()
}

// sizingTable is what to begin with.
func sizingTable(m measured, a assumptions) string {
	r := daysHead("credentials a day")
	// least: 2, so that one may fail; of clusters, which have several processes, 1.
	needed := func(id string, each, least float64) func(float64) string {
		return func(n float64) string {
			need := a.PeakFactor * n * each / (24 * 3600) / m.of(id) / a.MostOfCapacity
			return grouped(math.Max(least, math.Ceil(need)))
		}
	}
	r.each("processes that serve, each credential read "+short(a.ReadsPerCredential)+" times (`serve-proof`)",
		needed("serve-proof", a.ReadsPerCredential, 2))
	for _, id := range m.rates() {
		if strings.HasPrefix(id, "cluster-") {
			// All of a cluster write into one log, so what more is needed is another cluster.
			at := id[strings.LastIndexByte(id, '-')+1:]
			r.each(fmt.Sprintf("clusters, with so many processes that take submissions each: %s (`%s`)", at, id), needed(id, 1, 1))
		}
	}
	// Twice of what was measured, and up to a power of two.
	mib := math.Exp2(math.Ceil(math.Log2(2 * m.of("memory"))))
	r.each("memory of each process (`memory`), with room", func(float64) string { return short(mib/1024) + " GiB" })
	r.each("a folder grows in a year by (`disk`)", func(n float64) string { return size(365 * n * m.of("disk")) })
	for i := range m {
		if strings.HasPrefix(m[i].ID, "cluster-") && m[i].Unit == "bytes/credential" {
			r.each(fmt.Sprintf("%s (`%s`), grows in a year by", m[i].Work, m[i].ID), func(n float64) string { return size(365 * n * m[i].Ours) })
		}
	}
	return r.String()
}

func volumeTable(m measured, a assumptions) string {
	r := daysHead("credentials a day")
	disk, proof, packed := m.of("disk"), m.of("bytes-proof-cbor"), m.of("bytes-proof-gzip")
	const leaf = 32
	r.each("node's store, grows by a day", func(n float64) string { return size(n * disk) })
	r.each("and by a year", func(n float64) string { return size(n * disk * 365) })
	r.each("its storage after a year, a month", func(n float64) string { return usd(n * disk * 365 / 1e9 * a.USDPerGBMonth) })
	r.each("in: submissions, a day", func(n float64) string { return size(n * leaf) })
	r.each("out: to one mirror, a day", func(n float64) string { return size(n * leaf) })
	r.each("out: proofs that are read one by one, a day", func(n float64) string { return size(n * packed * a.ReadsPerCredential) })
	r.each("what that costs, a day", func(n float64) string { return usd(n * packed * a.ReadsPerCredential / 1e9 * a.USDPerGBOut) })
	r.each("issuers' proof files, one by one, a day", func(n float64) string { return size(n * proof) })
	return r.String()
}

func latencyTable(a assumptions) string {
	r := newRows("submissions a second, and what happens",
		"sealed: half", "99 %", "in a block: half", "99 %", "final: half", "99 %", "the last")
	ethereum := a.Networks[0]
	var list []scenario
	for _, n := range a.Networks {
		list = append(list, scenario{name: n.Name + ", 1", network: n, rate: 1, levels: 1})
	}
	list = append(list,
		scenario{name: "Ethereum, 0.01", network: ethereum, rate: 0.01, levels: 1},
		scenario{name: "Ethereum, 20: batches are full before they are old", network: ethereum, rate: 20, levels: 1},
		scenario{name: "Ethereum, 1, the leader is killed 6 times an hour", network: ethereum, rate: 1, kills: 6, levels: 1},
		scenario{
			name: "Ethereum, 1, the database fails over once an hour", network: ethereum, rate: 1, kills: 1,
			down: a.DatabaseFailover.seconds(), levels: 1,
		},
		scenario{name: "Ethereum, 1, through one other node", network: ethereum, rate: 1, levels: 2},
		scenario{name: "Ethereum, 1, through two other nodes", network: ethereum, rate: 1, levels: 3})
	for _, s := range list {
		l := simulate(a, s)
		cells := []string{s.name}
		for _, times := range [][]float64{l.sealed, l.mined, l.final} {
			cells = append(cells, passed(quantile(times, 0.5)), passed(quantile(times, 0.99)))
		}
		r.add(append(cells, passed(l.final[len(l.final)-1]))...)
	}
	return r.String()
}
