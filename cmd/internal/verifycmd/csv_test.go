package verifycmd

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// TestCells: no cell can be run by a spreadsheet, break its row, or hide a part of
// itself.
func TestCells(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"Müller":          "Müller",
		`=HYPERLINK("x")`: `'=HYPERLINK("x")`,
		"+1":              "'+1",
		"-1":              "'-1",
		"@SUM(A1)":        "'@SUM(A1)",
		"\t=1":            `\u0009=1`,
		"\r=1":            `\u000d=1`,
		"\n=1":            `\u000a=1`,
		"a,b;c":           "a,b;c",
		"two\r\nlines":    `two\u000d\u000alines`,
		"\u202egnp.exe":   `\u202egnp.exe`,
		"\xff":            `\xff`,
		`"quoted"`:        `"quoted"`,
		"a=b":             "a=b",
		"Ada;=1+1":        "Ada;'=1+1",
		"Ada; -1":         "Ada; '-1",
		`a,"=1`:           `a,"'=1`,
		"＝1":              "'＝1",
		"'=1":             "'=1",
	} {
		var out bytes.Buffer
		writeCSV(&out, []string{"x", text, "y"})
		if !strings.HasSuffix(out.String(), "\r\n") || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%q is written as %q", text, out.String())
		}
		record, err := csv.NewReader(&out).Read()
		if err != nil || !slices.Equal(record, []string{"x", want, "y"}) {
			t.Errorf("%q is read back as %q, %v, want %q", text, record, err, want)
		}
	}
}
