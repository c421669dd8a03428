package trustlist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/secured"
)

// recognizes reports whether a credential of this type says whom its issuer recognizes. The
// second name is that of the drafts until March 2026.
func recognizes(types jsontext.Value) bool {
	return slices.ContainsFunc(texts(types), func(t string) bool {
		return t == "RecognizedEntityCredential" || t == "VerifiableRecognitionCredential"
	})
}

// entity is a RecognizedEntity.
type entity struct {
	ID     jsontext.Value `json:"id"`
	Name   jsontext.Value `json:"name"`
	Legal  jsontext.Value `json:"legalName"`
	URL    jsontext.Value `json:"url"`
	SameAs jsontext.Value `json:"sameAs"`
	To     jsontext.Value `json:"recognizedTo"`
}

// readRecognized reads a credential of W3C Recognized Entities v1.0 (working draft,
// github.com/w3c/vc-recognized-entities, index.html, 2026): its subjects are the entities.
// signed is what the signature is on or in: the credential itself, or a token that has it.
func readRecognized(ctx context.Context, data, signed []byte, now time.Time) (*Reading, error) {
	var vc struct {
		Issuer   jsontext.Value `json:"issuer"`
		Name     jsontext.Value `json:"name"`
		From     jsontext.Value `json:"validFrom"`
		Until    jsontext.Value `json:"validUntil"`
		Subjects jsontext.Value `json:"credentialSubject"`
	}
	if err := json.Unmarshal(data, &vc); err != nil {
		return nil, fmt.Errorf("the credential cannot be read: %w", plain(err))
	}
	issuer := entity{ID: vc.Issuer}
	if vc.Issuer != nil && vc.Issuer.Kind() == '{' {
		if err := json.Unmarshal(vc.Issuer, &issuer); err != nil {
			return nil, errors.New("whose credential it is cannot be read")
		}
	}
	id := text(issuer.ID)
	if id == "" {
		return nil, errors.New("the credential does not say whose it is")
	}
	if err := inForce(vc.From, vc.Until, now); err != nil {
		return nil, fmt.Errorf("the list of %.200q %w", id, err)
	}
	r := &Reading{List: &List{Format: FormatRecognized, Dated: moment(text(vc.From))}}
	for _, name := range []string{text(vc.Name), text(issuer.Name), id} {
		if r.List.Name == "" {
			r.List.Name = name
		}
	}
	switch f := secured.Check(ctx, signed, []string{id}, nil, now); f.Outcome {
	case "pass":
		r.Remarks = append(r.Remarks, fmt.Sprintf("it is signed by %q", id))
	case "fail":
		return nil, fmt.Errorf("the signature of %.200q on the list does not hold", id)
	default:
		r.Remarks = append(r.Remarks, fmt.Sprintf("that it is %q's own is not checked, since its key is not at hand", id))
	}
	subjects := []jsontext.Value{vc.Subjects}
	switch {
	case vc.Subjects == nil:
		subjects = nil
	case vc.Subjects.Kind() == '[':
		subjects = nil
		if err := json.Unmarshal(vc.Subjects, &subjects); err != nil {
			return nil, fmt.Errorf("the credential cannot be read: %w", plain(err))
		}
	}
	if len(subjects) > MaxEntries {
		return nil, fmt.Errorf("the list has more than %d entries", MaxEntries)
	}
	for i, v := range subjects {
		var e entity
		if err := json.Unmarshal(v, &e); err != nil {
			return nil, fmt.Errorf("entity %d is not an object", i)
		}
		name := text(e.Name)
		if name == "" {
			name = text(e.Legal)
		}
		if !mayIssue(e.To, now) || !r.List.add(name, text(e.URL), append(texts(e.ID), texts(e.SameAs)...)...) {
			r.Skipped++
		}
	}
	return r, nil
}

// mayIssue reports whether an entity is recognized to issue: for any action if none is named.
func mayIssue(to jsontext.Value, now time.Time) bool {
	if to == nil {
		return true
	}
	actions := []jsontext.Value{to}
	if to.Kind() == '[' {
		actions = nil
		if json.Unmarshal(to, &actions) != nil {
			return false
		}
	}
	return slices.ContainsFunc(actions, func(v jsontext.Value) bool {
		var a struct {
			Action jsontext.Value `json:"action"`
			From   jsontext.Value `json:"validFrom"`
			Until  jsontext.Value `json:"validUntil"`
		}
		return json.Unmarshal(v, &a) == nil && text(a.Action) == "issue" && inForce(a.From, a.Until, now) == nil
	})
}

// inForce says why something that is valid from and until certain times is not now.
func inForce(from, until jsontext.Value, now time.Time) error {
	f, u := moment(text(from)), moment(text(until))
	switch {
	case from != nil && f.IsZero(), until != nil && u.IsZero():
		return errors.New("states dates that cannot be read")
	case !f.IsZero() && f.After(now):
		return fmt.Errorf("is valid only from %s on", f.Format(time.RFC3339))
	case !u.IsZero() && u.Before(now):
		return fmt.Errorf("ran out on %s: get a newer one", u.Format(time.RFC3339))
	}
	return nil
}
