package verifier

import (
	"slices"
	"time"
)

// Reason is why a check did not pass, as a word for programs. The words are fixed; more may
// come.
type Reason string

// The reasons.
const (
	ReasonNotChecked       Reason = "not_checked"      // it rests on another check that did not pass
	ReasonAltered          Reason = "altered"          // the file is not what the proof is about
	ReasonDocumentMissing  Reason = "document_missing" // no file was given
	ReasonUnreadable       Reason = "unreadable"       // the file could not be read
	ReasonNotInSubmission  Reason = "not_in_submission"
	ReasonPending          Reason = "pending"
	ReasonSignatureWrong   Reason = "signature_wrong" // of the submission
	ReasonIssuerUnknown    Reason = "issuer_unknown"
	ReasonIssuerUnreadable Reason = "issuer_unreadable" // it cannot be told whom the document names
	ReasonIssuerTime       Reason = "issuer_time"       // the key is not believed for the time of the anchor
	ReasonNameOfAnother    Reason = "name_of_another"
	ReasonHomeUnknown      Reason = "home_unknown" // the key does not sign for this registry, as far as is known
	ReasonChainUnknown     Reason = "chain_unknown"
	ReasonRegistryUnknown  Reason = "registry_unknown"
	ReasonEvidenceMissing  Reason = "evidence_missing" // the proof has none of the chain that decides
	ReasonEvidenceBad      Reason = "evidence_bad"     // it does not hold
	ReasonNewerVerifier    Reason = "newer_verifier"   // what is there is of a kind that this one does not read
	ReasonNotAnchored      Reason = "not_anchored"
	ReasonNotFinal         Reason = "not_final"
	ReasonRevoked          Reason = "revoked"
	ReasonSuspended        Reason = "suspended"
	ReasonRetired          Reason = "retired" // the issuer's key was
	ReasonStatusOld        Reason = "status_old"
	ReasonStatusMissing    Reason = "status_missing"
	ReasonStatusFuture     Reason = "status_future" // dated after now
	ReasonExpired          Reason = "expired"
	ReasonNotYetValid      Reason = "not_yet_valid"
	ReasonDatesUnreadable  Reason = "dates_unreadable"
	ReasonRecipientOther   Reason = "recipient_other"
	ReasonRecipientUnknown Reason = "recipient_unknown"
	ReasonTestChain        Reason = "test_chain" // of a report: the chain is for tests, which the policy does not take

	// Of the credential's own signature; see package secured.
	ReasonSignatureBroken      Reason = "signature_broken"
	ReasonSignatureAbsent      Reason = "signature_absent"
	ReasonSignatureUnsupported Reason = "signature_unsupported"
	ReasonKeyUnknown           Reason = "key_unknown"

	ReasonElsewhereUnknown Reason = "elsewhere_unknown" // no list that the credential names tells anything
)

// reasonWords are the reasons in a few words.
var reasonWords = map[Reason]string{
	ReasonNotChecked:           "not checked",
	ReasonAltered:              "altered",
	ReasonDocumentMissing:      "no document",
	ReasonUnreadable:           "unreadable",
	ReasonNotInSubmission:      "not in the submission",
	ReasonPending:              "pending",
	ReasonSignatureWrong:       "signature wrong",
	ReasonIssuerUnknown:        "issuer not known",
	ReasonIssuerUnreadable:     "issuer cannot be told",
	ReasonIssuerTime:           "key not believed at that time",
	ReasonNameOfAnother:        "in the name of another",
	ReasonHomeUnknown:          "registry not known",
	ReasonChainUnknown:         "chain not known",
	ReasonRegistryUnknown:      "registry not known",
	ReasonEvidenceMissing:      "evidence missing",
	ReasonEvidenceBad:          "evidence does not hold",
	ReasonNewerVerifier:        "needs a newer verifier",
	ReasonNotAnchored:          "not anchored",
	ReasonNotFinal:             "not final",
	ReasonRevoked:              "revoked",
	ReasonSuspended:            "suspended",
	ReasonRetired:              "key retired",
	ReasonStatusOld:            "status too old",
	ReasonStatusMissing:        "status missing",
	ReasonStatusFuture:         "status from the future",
	ReasonExpired:              "expired",
	ReasonNotYetValid:          "not yet valid",
	ReasonDatesUnreadable:      "dates cannot be told",
	ReasonRecipientOther:       "about somebody else",
	ReasonRecipientUnknown:     "recipient cannot be told",
	ReasonTestChain:            "chain for tests",
	ReasonSignatureBroken:      "own signature broken",
	ReasonSignatureAbsent:      "no signature of its own",
	ReasonSignatureUnsupported: "own signature not read",
	ReasonKeyUnknown:           "own signature's key not known",
	ReasonElsewhereUnknown:     "status elsewhere not known",
}

// Because says in a few words why the verdict is not VALID, such as "expired 2024-03-01"; it
// is empty where it is.
func (r *Report) Because() string {
	words := reasonWords[r.Reason]
	switch {
	case r.Reason == ReasonExpired && r.Document.ValidUntil.Present:
		words += " " + r.Document.ValidUntil.Time.UTC().Format(time.DateOnly)
	case r.Reason == ReasonNotYetValid && r.Document.ValidFrom.Present:
		words += " until " + r.Document.ValidFrom.Time.UTC().Format(time.DateOnly)
	}
	return words
}

// Deciding returns the checks that decided the verdict: the first that failed, or all that
// are missing, but for those that merely rest on another one or say what an earlier one
// says. None for VALID.
func (r *Report) Deciding() []CheckResult {
	var out []CheckResult
	for _, c := range r.Checks {
		switch r.Verdict {
		case Invalid:
			if c.Result == Fail && r.counts(c) {
				return []CheckResult{c}
			}
		case VerdictUnknown:
			said := slices.ContainsFunc(out, func(before CheckResult) bool { return before.Reason == c.Reason })
			if slices.Contains(r.Missing, c.Check) && c.Reason != ReasonNotChecked && !said {
				out = append(out, c)
			}
		case Valid:
		}
	}
	if len(out) == 0 && len(r.Missing) > 0 && r.Verdict == VerdictUnknown {
		out = append(out, r.Result(r.Missing[0])) // what it rests on may be unknown
	}
	return out
}

// counts reports whether the failure of a check makes the verdict INVALID. What a document
// brings along, or what its own links say, is a fact about it only if it is its issuer's.
func (r *Report) counts(c CheckResult) bool {
	return c.Check != CheckIssuerSignature && c.Check != CheckStatusElsewhere || r.passed(CheckIssuer)
}

// setVerdict draws the conclusion of all checks.
func (r *Report) setVerdict(required func(Check) bool, allowTest bool) {
	r.Verdict = Valid
	for _, c := range r.Checks {
		if c.Result == Unknown && required(c.Check) {
			r.Verdict = VerdictUnknown
			r.Missing = append(r.Missing, c.Check)
		}
	}
	if r.Test && !allowTest {
		r.Verdict = VerdictUnknown
		r.TestRefused = true
	}
	if slices.ContainsFunc(r.Checks, func(c CheckResult) bool { return c.Result == Fail && r.counts(c) }) {
		r.Verdict = Invalid
	}
	if deciding := r.Deciding(); len(deciding) > 0 {
		r.Reason = deciding[0].Reason
	} else if r.Verdict != Valid {
		r.Reason = ReasonTestChain
	}
}
