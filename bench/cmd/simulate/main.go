// Command simulate prints the tables of docs/scale.md and docs/operations/managed.md, from what make bench measured
// (bench/results.json) and from what is assumed of prices and networks (assumptions.json, built in):
//
//	make simulate                              # print, and write them into the documents
//	bin/simulate -results FILE -write=false    # of other measurements, and print alone
//
// Most tables are arithmetic. How long a submission takes until it is final, with batches, blocks, epochs
// and leaders that die, is simulated event by event. The same input gives the same tables.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	results := flag.String("results", "bench/results.json", "`FILE` of make bench")
	write := flag.Bool("write", true, "write the tables into the documents, each between its marks")
	flag.Parse()
	if err := run(*results, *write); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

func run(results string, write bool) error {
	m, err := readMeasured(results)
	if err != nil {
		return err
	}
	a, err := readAssumptions()
	if err != nil {
		return err
	}
	all := tables(m, a)
	for _, t := range all {
		fmt.Printf("%s\n\n%s\n", t.name, t.text)
	}
	if !write {
		return nil
	}
	for _, t := range all {
		text, err := os.ReadFile(t.document)
		if err != nil {
			return err
		}
		if text, err = place(text, t); err != nil {
			return err
		}
		if err := os.WriteFile(t.document, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// place puts a table between its marks, as in docs/performance.md.
func place(text []byte, t table) ([]byte, error) {
	begin, end := "<!-- begin: "+t.name+" -->\n", "<!-- end -->\n"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return nil, fmt.Errorf("%s has no place for the table %q", t.document, t.name)
	}
	return []byte(head + begin + t.text + end + tail), nil
}
