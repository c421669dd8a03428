package verifier

import (
	"fmt"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

// Check names one check of a report.
type Check string

// The checks, in the order of a report.
const (
	CheckCredential Check = "credential" // the file is the one that the proof is about
	CheckInclusion  Check = "inclusion"  // the paths lead from the credential to a batch root
	CheckSignature  Check = "signature"  // the issuer's key signed the submission
	CheckIssuer     Check = "issuer"     // the key is a controller of the issuer that the credential names
	CheckAnchor     Check = "anchor"     // the registry recorded the batch root
	CheckFinality   Check = "finality"   // the block behind the evidence is final
	CheckStatus     Check = "status"     // neither suspended, revoked nor retired
	CheckValidity   Check = "validity"   // the credential's own dates hold

	// CheckIssuerSignature is that the signature which the credential brings along itself is
	// its issuer's. It is not required unless asked for, and it speaks against the credential
	// only where the issuer check passed.
	CheckIssuerSignature Check = "issuerSignature"
)

// CheckStatusElsewhere is added behind the others where [Options.Elsewhere] is set: what the
// lists say to which the credential itself points. It is not required, and it speaks against
// the credential only where the issuer check passed.
const CheckStatusElsewhere Check = "statusElsewhere"

// CheckRecipient is added behind the others where [Options.Recipient] is set: the
// credential is about the one who was asked for.
const CheckRecipient Check = "recipient"

// Checks lists every check in the order of a report.
func Checks() []Check { return slices.Clone(checkOrder[:]) }

var checkOrder = [...]Check{
	CheckCredential, CheckInclusion, CheckSignature, CheckIssuer, CheckAnchor, CheckFinality, CheckStatus, CheckValidity,
	CheckIssuerSignature,
}

// sortChecks puts the checks into their order. Each is there once at most.
func (r *Report) sortChecks() {
	sorted := make([]CheckResult, 0, len(checkOrder))
	for _, check := range checkOrder {
		if i := slices.IndexFunc(r.Checks, func(c CheckResult) bool { return c.Check == check }); i >= 0 {
			sorted = append(sorted, r.Checks[i])
		}
	}
	r.Checks = sorted
}

// Result is the outcome of one check.
type Result string

// Outcomes of a check. Fail is said of proven facts only; whatever cannot be
// told is Unknown.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Unknown Result = "unknown"
)

// CheckResult is one line of a report.
type CheckResult struct {
	Check  Check  `json:"check"`
	Result Result `json:"result"`
	Reason Reason `json:"reason,omitempty"` // of what is no pass
	Detail string `json:"detail"`           // one plain sentence; printable, one line
}

// Verdict is the answer of a report.
type Verdict string

// The verdicts.
const (
	Valid          Verdict = "VALID"   // every required check passed
	Invalid        Verdict = "INVALID" // a check failed: a proven fact speaks against it
	VerdictUnknown Verdict = "UNKNOWN" // neither: something required could not be told
)

// ExitCode returns the exit status of a command that reports v: 0 for VALID, 1
// for INVALID, 3 for UNKNOWN. (2 is for usage and for input that is no proof.)
func (v Verdict) ExitCode() int {
	switch v {
	case Valid:
		return 0
	case Invalid:
		return 1
	default:
		return 3
	}
}

// IssuerBy is who said that an address speaks for an issuer.
type IssuerBy string

// Who may say it.
const (
	ByStore  IssuerBy = "store"           // the trust store
	ByX509   IssuerBy = identity.KindX509 // evidence in the submission; see package identity
	ByDNSSEC IssuerBy = identity.KindDNSSEC
	ByPKH    IssuerBy = "did:pkh" // the identifier is the address
)

// Report is what a verifier says of one proof. It is data only and may be kept.
type Report struct {
	Verdict Verdict
	Reason  Reason        // why it is not VALID: that of the first of [Report.Deciding], or [ReasonTestChain]
	Checks  []CheckResult // all of them, in the order of [Checks]

	Credential string  // the CID
	Issuer     Address // the address that the proof names; see the signature check
	IssuerName string  // the trust store's name of it; empty if it has none

	// Who said that the address speaks for the issuer whom the credential names; set where
	// the issuer check passed.
	IssuerBy     IssuerBy
	IssuerDomain string    // the issuer's domain in A-labels; empty for other identifiers
	IssuerSince  time.Time // since when that is known, UTC; zero unless evidence tells

	// Listed are the lists that have the issuer, where the issuer check passed: what others
	// say, which decides nothing. See [Options.Lists].
	Listed []trustlist.Listed

	Chain     ChainID // home, or the successor that the trust store names for it
	ChainName string  // the trust store\'s name of it; empty if it has none
	Test      bool    // the trust store marks that chain as one for tests

	AnchoredAt time.Time // when the home registry recorded it, UTC; zero unless proven by a final block
	StatusAsOf time.Time // the time of that block, UTC; zero unless it is final
	FinalBy    string    // who vouches for that block and how old that is, for people; empty unless it is final

	// ReplacedBy is the CID of the credential that the issuer has put in the place of this one,
	// in its text form; empty unless status failed because it is revoked, and the issuer says.
	ReplacedBy string

	// Missing are the checks that were unknown and had to pass for VALID.
	Missing []Check
	// Expired says that the credential's end has passed, and [Options.AllowExpired] let that be.
	Expired bool
	// TestRefused says that the chain is one for tests, which the policy does not take.
	TestRefused bool

	// Covers is how much of the file that was given the proof is about; empty
	// where none was given or it is not the credential.
	Covers credential.Coverage

	// Document is what the credential says of itself, read only if [Report.DocumentRead]:
	// claims, whose truth is for the checks to say.
	Document credential.Description
}

// DocumentRead reports whether the credential itself was given and is the right one.
func (r *Report) DocumentRead() bool { return r.Covers != "" }

// Result returns the result of one check.
func (r *Report) Result(c Check) CheckResult {
	for _, cr := range r.Checks {
		if cr.Check == c {
			return cr
		}
	}
	return CheckResult{Check: c, Result: Unknown, Reason: ReasonNotChecked, Detail: "this check was not run"}
}

// outcome is what a check has found.
type outcome struct {
	result Result
	reason Reason // of what is no pass
	detail string // a sentence
}

// pass returns the outcome of a check that passed, with a sentence in the manner of
// fmt.Sprintf.
func pass(format string, args ...any) outcome {
	return outcome{Pass, "", fmt.Sprintf(format, args...)}
}

// fail is [pass] for a fact that speaks against the credential.
func fail(why Reason, format string, args ...any) outcome {
	return outcome{Fail, why, fmt.Sprintf(format, args...)}
}

// cannotTell is [pass] for a check that is unknown.
func cannotTell(why Reason, format string, args ...any) outcome {
	return outcome{Unknown, why, fmt.Sprintf(format, args...)}
}

// set records the outcome of c.
func (r *Report) set(c Check, o outcome) {
	r.Checks = append(r.Checks, CheckResult{c, o.result, o.reason, credential.Printable(o.detail)})
}

// passed reports whether c was run and passed.
func (r *Report) passed(c Check) bool { return r.Result(c).Result == Pass }
