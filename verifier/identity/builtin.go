package identity

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// BuiltIn returns the anchors that are shipped. They are made when they are first asked for,
// shared, and must not be changed.
func BuiltIn() *Anchors { return builtIn() }

var builtIn = sync.OnceValue(func() *Anchors {
	return &Anchors{Roots: must(bound(mozilla(), rootsData)), Logs: must(readLogs(logsData)), ZoneKeys: rootZoneKeys()}
})

var (
	//go:embed data/roots.txt
	rootsData string
	//go:embed data/logs.txt
	logsData string
)

// must is for data that is shipped, which a test reads.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// mozilla returns Mozilla's roots for web servers. The module has a function where it does
// not believe all certificates of a root: those that begin after a day.
func mozilla() (roots []Root) {
	for r := range bundle.Roots() {
		root := Root{Certificate: r.Certificate}
		if r.Constraint != nil {
			root.NotAfter = lastBefore(func(t time.Time) bool { return r.Constraint([]*x509.Certificate{{NotBefore: t}}) == nil })
		}
		roots = append(roots, root)
	}
	return roots
}

// lastBefore returns the last second at which ok holds, of those since 2000; a second before
// them if it holds at none. After one at which it does not, it holds at none.
func lastBefore(ok func(time.Time) bool) time.Time {
	low, high := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()-1, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for high-low > 1 {
		if mid := (low + high) / 2; ok(time.Unix(mid, 0)) {
			low = mid
		} else {
			high = mid
		}
	}
	return time.Unix(low, 0)
}

// bound applies what a text says of roots, in lines of four fields between tabs: SHA-256 of
// the certificate, the bound, the certificate in base64 if roots are without it by now, and
// a remark.
func bound(roots []Root, text string) ([]Root, error) {
	for line := range lines(text) {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			return nil, fmt.Errorf("root %q: %d fields", line, len(f))
		}
		notAfter, err := time.Parse(time.RFC3339, f[1])
		if err != nil {
			return nil, fmt.Errorf("root %s: %w", f[0], err)
		}
		has := func(r Root) bool { return fmt.Sprintf("%x", sha256.Sum256(r.Certificate)) == f[0] }
		i := slices.IndexFunc(roots, has)
		if i < 0 {
			der, err := base64.StdEncoding.DecodeString(f[2])
			if err != nil {
				return nil, fmt.Errorf("root %s: %w", f[0], err)
			}
			if i = len(roots); !has(Root{Certificate: der}) {
				return nil, fmt.Errorf("root %s: it is not there, and %q is not it", f[0], f[2])
			}
			roots = append(roots, Root{Certificate: bytes.Clone(der)})
		}
		if r := &roots[i]; r.NotAfter.IsZero() || notAfter.Before(r.NotAfter) {
			r.NotAfter = notAfter
		}
	}
	return roots, nil
}

// readLogs reads logs, in lines of five fields between tabs: the key in base64, the first and
// the last time of timestamps that count ("-": no bound), the operator, the description.
func readLogs(text string) (logs []Log, err error) {
	for line := range lines(text) {
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			return nil, fmt.Errorf("log %q: %d fields", line, len(f))
		}
		l := Log{Operator: f[3], Description: f[4]}
		if l.Key, err = base64.StdEncoding.DecodeString(f[0]); err != nil {
			return nil, fmt.Errorf("log %q: %w", f[4], err)
		}
		for at, field := range map[*time.Time]string{&l.NotBefore: f[1], &l.NotAfter: f[2]} {
			if field == "-" {
				continue
			}
			if *at, err = time.Parse(time.RFC3339, field); err != nil {
				return nil, fmt.Errorf("log %q: %w", f[4], err)
			}
		}
		logs = append(logs, l)
	}
	return logs, nil
}

// lines yields the lines of a text without empty ones and comments.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}
