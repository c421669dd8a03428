package verifycmd

import (
	"fmt"
	"io"
	"slices"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/skills"
	"github.com/hallmark-node/hallmark/verifier/files"
)

// printSkills writes a credential as a line, and its skills below.
func printSkills(w io.Writer, res files.Result) {
	printLine(w, res)
	for _, s := range files.SkillsOf(res.Report) {
		fmt.Fprintf(w, "  %-10s  %s\n", s.Result(res.Report.Verdict), skillText(s.Name, s.IDs))
	}
}

// skillText is a skill for people: its name, and the identity by which it is compared.
func skillText(name string, ids []skills.ID) string {
	if len(ids) == 0 {
		return quoted(name)
	}
	id := string(ids[0]) // whole, so that it can be copied
	if len(id) > maxID {
		id = id[:maxID] + "…"
	}
	if name == "" {
		return credential.Quoted(id)
	}
	return quoted(name) + " (" + credential.Quoted(id) + ")"
}

// maxID is how many bytes of an identity a line shows.
const maxID = 300

func printSkillsJSON(w io.Writer, res files.Result) {
	if res.Report == nil {
		printJSON(w, res)
		return
	}
	for _, row := range skillRows(res) {
		writeJSON(w, row)
	}
}

// skillRow is a row of --skills --json: a credential, and one skill of it.
type skillRow struct {
	files.Witness
	files.SkillRow
}

// skillRows are the rows of a credential; one without a skill for a credential that states none.
func skillRows(res files.Result) (all []skillRow) {
	rows := files.SkillRows(res.Report)
	if len(rows) == 0 {
		rows = []files.SkillRow{{Result: files.NoSkill}}
	}
	for _, row := range rows {
		all = append(all, skillRow{files.WitnessOf(res), row})
	}
	return all
}

// skillColumns are the columns of --skills --csv. Their names and order are fixed; new ones may
// come at the end.
var skillColumns = []string{
	"file", "verdict", "reasonCode", "issuer", "issuerAddress", "issuerBy", "issuerDomain", "credentialName", "recipient",
	"kind", "name", "framework", "code", "url", "id", "result",
}

func printSkillsCSV(w io.Writer, res files.Result) {
	if res.Report == nil {
		record := make([]string, len(skillColumns))
		record[0], record[1] = res.Name, res.Word()
		writeCSV(w, record)
		return
	}
	for _, s := range skillRows(res) {
		id := ""
		if len(s.IDs) > 0 {
			id = string(s.IDs[0])
		}
		writeCSV(w, slices.Concat(columns(s.Witness), []string{s.Kind, s.Name, s.Framework, s.Code, s.URL, id, s.Result}))
	}
}

// columns are those of a credential in both tables of skills.
func columns(w files.Witness) []string {
	return []string{
		w.File, string(w.Verdict), string(w.Reason), w.IssuerName, w.Issuer, w.IssuerBy, w.IssuerDomain, w.Achievement, w.Recipient,
	}
}
