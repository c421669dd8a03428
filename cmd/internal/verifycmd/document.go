package verifycmd

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxShown is how many characters of a text a line shows; --json has all of it.
const maxShown = 80

// claims is a line with what the document says besides issuer and title, such as recipient
// and validity; empty if it says nothing.
func claims(r *verifier.Report) string {
	if !r.DocumentRead() {
		return ""
	}
	d := r.Document
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if who := recipientOf(d); who != "" {
		say("for %s", who)
	}
	if d.Author != "" {
		say("author %s", quoted(d.Author))
	}
	if d.ValidFrom.Present {
		say("from %s", dateText(d.ValidFrom))
	}
	if d.ValidUntil.Present {
		say("until %s", dateText(d.ValidUntil))
	}
	if d.ClaimUntil.Present {
		say("a claim until %s", dateText(d.ClaimUntil))
	}
	if d.Frozen != nil {
		say("frozen %s from %s, in the words of whoever did it", credential.Printable(d.Frozen.At), quoted(d.Frozen.Badge))
		if len(d.Frozen.Missing) > 0 {
			say("without %s", credential.Printable(strings.Join(d.Frozen.Missing, ", ")))
		}
	}
	if len(d.Criteria) > 0 {
		say("criteria %s", quoted(d.Criteria[0]))
	}
	if len(d.Alignments) > 0 {
		say("skills %s", some(d.Alignments, func(a credential.Alignment) string {
			return strings.TrimSpace(a.Framework + " " + cmp.Or(a.Name, a.Code, a.URL))
		}))
	}
	if len(d.Tags) > 0 {
		say("tags %s", some(d.Tags, func(tag string) string { return tag }))
	}
	if len(d.Evidence) > 0 {
		say("evidence %s", quoted(d.Evidence[0]))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ")
}

// some lists the first of many things, and says how many more there are. --skills has all.
func some[T any](list []T, text func(T) string) string {
	const most = 5
	names := make([]string, 0, most)
	for _, one := range list[:min(most, len(list))] {
		names = append(names, quoted(text(one)))
	}
	s := strings.Join(names, ", ")
	if more := len(list) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// recipientOf is the recipient of a document, for display.
func recipientOf(d credential.Description) string {
	id := ""
	if len(d.Recipients) > 0 {
		if id = quoted(d.Recipients[0].Value); d.Recipients[0].Hashed {
			id = "somebody whose address is hashed"
		}
	}
	switch {
	case d.RecipientName == "":
		return id
	case id == "":
		return quoted(d.RecipientName)
	}
	return quoted(d.RecipientName) + " (" + id + ")"
}

// quoted shows a text of the document: escaped, between quotation marks, and not too long.
func quoted(s string) string {
	if runes := []rune(s); len(runes) > maxShown {
		return credential.Quoted(string(runes[:maxShown]) + "…")
	}
	return credential.Quoted(s)
}

// dateText is a date for people: as written in the document where its time is not certain.
func dateText(d credential.Date) string {
	if d.Err != "" || d.Slack > 0 {
		return quoted(d.Text)
	}
	return d.Time.Format(time.RFC3339)
}
