package paper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// made is when the portfolios of tests are made.
var made = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// entries are badges of the tests as those of a portfolio.
func entries(t testing.TB, which ...int) (all []Badge) {
	t.Helper()
	for _, i := range which {
		all = append(all, Badge{fmt.Sprintf("badges/%d.json", i), documents[i], anchored(t, i)})
	}
	return all
}

func TestPortfolio(t *testing.T) {
	all := entries(t, plain, skilled, inlined, arabic, file, linked, hostile, long, noTitle, unclear)
	o := PortfolioOptions{options(t), made}
	pdf, err := Portfolio(all, o)
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("HALLMARK_PRINT"); path != "" { // to be looked at
		if err := os.WriteFile(path, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pages := textedPages(t, pdf)
	if len(pages) < 5 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, page := range pages {
		if n := fmt.Sprintf("%d / %d", i+1, len(pages)); !strings.Contains(page, n) {
			t.Errorf("page %d does not say %q:\n%s", i+1, n, page)
		}
	}
	cover, rest := pages[0], strings.Join(pages[1:], " ")
	for _, want := range []string{
		"of Pat Miller; ", "10 badges, made on 2026-03-04", "TIG welding",
		"http://data.europa.eu/esco/skill/ 11111111-2222-3333-4444-555555555555",
		"Welding, level 2", "badges/0.json", // a file without a title is called by its name
	} {
		if !strings.Contains(strings.Join(pages[:2], " "), want) {
			t.Errorf("the cover does not say %q:\n%s", want, cover)
		}
	}
	for i, e := range all {
		number := fmt.Sprintf("%d. ", i+1)
		if e.File == fmt.Sprintf("badges/%d.json", arabic) {
			number = "." // it stands to the right of the title
		}
		for _, want := range []string{number, e.Proof.Credential.String()[:40], "signed by the key " + e.Proof.Submission.Issuer.String()} {
			if !strings.Contains(rest, want) {
				t.Errorf("the section of %s does not say %q", e.File, want)
			}
		}
	}
	if got := strings.Count(rest, "Checked on 2026-03-04: "); got != len(all) {
		t.Errorf("%d of %d sections say what was checked", got, len(all))
	}
	for _, no := range []string{"VALID", "\u202e", "\x1b"} {
		if strings.Contains(rest+cover, no) {
			t.Errorf("it says %q", no)
		}
	}
	if n := bytes.Count(pdf, []byte("/Subtype /Image")); n == 0 {
		t.Error("no picture is printed")
	}
	again, err := Portfolio(all, PortfolioOptions{options(t), made})
	if err != nil || !bytes.Equal(again, pdf) {
		t.Errorf("the same badges do not give the same bytes: %v", err)
	}
}

// With an address the code is that of the page about the badge.
func TestPortfolioWithAddress(t *testing.T) {
	o := PortfolioOptions{options(t), made}
	o.URL = "https://college.example/b/{code}"
	all := entries(t, plain)
	pdf, err := Portfolio(all, o)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(o.URL, "{code}", qrproof.ShortOf(all[0].Proof.Leaf()).String())
	if text := strings.ReplaceAll(strings.Join(textedPages(t, pdf), ""), " ", ""); !strings.Contains(text, want) {
		t.Errorf("it does not say %q: %s", want, text)
	}
}

// A badge whose proof is not about it, or pending, or that was altered, is not printed.
func TestPortfolioRefuses(t *testing.T) {
	pending := *anchored(t, plain)
	pending.Batch, pending.Anchors = nil, nil
	for name, e := range map[string]Badge{
		"pending": {"p.json", documents[plain], &pending},
		"another": {"p.json", documents[linked], anchored(t, plain)},
	} {
		_, err := Portfolio([]Badge{entries(t, inlined)[0], e}, PortfolioOptions{options(t), made})
		if err == nil || !strings.HasPrefix(err.Error(), "p.json: ") || errors.Is(err, ErrPending) != (name == "pending") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Many badges with long texts stay on their pages.
func TestLongPortfolio(t *testing.T) {
	var which []int
	for range 8 {
		which = append(which, long)
	}
	pdf, err := Portfolio(entries(t, which...), PortfolioOptions{options(t), made})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(textedPages(t, pdf)); n < 5 || n > 12 {
		t.Errorf("%d pages", n)
	}
}
