package files

import (
	"cmp"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/skills"
	"github.com/hallmark-node/hallmark/verifier"
)

// What a credential does for a skill.
const (
	Proven    = "proven"     // a VALID credential states its code or URL
	WordOnly  = "word only"  // a VALID credential has it as words
	NotProven = "not proven" // the credential is not VALID
	NoSkill   = "none"       // the credential states none
)

// Skill is one that a credential states: an alignment that has an identity, or mere words.
type Skill struct {
	credential.Alignment
	IDs []skills.ID // empty for words, which are the name
}

// IsAward reports whether the document of a report was read, and is one that somebody earns: a
// badge class, for example, is not.
func IsAward(r *verifier.Report) bool {
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

// SkillsOf returns what the document of a report says of skills, if it is an award: first those with
// an identity, then words.
func SkillsOf(r *verifier.Report) (all []Skill) {
	if !IsAward(r) {
		return nil
	}
	var words []Skill
	word := func(name string) { words = append(words, Skill{credential.Alignment{Name: name}, nil}) }
	for _, a := range r.Document.Alignments {
		switch ids := skills.IDs(a); {
		case len(ids) > 0:
			all = append(all, Skill{a, ids})
		case a.Name != "":
			word(a.Name)
		}
	}
	for _, tag := range r.Document.Tags {
		word(tag)
	}
	return append(all, words...)
}

// Result says what a credential with this verdict does for the skill.
func (s Skill) Result(v verifier.Verdict) string {
	switch {
	case v != verifier.Valid:
		return NotProven
	case len(s.IDs) == 0:
		return WordOnly
	}
	return Proven
}

// Witness is a credential and who issued it, as the tables of skills name it.
type Witness struct {
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

// WitnessOf returns the credential of a result that has a report.
func WitnessOf(res Result) Witness {
	r := res.Report
	w := Witness{
		File: res.Name, Verdict: r.Verdict, Reason: r.Reason, Credential: r.Credential,
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

// SkillRow is one skill of a credential, as tables of skills have it.
type SkillRow struct {
	Kind      string      `json:"kind,omitempty"` // code or word
	Name      string      `json:"name,omitempty"`
	Framework string      `json:"framework,omitempty"`
	Code      string      `json:"code,omitempty"`
	URL       string      `json:"url,omitempty"`
	IDs       []skills.ID `json:"ids,omitempty"`
	Result    string      `json:"result"`
}

// SkillRows are the rows of a credential; none for one that states no skill.
func SkillRows(r *verifier.Report) (rows []SkillRow) {
	for _, s := range SkillsOf(r) {
		kind := "word"
		if len(s.IDs) > 0 {
			kind = "code"
		}
		rows = append(rows, SkillRow{kind, s.Name, s.Framework, s.Code, s.URL, s.IDs, s.Result(r.Verdict)})
	}
	return rows
}
