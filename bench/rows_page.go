package main

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// pageRows measure the page that verifies, in Chromium. web/test/bench.mjs says what each is.
func pageRows(b *bench) error {
	if err := b.build(); err != nil {
		return err
	}
	out, err := command(b.ctx, "env", "HALLMARK="+b.program("hallmark"), "node", "web/test/bench.mjs", strconv.Itoa(2*b.runs))
	if err != nil {
		return err
	}
	var ms map[string]series
	if err := json.Unmarshal(out, &ms); err != nil {
		return err
	}
	for _, r := range []struct {
		id, name, work string
		aim            float64
	}{
		{"page-cold", "cold", "a badge and its proof are dropped on the page that verifies, with an empty cache and at 10 Mbit/s, " +
			"three seconds after the page takes files: until the verdict is painted", 1500},
		{"page-cold-at-once", "coldAtOnce", "the same, as soon as the page takes files", 1500},
		{"page-cold-png-at-once", "coldPngAtOnce", "the same, of a picture that carries badge and proof", 1500},
		{"page-warm", "warmJson", "a badge and its proof, where the page has answered before", 100},
		{"page-warm-png", "warmPng", "the same, of a picture that carries badge and proof", 100},
		{"page-warm-pdf", "warmPdf", "the same, of a PDF that carries its proof", 100},
	} {
		note := ""
		if r.aim > 1000 {
			note = fmt.Sprintf("the page takes files %s ms after the navigation began; the verifier is on the link for %s ms",
				number(ms["load"].median()), number(ms["link"].median()))
		}
		b.add(newResult(r.id, r.work, "ms", ms[r.name], nil).with("", goal{ours: r.aim}, note))
	}
	return nil
}
