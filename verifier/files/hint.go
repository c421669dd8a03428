package files

import (
	"errors"

	"github.com/hallmark-node/hallmark/verifier"
)

// Hint is one sentence that says what to do next; empty where there is nothing to do. It goes
// by the reason of the verdict, and people who write for others use that word instead.
func (res Result) Hint() string {
	switch {
	case errors.Is(res.Err, ErrNoneInside):
		return "Add the proof of this credential: the file that its issuer handed out with it."
	case res.Report == nil:
		return ""
	}
	return hints[res.Report.Reason]
}

var hints = map[verifier.Reason]string{
	verifier.ReasonAltered:          "Ask its holder for the file as the issuer handed it out.",
	verifier.ReasonDocumentMissing:  "Add the credential itself: this is only its proof.",
	verifier.ReasonUnreadable:       "Get the file again: this copy cannot be read.",
	verifier.ReasonPending:          "Get the complete proof from its node; it is there some minutes after the issue.",
	verifier.ReasonIssuerUnknown:    "Ask the issuer for its key, by another way than this file, and add it to whom you trust.",
	verifier.ReasonIssuerUnreadable: "Say who must have issued it.",
	verifier.ReasonIssuerTime:       "Ask the issuer since when this key is its own.",
	verifier.ReasonNameOfAnother:    "Ask the issuer that is named whether this is its credential.",
	verifier.ReasonHomeUnknown:      "Add the issuer's registry to whom you trust.",
	verifier.ReasonChainUnknown:     "Add the chain to whom you trust, from a source that you believe.",
	verifier.ReasonRegistryUnknown:  "Add the registry to whom you trust, from a source that you believe.",
	verifier.ReasonEvidenceMissing:  "Get newer evidence from its node.",
	verifier.ReasonNewerVerifier:    "Use a newer version of Hallmark.",
	verifier.ReasonNotFinal:         "Add hops or a newer trust store, so that somebody vouches for the block.",
	verifier.ReasonStatusOld:        "Get newer evidence from its node.",
	verifier.ReasonStatusMissing:    "Get newer evidence from its node.",
	verifier.ReasonStatusFuture:     "Look whether the clock of this machine is right.",
	verifier.ReasonDatesUnreadable:  "Read its dates yourself.",
	verifier.ReasonRecipientUnknown: "Ask its holder for the address or identifier that it was issued to.",
	verifier.ReasonTestChain:        "It was issued on a chain for tests. Ask for the real one, or allow tests.",
	verifier.ReasonKeyUnknown:       "Ask the issuer for the key of the credential's own signature.",
	verifier.ReasonSuspended:        "Ask the issuer: it has suspended this for now.",
}
