package verifier

import (
	"context"

	"github.com/hallmark-node/hallmark/credential/secured"
)

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
	f := secured.Check(context.Background(), r.document, r.report.Document.IssuerIDs, r.opts.Keys)
	switch f.Outcome {
	case secured.Pass:
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
		return cannotTell(ReasonDocumentMissing, "no credential file was given, so no list that it names was asked")
	case !r.report.DocumentRead():
		return cannotTell(ReasonNotChecked, "cannot be told while the file is not known to be the credential")
	}
	result, reason, detail := r.opts.Elsewhere(r.document, r.report.Document)
	return outcome{result, reason, detail}
}
