package main

import (
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// times is what one kind of request has taken, for programs.
type times struct {
	Count     int     `json:"count"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50"` // milliseconds, as those below
	P99       float64 `json:"p99"`
	Max       float64 `json:"max"`
}

func timesOf(r *load.Result) times {
	ms := func(q float64) float64 { return float64(r.Quantile(q).Microseconds()) / 1000 }
	return times{r.Done, r.Elapsed.Seconds(), r.Rate(), ms(0.5), ms(0.99), ms(1)}
}

// report is the result for programs.
type report struct {
	Node         string           `json:"node"`
	Home         verifier.Home    `json:"home"`
	Issuer       verifier.Address `json:"issuer"`
	Size         int              `json:"size"`
	Concurrency  int              `json:"concurrency"`
	Acknowledged times            `json:"acknowledged"` // submissions
	Credentials  float64          `json:"credentialsPerSecond"`
	Paused       float64          `json:"paused,omitzero"`     // seconds in between for making what was sent next
	Refused      int64            `json:"refused"`             // times that the node said to come again later
	FinalAfter   float64          `json:"finalAfter,omitzero"` // seconds after the last acknowledgement
	Read         times            `json:"read"`                // proofs
	ReadBytes    int64            `json:"readBytes"`           // of them
	Verified     int              `json:"verified"`            // proofs that hold
	Pending      int              `json:"pending"`             // of these, of submissions that are not final yet
	Failed       int              `json:"failed"`              // proofs that do not hold
	Reason       string           `json:"reason,omitzero"`     // why the first of these does not
	Against      string           `json:"against"`             // "trust store", or "inclusion and signature"
}

// line prints one line of the result, unless that is for programs.
func (b *loadRun) line(name, format string, args ...any) error {
	if b.c.Bool("json") {
		return nil
	}
	_, err := fmt.Fprintln(b.c.App.Writer, credential.Printable(fmt.Sprintf("%-13s "+format, append([]any{name}, args...)...)))
	return err
}

// describeTimes says what requests have taken.
func describeTimes(r *load.Result, rate float64, unit string) string {
	digits := 0
	if rate < 100 {
		digits = 1
	}
	return fmt.Sprintf("in %.2f s: %.*f %s, p50 %s, p99 %s, longest %s", r.Elapsed.Seconds(), digits, rate, unit,
		latency(r.Quantile(0.5)), latency(r.Quantile(0.99)), latency(r.Quantile(1)))
}

// latency writes a duration that is rather short.
func latency(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// plural writes a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
