package skills

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hallmark-node/hallmark/credential"
)

// Bounds of what is wanted.
const (
	MaxWantFile = 1 << 20 // bytes
	maxWanted   = 10_000  // skills
)

// ReadWanted reads a list of skills that are wanted: a schema.org JobPosting in JSON-LD, a table
// (CSV with commas, semicolons or tabs) that has a column url, code or name, or lines. Each skill is
// once in the result, in the order of the file.
//
// A line is a URL, a CTID, a code of O*NET, or words; what follows # at its beginning is a remark. The
// columns are framework, code, url and name, or as OB, ESCO and schema.org call them (targetCode,
// conceptUri, termCode and so on); others are ignored.
//
// A code whose framework nobody names is an error, as is a skill whose URL and code contradict
// each other: what is wanted must be plain.
func ReadWanted(data []byte) ([]credential.Alignment, error) {
	if len(data) > MaxWantFile {
		return nil, fmt.Errorf("it is longer than %d KiB", MaxWantFile>>10)
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, errors.New("it is UTF-16: save it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8 text")
	}
	w := wanted{seen: make(map[credential.Alignment]bool)}
	var err error
	switch first := bytes.TrimSpace(data); {
	case bytes.HasPrefix(first, []byte("{")), bytes.HasPrefix(first, []byte("[")):
		err = w.readPosting(first)
	default:
		if comma, columns := tableOf(data); columns != nil {
			err = w.readTable(data, comma, columns)
		} else {
			err = w.readLines(string(data))
		}
	}
	if err == nil && len(w.all) == 0 {
		err = errors.New("it names no skill")
	}
	return w.all, err
}

// wanted collects what is wanted.
type wanted struct {
	all  []credential.Alignment
	seen map[credential.Alignment]bool
}

func (w *wanted) add(a credential.Alignment) error {
	a = credential.Alignment{
		Name: strings.TrimSpace(a.Name), Framework: strings.TrimSpace(a.Framework),
		Code: strings.TrimSpace(a.Code), URL: strings.TrimSpace(a.URL),
	}
	a.Framework = cmp.Or(a.Framework, frameworkByCode(a.Code))
	switch {
	case a.Name == "" && a.Code == "" && a.URL == "" || w.seen[a]:
		return nil
	case a.Code != "" && len(Wanted(a)) == 0 && read(a).contradicts():
		return fmt.Errorf("%s and %s are two skills", credential.Quoted(a.URL), credential.Quoted(a.Code))
	case a.Code != "" && len(Wanted(a)) == 0:
		return fmt.Errorf("of the code %s the framework is not named", credential.Quoted(a.Code))
	case a.URL != "" && len(Wanted(a)) == 0:
		return fmt.Errorf("%s is not the URL of a skill", credential.Quoted(a.URL))
	case len(w.all) == maxWanted:
		return fmt.Errorf("it names more than %d skills", maxWanted)
	}
	w.seen[a] = true
	w.all = append(w.all, a)
	return nil
}

// frameworkByCode returns the framework of a code whose shape only one has that people write
// without it.
func frameworkByCode(code string) string {
	if socCode().MatchString(code) || elementCode().MatchString(code) {
		return "O*NET"
	}
	return ""
}

// statedBy is what one text states: a URL, a code, or words.
func statedBy(text string) credential.Alignment {
	text = strings.TrimSpace(text)
	_, link := parseURL(text)
	switch {
	case link, urn().MatchString(text), ctid().MatchString(text):
		return credential.Alignment{URL: text}
	case frameworkByCode(text) != "", bareGUID().MatchString(text):
		return credential.Alignment{Code: text, Framework: frameworkByCode(text)}
	}
	return credential.Alignment{Name: text}
}

func (w *wanted) readLines(text string) error {
	const table = "several things stand in one line; a table needs a header such as framework,code,url,name"
	number := 0
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		number++
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			continue
		}
		a := statedBy(line)
		if lower := strings.ToLower(a.Name); strings.Contains(lower, "http://") || strings.Contains(lower, "https://") ||
			anyGUID().MatchString(lower) { // would be looked for as words
			return fmt.Errorf("line %d: %s", number, table)
		}
		if err := w.add(a); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return nil
}

// columnNames are what tables call the members of an alignment, by their letters alone.
var columnNames = map[string]string{
	"framework": "framework targetframework educationalframework indefinedtermset taxonomy",
	"code":      "code targetcode termcode onetsoccode elementid ctid",
	"url":       "url uri targeturl concepturi link",
	"name":      "name targetname skill skillname preferredlabel title elementname",
}

// tableOf looks at the first line, and returns what separates its columns and where those that
// are known are; none if it is not the header of a table.
func tableOf(data []byte) (comma rune, columns map[string]int) {
	line, _, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte("\n"))
	for _, comma := range []rune{',', ';', '\t'} {
		in := csv.NewReader(bytes.NewReader(line))
		in.Comma = comma
		header, err := in.Read()
		if err != nil {
			continue
		}
		columns := make(map[string]int)
		for i, cell := range header {
			for column, names := range columnNames {
				_, taken := columns[column]
				if name := letters(cell); !taken && name != "" && slices.Contains(strings.Fields(names), name) {
					columns[column] = i
				}
			}
		}
		if _, alone := columns["framework"]; len(columns) > 1 || len(columns) == 1 && !alone {
			return comma, columns
		}
	}
	return 0, nil
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

func (w *wanted) readTable(data []byte, comma rune, columns map[string]int) error {
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = comma, -1, true
	for header := true; ; header = false {
		record, err := in.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &syntax):
			return fmt.Errorf("line %d: a quotation mark is not where a table has one", syntax.Line)
		case err != nil:
			return err
		case header:
			continue
		}
		line, _ := in.FieldPos(0)
		cell := func(column string) string {
			i, ok := columns[column]
			if !ok || i >= len(record) {
				return ""
			}
			return record[i]
		}
		a := credential.Alignment{Name: cell("name"), Framework: cell("framework"), Code: cell("code"), URL: cell("url")}
		if err := w.add(a); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}
