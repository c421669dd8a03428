package verifycmd

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier/files"
)

// csvColumns are the columns of --csv. Their names and order are fixed; new ones
// may come at the end.
var csvColumns = []string{
	"file", "verdict", "issuer", "issuerAddress", "credentialName", "recipient", "anchoredAt", "statusAsOf", "reason", "test", "otherProofs",
	"reasonCode", "issuerBy", "issuerDomain", "issuerSince", "replacedBy",
}

// printCSV writes one record of the table. The columns issuer and issuerAddress come from
// the trust store and the proof; credentialName and recipient are the document's own claims,
// and empty where it was not checked.
func printCSV(w io.Writer, res files.Result) {
	record := make([]string, len(csvColumns))
	record[0], record[1] = res.Name, res.Word()
	var others []string
	for _, o := range res.Others {
		others = append(others, o.File+" "+o.Verdict)
	}
	record[10] = strings.Join(others, "; ")
	switch r := res.Report; {
	case res.Skipped != "":
		record[8] = res.Skipped
	case res.Err != nil:
		record[8] = withoutName(res)
	default:
		if r.Test {
			record[9] = "test"
		}
		record[2], record[3] = r.IssuerName, r.Issuer.String()
		record[4], record[5] = strings.Join(r.Document.Names, "; "), recipient(r.Document)
		record[6], record[7] = files.TimeText(r.AnchoredAt), files.TimeText(r.StatusAsOf)
		record[8] = files.Because(r)
		record[11], record[12], record[13], record[14] = string(r.Reason), string(r.IssuerBy), r.IssuerDomain, files.TimeText(r.IssuerSince)
		record[15] = r.ReplacedBy
		if unchecked(r) && record[8] == "" {
			record[8] = documentUnchecked
		}
	}
	writeCSV(w, record)
}

// recipient is who received a credential, as the document states it: a name and
// identifiers, or hashes of these.
func recipient(d credential.Description) string {
	var parts []string
	if d.RecipientName != "" {
		parts = append(parts, d.RecipientName)
	}
	for _, identity := range d.Recipients {
		parts = append(parts, identity.String())
	}
	return strings.Join(parts, "; ")
}

// writeCSV writes a record as RFC 4180 has it.
func writeCSV(w io.Writer, record []string) {
	for i := range record {
		record[i] = cell(record[i])
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(record) // to a buffer, whose Flush returns the error
	out.Flush()
}

// cell makes a text safe for a spreadsheet, which would run what begins like a formula: an
// apostrophe is put before it, also behind a character that a spreadsheet may take for the
// end of a cell, such as a semicolon.
func cell(s string) string {
	return formula().ReplaceAllString(credential.Printable(s), "$1'$2")
}

// formula matches the beginning of a formula, also in the wide characters of East Asian
// scripts.
var formula = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|[;,|][ "]*)([=+\-@＝＋－＠])`)
})
