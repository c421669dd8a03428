package issuer_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/internal/sharedtest"
	"github.com/hallmark-node/hallmark/issuer"
)

const (
	anna = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"
	bert = "bafkreibopuwahkkqplrgl3hvwu2wrbnfgoj2eau5eqjzjglsmwq2ewxpyy"
)

// read returns the lines of a list and their CIDs, or the error.
func read(list string) (string, error) {
	var got []string
	for in, err := range (&issuer.Sources{Lists: []string{"-"}, Stdin: strings.NewReader(list)}).Inputs(context.Background()) {
		if err != nil {
			return strings.Join(got, " "), err
		}
		id, err := credential.CIDFromBytes(in.CID)
		if err != nil {
			return "", err
		}
		got = append(got, fmt.Sprint(in.Line, " ", id))
	}
	return strings.Join(got, " "), nil
}

func utf16Text(s string, high, low int) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		two := [2]byte{}
		two[high], two[low] = byte(unit>>8), byte(unit)
		out = append(out, two[:]...)
	}
	return string(out)
}

// Lists of CIDs as editors and spreadsheets write them.
func TestLists(t *testing.T) {
	one, two := "1 "+anna, "2 "+anna
	for name, c := range map[string]struct{ list, want string }{
		"lines":                         {anna + "\n" + bert + "\n", one + " 2 " + bert},
		"lines of Windows":              {anna + "\r\n\r\n" + bert, one + " 3 " + bert},
		"a byte order mark":             {"\ufeff" + anna + "\n", one},
		"empty lines before":            {"\n \r\n" + anna, "3 " + anna},
		"commas":                        {"name,cid\nAnna," + anna + "\n", two},
		"semicolons":                    {"cid;name\r\n" + anna + ";Anna\r\n", two},
		"tabs":                          {"name\tCID\nAnna\t" + anna, two},
		"quotes":                        {"\"name\",\" Cid \"\n\"A, \"\"B\"\"\",\"" + anna + "\"\n", two},
		"a byte order mark and a table": {"\ufeffcid,name\n" + anna + ",Anna\n", two},
		"one column":                    {"cid\n" + anna + "\n", two},
		"empty lines before a table":    {"\n\ncid;x\n" + anna + ";y\n", "4 " + anna},
		"empty lines of a table":        {"cid;x\n;\n" + anna + ";y\n\n;;\n", "3 " + anna},
		"lines that end early":          {"cid,x,y\n" + anna + "\n" + bert + ",1\n", two + " 3 " + bert},
		"what spreadsheets tell":        {"sep=;\r\nname;cid\r\nAnna, B.;" + anna + "\r\n", "3 " + anna},
	} {
		if got, err := read(c.list); got != c.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", name, got, err, c.want)
		}
	}
}

// What cannot be read is an error of what was given, which names the line or says why.
func TestListsThatAreNone(t *testing.T) {
	for name, c := range map[string]struct{ list, says string }{
		"no column":                 {"name,email\nAnna,anna@college.example\n", `there is no column cid: its first line is "name,email"`},
		"no column, by semicolons":  {"\ufeffname;email\n", "there is no column cid"},
		"two columns":               {"cid,name,CID\n" + anna + ",x," + bert, "more than one column cid"},
		"UTF-16":                    {"\xff\xfe" + utf16Text("cid\tname\n", 1, 0), "UTF-16"},
		"UTF-16, the other way":     {"\xfe\xff" + utf16Text("cid\tname\n", 0, 1), "UTF-16"},
		"UTF-16 without a mark":     {utf16Text(anna, 1, 0), "UTF-16"},
		"JSON lines":                {`{"cid":"` + anna + `"}` + "\n", "it is JSON"},
		"carriage returns":          {"cid\r" + anna + "\r", "carriage returns"},
		"a CID that is none":        {"cid,name\n" + anna + ",x\nbafy,y\n", "line 3: not a CID"},
		"no CID in a line":          {"cid,name\n" + anna + ",x\n,y\n", "line 3: the column cid is empty"},
		"a line that ends too soon": {"name,cid\nAnna\n", "line 2: the column cid is empty"},
		"a quotation mark":          {"name,cid\n\"Anna," + anna + "\n", "a quotation mark is not closed"},
		"a header alone":            {"cid,name\n", "nothing follows the header"},
		"nothing":                   {"", "holds no CID"},
		"empty lines":               {"\n\n", "holds no CID"},
		"a word":                    {"credentials\n" + anna, "line 1: not a CID"},
	} {
		if _, err := read(c.list); err == nil || !strings.Contains(err.Error(), c.says) || !fault.OfInput(err) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.says)
		}
	}
}

// Tables as people export them.
func TestSharedLists(t *testing.T) {
	for name, says := range map[string]string{
		"nocol.csv": `there is no column cid: its first line is "name,email"`,
		"utf16.csv": `it is UTF-16, such as the "Unicode text" of Excel: save it as "CSV UTF-8"`,
	} {
		list, err := os.ReadFile(sharedtest.Path(t, "cases", "csv", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(string(list)); err == nil || !strings.Contains(err.Error(), says) || !fault.OfInput(err) {
			t.Errorf("%s: %v, want an error with %q", name, err, says)
		}
	}
}

// Whatever a list holds, what is taken of it stands in it.
func FuzzLists(f *testing.F) {
	f.Add("cid;name\n" + anna + ";x\n")
	f.Add("sep=,\n\ncid,x\n\"" + anna + "\"\n")
	f.Add(anna + "\n" + bert)
	f.Fuzz(func(t *testing.T, list string) {
		for in, err := range (&issuer.Sources{Lists: []string{"-"}, Stdin: strings.NewReader(list)}).Inputs(context.Background()) {
			if err != nil {
				return
			}
			id, err := credential.CIDFromBytes(in.CID)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(list, "\n")
			if in.Line < 1 || in.Line > len(lines) || !strings.Contains(strings.Join(lines[in.Line-1:], "\n"), id.String()) {
				t.Fatalf("line %d does not hold %s", in.Line, id)
			}
		}
	})
}
