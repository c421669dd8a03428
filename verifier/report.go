package verifier

import (
	"fmt"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/credential"
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
)

// CheckRecipient is added behind the others where [Options.Recipient] is set: the
// credential is about the one who was asked for.
const CheckRecipient Check = "recipient"

// Checks lists every check in the order of a report.
func Checks() []Check { return slices.Clone(checkOrder[:]) }

var checkOrder = [...]Check{
	CheckCredential, CheckInclusion, CheckSignature, CheckIssuer, CheckAnchor, CheckFinality, CheckStatus, CheckValidity,
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
	Detail string `json:"detail"` // one plain sentence; printable, one line
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

// Report is what a verifier says of one proof. It is data only and may be kept.
type Report struct {
	Verdict Verdict
	Checks  []CheckResult // all of them, in the order of [Checks]

	Credential string  // the CID
	Issuer     Address // the address that the proof names; see the signature check
	IssuerName string  // the trust store's name of it; empty if it has none
	Chain      ChainID // home, or the successor that the trust store names for it
	Test       bool    // the trust store marks that chain as one for tests

	AnchoredAt time.Time // when the home registry recorded it, UTC; zero unless proven by a final block
	StatusAsOf time.Time // the time of that block, UTC; zero unless it is final
	FinalBy    string    // who vouches for that block and how old that is, for people; empty unless it is final

	// ReplacedBy is the CID of the credential that the issuer has put in the place of this one,
	// in its text form; empty unless status failed because it is revoked, and the issuer says.
	ReplacedBy string

	// Missing are the checks that were unknown and had to pass for VALID.
	Missing []Check
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
	return CheckResult{Check: c, Result: Unknown, Detail: "this check was not run"}
}

// outcome is what a check has found.
type outcome struct {
	result Result
	detail string // a sentence
}

// decide returns an outcome with a sentence in the manner of fmt.Sprintf.
func decide(result Result, format string, args ...any) outcome {
	return outcome{result, fmt.Sprintf(format, args...)}
}

// set records the outcome of c.
func (r *Report) set(c Check, o outcome) {
	r.Checks = append(r.Checks, CheckResult{c, o.result, credential.Printable(o.detail)})
}

// passed reports whether c was run and passed.
func (r *Report) passed(c Check) bool { return r.Result(c).Result == Pass }
