package verifycmd

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/skills"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// What a credential does for a skill, and a wallet for one that is wanted.
const (
	shown     = "proven"     // a VALID credential states its code or URL
	wordOnly  = "word only"  // a VALID credential has it as words
	notProven = "not proven" // the credential is not VALID
	noSkill   = "none"       // the credential states none
	absent    = "absent"     // no VALID credential has it
)

// skill is one that a credential states: an alignment that has an identity, or mere words.
type skill struct {
	credential.Alignment
	ids []skills.ID // empty for words, which are the name
}

// isAward reports whether the document of a report was read, and is one that somebody earns: a
// badge class, for example, is not.
func isAward(r *verifier.Report) bool {
	if r == nil || !r.DocumentRead() {
		return false
	}
	switch r.Document.Kind {
	case credential.KindOB1Class, credential.KindOB2Class, credential.KindOB2Other, credential.KindCTDL,
		credential.KindOBIssuer, credential.KindOBLink,
		credential.KindEndorsement, credential.KindPresentation, credential.KindTrustList:
		return false
	}
	return true
}

// skillsOf returns what the document of a report says of skills, if it is an award: first those with
// an identity, then words.
func skillsOf(r *verifier.Report) (all []skill) {
	if !isAward(r) {
		return nil
	}
	var words []skill
	word := func(name string) { words = append(words, skill{credential.Alignment{Name: name}, nil}) }
	for _, a := range r.Document.Alignments {
		switch ids := skills.IDs(a); {
		case len(ids) > 0:
			all = append(all, skill{a, ids})
		case a.Name != "":
			word(a.Name)
		}
	}
	for _, tag := range r.Document.Tags {
		word(tag)
	}
	return append(all, words...)
}

// result says what a credential with this verdict does for the skill.
func (s skill) result(v verifier.Verdict) string {
	switch {
	case v != verifier.Valid:
		return notProven
	case len(s.ids) == 0:
		return wordOnly
	}
	return shown
}

// printSkills writes a credential as a line, and its skills below.
func printSkills(w io.Writer, res result) {
	printLine(w, res)
	for _, s := range skillsOf(res.report) {
		fmt.Fprintf(w, "  %-10s  %s\n", s.result(res.report.Verdict), skillText(s.Name, s.ids))
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

// witness is a credential and who issued it, as the tables of skills name it.
type witness struct {
	File         string           `json:"file"`
	Verdict      verifier.Verdict `json:"verdict"`
	Reason       verifier.Reason  `json:"reason,omitempty"`
	Credential   string           `json:"credential"`
	Issuer       string           `json:"issuer"`
	IssuerName   string           `json:"issuerName,omitempty"` // in the trust store
	IssuerBy     string           `json:"issuerBy,omitempty"`
	IssuerDomain string           `json:"issuerDomain,omitempty"`
	Achievement  string           `json:"achievement,omitempty"` // the first title
	Recipient    string           `json:"recipient,omitempty"`   // a name or an identifier
}

func witnessOf(res result) witness {
	r := res.report
	w := witness{
		File: res.name, Verdict: r.Verdict, Reason: r.Reason, Credential: r.Credential,
		Issuer: r.Issuer.String(), IssuerName: r.IssuerName, IssuerBy: string(r.IssuerBy), IssuerDomain: r.IssuerDomain,
	}
	if d := r.Document; r.DocumentRead() {
		w.Recipient = d.RecipientName
		if len(d.Recipients) > 0 {
			w.Recipient = cmp.Or(w.Recipient, d.Recipients[0].String())
		}
		if len(d.Names) > 0 {
			w.Achievement = d.Names[0]
		}
	}
	return w
}

// issuedBy is who issued, for people.
func (w *witness) issuedBy() string {
	switch {
	case w.IssuerBy != string(verifier.ByStore) && w.IssuerDomain != "":
		return identity.Display(w.IssuerDomain)
	case w.IssuerName != "":
		return quoted(w.IssuerName)
	}
	return w.Issuer
}

// skillJSON is a row of --skills --json: a credential, and one skill of it.
type skillJSON struct {
	witness
	Kind      string      `json:"kind,omitempty"` // code or word
	Name      string      `json:"name,omitempty"`
	Framework string      `json:"framework,omitempty"`
	Code      string      `json:"code,omitempty"`
	URL       string      `json:"url,omitempty"`
	IDs       []skills.ID `json:"ids,omitempty"`
	Result    string      `json:"result"`
}

// skillRows are the rows of a credential; one without a skill for a credential that states none.
func skillRows(res result) []skillJSON {
	who := witnessOf(res)
	rows := []skillJSON{{witness: who, Result: noSkill}}
	for _, s := range skillsOf(res.report) {
		kind := "word"
		if len(s.ids) > 0 {
			kind = "code"
		}
		rows = append(rows, skillJSON{who, kind, s.Name, s.Framework, s.Code, s.URL, s.ids, s.result(who.Verdict)})
	}
	if len(rows) > 1 {
		rows = rows[1:]
	}
	return rows
}

func printSkillsJSON(w io.Writer, res result) {
	if res.report == nil {
		printJSON(w, res)
		return
	}
	for _, row := range skillRows(res) {
		writeJSON(w, row)
	}
}

// skillColumns are the columns of --skills --csv. Their names and order are fixed; new ones may
// come at the end.
var skillColumns = []string{
	"file", "verdict", "reasonCode", "issuer", "issuerAddress", "issuerBy", "issuerDomain", "credentialName", "recipient",
	"kind", "name", "framework", "code", "url", "id", "result",
}

func printSkillsCSV(w io.Writer, res result) {
	if res.report == nil {
		record := make([]string, len(skillColumns))
		record[0], record[1] = res.name, verdictWord(res)
		writeCSV(w, record)
		return
	}
	for _, s := range skillRows(res) {
		id := ""
		if len(s.IDs) > 0 {
			id = string(s.IDs[0])
		}
		writeCSV(w, slices.Concat(s.columns(), []string{s.Kind, s.Name, s.Framework, s.Code, s.URL, id, s.Result}))
	}
}

// columns are those of a credential in both tables of skills.
func (w *witness) columns() []string {
	return []string{
		w.File, string(w.Verdict), string(w.Reason), w.IssuerName, w.Issuer, w.IssuerBy, w.IssuerDomain, w.Achievement, w.Recipient,
	}
}
