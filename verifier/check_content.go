package verifier

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/merkle"
)

// maxDescribed bounds how much of a credential is kept in memory to read what it
// says of itself, in bytes. Larger files are hashed as a stream; of them Describe
// sees one byte more than it would read, and says so where that matters.
const maxDescribed = credential.MaxJSON + 1

// readError marks an error of the document's reader, as opposed to a document
// that is wrong.
type readError struct{ error }

// faultReader wraps errors of a document's reader in readError.
type faultReader struct{ r io.Reader }

func (f faultReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readError{err}
	}
	return n, err
}

// credential decides whether the file is the credential that the proof is about, and reads
// what it says of itself.
func (r *run) credential(document io.Reader) outcome {
	if document == nil {
		return cannotTell(ReasonDocumentMissing, "no credential file was given, so the document itself was not checked")
	}
	document = faultReader{document}
	head, err := io.ReadAll(io.LimitReader(document, maxDescribed))
	covers := credential.CoversNothing
	if err == nil {
		covers, err = credential.Matches(r.proof.Credential, io.MultiReader(bytes.NewReader(head), document))
	}
	var fault readError
	switch {
	case errors.As(err, &fault):
		return cannotTell(ReasonUnreadable, "the credential file could not be read: %v", fault.error)
	case err != nil:
		return cannotTell(ReasonUnreadable, "the file cannot be read as the credential that this proof is about: %v", err)
	case covers == credential.CoversNothing:
		return fail(ReasonAltered, "the file is not the credential that this proof is about, or it was changed since")
	}
	r.report.Covers, r.document = covers, head
	r.report.Document = credential.DescribeAmong(head, r.othersThan(r.proof.Submission.Issuer))
	if wrapped := r.report.Document.Wrapped; wrapped != nil {
		r.document = wrapped // with a signature, and lists of those that were revoked, of its own
	}
	switch covers {
	case credential.CoversCarried:
		return pass("the picture carries exactly the credential that was submitted; the picture itself is not covered")
	case credential.CoversSigned:
		return pass("the file holds exactly the issuer-signed token that was submitted, and discloses only what is bound by digests in it; " +
			"a key binding, if there is one, is not covered")
	}
	return pass("the file is exactly the credential that was submitted")
}

// othersThan returns what tells identifiers that the store lists, and not for address.
func (v *Verifier) othersThan(address Address) func(id string) bool {
	known := v.trust.Issuers[address]
	return func(id string) bool {
		return v.listed[id] && (known == nil || !slices.Contains(known.IDs, id))
	}
}

// inclusion decides whether the paths lead from the credential to a batch root.
func (r *run) inclusion() outcome {
	p := r.proof
	r.leaf = p.Leaf()
	r.submissionRoot = merkle.Root(r.leaf, p.Submission.Path)
	r.digest = SubmissionDigest(p.Submission.Home, r.submissionRoot, p.Submission.Count, p.Submission.IssuedAt)
	switch {
	case ReservedID(r.leaf):
		return fail(ReasonNotInSubmission, "the leaf is a reserved value")
	case !merkle.ValidPathLen(p.Submission.Count, len(p.Submission.Path)):
		return fail(ReasonNotInSubmission, "a path of %d steps cannot be one in a submission of %d credentials",
			len(p.Submission.Path), p.Submission.Count)
	case p.Batch == nil:
		return cannotTell(ReasonPending,
			"the proof is still pending: it leads to the submission, which was not yet anchored; run hallmark upgrade")
	}
	r.batchRoot = r.cache.root(BatchLeaf(p.Submission.Issuer, r.digest), p.Batch.Path)
	return pass("the paths lead from the credential through a submission of %d to batch root %s", p.Submission.Count, r.batchRoot)
}

// signature decides whether the issuer signed the submission.
func (r *run) signature() outcome {
	s := r.proof.Submission
	signer, err := r.cache.signer(r.digest, s.Signature)
	switch {
	case err != nil:
		return fail(ReasonSignatureWrong, "the signature is not one that a key can have made: %v", err)
	case signer != s.Issuer:
		return fail(ReasonSignatureWrong, "the issuer %s did not sign this", s.Issuer)
	default:
		return pass("signed by %s for registry %s", signer, s.Home)
	}
}

// validity checks the credential's own dates. They are the issuer's words, so
// they can condemn as soon as the file is the credential.
func (r *run) validity(given bool) outcome {
	doc := r.report.Document
	from, until, claim := doc.ValidFrom, doc.ValidUntil, doc.ClaimUntil
	switch {
	case !given:
		return cannotTell(ReasonDocumentMissing, "no credential file was given, so its dates are not known")
	case !r.report.DocumentRead():
		return cannotTell(ReasonNotChecked, "cannot be told while the file is not known to be the credential")
	case doc.Revoked != "":
		return fail(ReasonRevoked, "the badge was revoked, by the words of the document: %s", doc.Revoked)
	case from.Present && from.Err == "" && r.now.Before(from.Time):
		return fail(ReasonNotYetValid, "the credential is not valid before %s", day(from))
	case until.Present && until.Err == "" && r.now.After(until.Latest()) && !r.opts.AllowExpired:
		return fail(ReasonExpired, "the credential expired %s", day(until))
	case from.Err != "" || until.Err != "": // the other end may still have told that it does not hold
		why := cmp.Or(until.Err, from.Err)
		if why == doc.Problem && r.report.Result(CheckIssuer).Reason == ReasonIssuerUnreadable {
			return cannotTell(ReasonDatesUnreadable, "the credential's dates cannot be told, for the same reason as its issuer")
		}
		return cannotTell(ReasonDatesUnreadable, "the credential's dates cannot be told: %s", why)
	case claim.Err != "":
		return cannotTell(ReasonDatesUnreadable, "an end of validity among the credential's claims cannot be told: %s", claim.Err)
	case until.Present && r.now.After(until.Time) && r.opts.AllowExpired:
		r.report.Expired = true
		return pass("the credential expired %s, which was allowed", day(until))
	case from.Present && r.now.Before(from.Latest()):
		return cannotTell(ReasonNotYetValid, "the credential is valid from %s, which is no exact time: "+
			"it cannot be told whether that has begun", day(from))
	case until.Present && r.now.After(until.Time):
		return cannotTell(ReasonExpired, "the credential is valid until %s, which is no exact time: "+
			"it cannot be told whether that is over", day(until))
	case claim.Present && r.now.After(claim.Time) && !r.opts.AllowExpired:
		return cannotTell(ReasonDatesUnreadable, "the member %s of the credential's claims is %s, which has passed: "+
			"it cannot be told whether that ends all of it", doc.ClaimEnd, day(claim))
	case until.Present:
		return pass("valid until %s by its own words", day(until))
	case claim.Present:
		return pass("the credential names no end of its validity, and the first of its claims ends %s", day(claim))
	default:
		return pass("the credential names no end of its validity")
	}
}

// recipient checks whom the credential is about. That is the issuer's word, too.
func (r *run) recipient(given bool) outcome {
	doc, who := r.report.Document, r.opts.Recipient
	same, known := doc.IsFor(who)
	switch {
	case !given:
		return cannotTell(ReasonDocumentMissing, "no credential file was given, so whom it is about is not known")
	case !r.report.DocumentRead():
		return cannotTell(ReasonNotChecked, "cannot be told while the file is not known to be the credential")
	case doc.RecipientProblem != "":
		if doc.RecipientProblem == doc.Problem && r.report.Result(CheckIssuer).Reason == ReasonIssuerUnreadable {
			return cannotTell(ReasonRecipientUnknown, "whom the credential is about cannot be told, for the same reason as its issuer")
		}
		return cannotTell(ReasonRecipientUnknown, "whom the credential is about cannot be told: %s", doc.RecipientProblem)
	case same:
		return pass("the credential is about %q", who)
	case known:
		return fail(ReasonRecipientOther, "the credential is about somebody else than %q", who)
	case slices.ContainsFunc(doc.Recipients, func(i credential.Identity) bool { return i.Hashed }):
		return cannotTell(ReasonRecipientUnknown, "the credential has only a hash of whom it is about, which no usual spelling of %q has: "+
			"hashes go letter by letter, so give it exactly as the issuer wrote it", who)
	case len(doc.Recipients) == 0:
		return cannotTell(ReasonRecipientUnknown, "the credential does not say in a way that can be compared whom it is about")
	default:
		return cannotTell(ReasonRecipientUnknown, "the credential is about %q, which cannot be compared with %q", doc.Recipients[0].String(), who)
	}
}

// day writes a date of a document for people: in UTC, or as it stands where its time
// zone is not known.
func day(d credential.Date) string {
	if d.Slack > 0 {
		return strings.Trim(d.Text, " \t\r\n\ufeff")
	}
	return when(d.Time)
}

// when writes a time for people: RFC 3339, UTC, whole seconds.
func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// issuerSignature checks the signature that the credential brings along itself. It says
// nothing of the proof, and the proof nothing of it.
func (r *run) issuerSignature(given bool) outcome {
	switch {
	case !given:
		return cannotTell(ReasonDocumentMissing, "no credential file was given, so its own signature was not checked")
	case !r.report.DocumentRead():
		return cannotTell(ReasonNotChecked, "cannot be told while the file is not known to be the credential")
	case len(r.document) >= maxDescribed:
		return cannotTell(ReasonUnreadable, "the credential is too long to look for a signature of its own")
	}
	issuers := r.report.Document.IssuerIDs
	if r.report.Document.Problem != "" {
		issuers = nil // no key is the issuer's where it cannot be told who that is
	}
	f := secured.Check(context.Background(), r.document, issuers, r.opts.Keys, r.now)
	switch f.Outcome {
	case secured.Pass:
		if f.Stated && !r.report.passed(CheckIssuer) {
			return cannotTell(ReasonKeyUnknown, "its own signature (%s) is intact under the key that it states itself, "+
				"which anybody can while its issuer is not known", f.Suite)
		}
		return pass("%s", f.Detail)
	case secured.Fail:
		return fail(Reason(f.Reason), "%s", f.Detail)
	case secured.Unknown:
	}
	return cannotTell(Reason(f.Reason), "%s", f.Detail)
}

// elsewhereStatus asks what the lists say to which the credential itself points.
func (r *run) elsewhereStatus(given bool) outcome {
	switch {
	case !given:
		return cannotTell(ReasonDocumentMissing, "no credential file was given, so none of the lists that it names was asked")
	case !r.report.DocumentRead():
		return cannotTell(ReasonNotChecked, "cannot be told while the file is not known to be the credential")
	}
	result, reason, detail := r.opts.Elsewhere(r.document, r.report.Document)
	return outcome{result, reason, detail}
}
