package verifier

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

// Defaults and bounds of the age of status evidence.
const (
	DefaultMaxStatusAge = 30 * 24 * time.Hour
	maxFuture           = 15 * time.Minute // of a header before the verifier's clock
)

// Options are the policy of a [Verifier].
type Options struct {
	// Trust is what to believe. Nil believes only the built-in defaults for
	// public chains; see [Trust.WithDefaults].
	Trust *Trust

	// Now tells the time. It must be set: the verifier has no clock of its own.
	Now func() time.Time

	// MaxStatusAge bounds how old status evidence may be; 0 stands for
	// [DefaultMaxStatusAge].
	MaxStatusAge time.Duration

	// MaxSignatureAge bounds how old a signature that vouches for a block may be; 0
	// stands for [DefaultMaxSignatureAge].
	MaxSignatureAge time.Duration

	// Hops, if set, returns encoded hops (see [beacon.Hop]) of a chain's beacon chain, which
	// lead from the committees of the trust store to later ones. They are verified. It is
	// called when the first voucher needs it, once for each chain.
	Hops func(ChainID) [][]byte

	// Require adds checks that must pass for VALID to those that must by
	// default; AllowUnknown takes checks away. A check in both is an error.
	Require, AllowUnknown []Check

	// Recipient, if set, is whom the credential must be about: an e-mail address, a
	// DID and so on. The report then has [CheckRecipient], which must pass.
	Recipient string

	// Issuer, if set, is who must have issued: an identifier as credentials state it, or a
	// domain, which stands for the identifiers below it. A file that names nobody then needs
	// no entry in the trust store: evidence of that domain is enough.
	Issuer string

	// Lists, if set, returns the lists in which others say which issuers they know, for
	// [Report.Listed]. It is called when the first issuer is known, and later again: it should
	// remember what it returned.
	Lists func() *trustlist.Index

	// AllowExpired makes an end of validity that has passed a remark: for those who ask
	// whether a credential was good when it was earned.
	AllowExpired bool

	// AllowTest lets a verdict be VALID on a chain that is marked as a test.
	AllowTest bool

	// Finality, if set, is asked whether a header that nothing in the trust
	// store vouches for is final, for example by RPC servers. It returns a
	// sentence in either case and must not claim finality when in doubt.
	Finality func(Header) (final bool, detail string)

	// Keys, if set, finds the keys of issuers that are not at hand, for [CheckIssuerSignature].
	Keys secured.Keys

	// Elsewhere, if set, asks the lists to which a document itself points, and returns a
	// sentence in any case: the report then has [CheckStatusElsewhere]. It must not return
	// Fail when in doubt, and never for a fault of the network.
	Elsewhere func(document []byte, says credential.Description) (result Result, reason Reason, detail string)
}

func (o *Options) hops(id ChainID) [][]byte {
	if o.Hops == nil {
		return nil
	}
	return o.Hops(id)
}

// Verifier checks proofs under one policy. It is safe for concurrent use if the
// functions in its [Options] are, and does no I/O of its own.
//
// It remembers, within bounds, what evidence proved: use one value for many proofs,
// and a header, a signature or a status entry that they share is checked once.
type Verifier struct {
	trust    *Trust
	soleHome Home // of issuers that the trust store gives no homes; zero: none counts
	opts     Options
	required map[Check]bool
	cache    *evidenceCache  // what earlier proofs showed, of their evidence alone
	listed   map[string]bool // the ids that the store lists
	beacons  map[ChainID]*beaconTrust
	anchors  func() *identity.Anchors // made when the first evidence needs them
}

// New returns a verifier for a policy. The only errors are those of the policy
// itself.
func New(opts Options) (*Verifier, error) {
	if opts.Now == nil {
		return nil, errors.New("verifier: Options.Now is not set; pass time.Now")
	}
	if opts.MaxStatusAge < 0 {
		return nil, fmt.Errorf("verifier: a status age of at most %s makes no sense", opts.MaxStatusAge)
	}
	if opts.MaxSignatureAge < 0 {
		return nil, fmt.Errorf("verifier: a signature age of at most %s makes no sense", opts.MaxSignatureAge)
	}
	opts.MaxStatusAge = cmp.Or(opts.MaxStatusAge, DefaultMaxStatusAge)
	opts.MaxSignatureAge = cmp.Or(opts.MaxSignatureAge, DefaultMaxSignatureAge)
	v := &Verifier{trust: opts.Trust.WithDefaults(), opts: opts, required: map[Check]bool{
		CheckInclusion: true, CheckSignature: true, CheckIssuer: true,
		CheckAnchor: true, CheckFinality: true, CheckStatus: true,
	}, cache: newEvidenceCache(), beacons: make(map[ChainID]*beaconTrust)}
	v.anchors = sync.OnceValue(opts.Trust.Anchors)
	v.soleHome, _ = opts.Trust.SoleHome()
	v.listed = v.trust.listed()
	for id, c := range v.trust.Chains {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("verifier: trust store: %s: %w", id, err)
		}
		if t := opts.Trust.Beacon(id); t != nil {
			v.beacons[id] = newBeaconTrust(t, func() [][]byte { return opts.hops(id) })
		}
	}
	names := Checks()
	if opts.Elsewhere != nil {
		names = append(names, CheckStatusElsewhere)
	}
	for _, c := range slices.Concat(opts.Require, opts.AllowUnknown) {
		if !slices.Contains(names, c) {
			var all []string
			for _, name := range names {
				all = append(all, string(name))
			}
			return nil, fmt.Errorf("verifier: no check has the name %q; they are %s", c, strings.Join(all, ", "))
		}
	}
	for _, c := range opts.Require {
		if slices.Contains(opts.AllowUnknown, c) {
			return nil, fmt.Errorf("verifier: %s cannot be both required and allowed to be unknown", c)
		}
		v.required[c] = true
	}
	return v, nil
}

// Verify runs every check on p and reports them all. document is the
// credential's bytes, or nil if it is not at hand; an error while reading it
// makes the credential check unknown, not fail.
func (v *Verifier) Verify(p *Proof, document io.Reader) *Report {
	run := &run{Verifier: v, proof: p, now: v.opts.Now().UTC()}
	r := &run.report
	r.Checks = make([]CheckResult, 0, len(checkOrder))
	r.Credential = p.Credential.String()
	r.Issuer = p.Submission.Issuer
	if known := v.trust.Issuers[r.Issuer]; known != nil {
		r.IssuerName = known.Name
	}
	run.locate()

	// The checks run in the order of what rests on what, and are reported in
	// the order of Checks.
	r.set(CheckCredential, run.credential(document))
	r.set(CheckInclusion, run.inclusion())
	r.set(CheckSignature, run.signature())
	r.set(CheckAnchor, run.anchor())
	r.set(CheckFinality, run.finality())
	r.set(CheckStatus, run.status())
	r.set(CheckIssuer, run.issuer(document != nil))
	r.Listed = run.onLists()
	r.set(CheckValidity, run.validity(document != nil))
	r.set(CheckIssuerSignature, run.issuerSignature(document != nil))
	r.sortChecks()

	if v.opts.Recipient != "" {
		r.set(CheckRecipient, run.recipient(document != nil))
	}

	if v.opts.Elsewhere != nil {
		r.set(CheckStatusElsewhere, run.elsewhereStatus(document != nil))
	}

	r.setVerdict(func(c Check) bool {
		must := v.required[c] || c == CheckRecipient || c == CheckCredential && document != nil || c == CheckValidity && r.DocumentRead()
		return must && !slices.Contains(v.opts.AllowUnknown, c)
	}, v.opts.AllowTest)
	return r
}

// run is one verification: the proof, and what the checks so far have found.
type run struct {
	*Verifier
	proof  *Proof
	now    time.Time
	report Report

	document []byte // the file that was given, if it is the credential: at most maxDescribed bytes

	line  []chainEntry  // the home chain and its successors; the last one decides
	chain *TrustedChain // of report.Chain; nil if the store does not know it
	last  *Anchor       // the entry of the chain that decides; nil if the proof has none

	leaf, submissionRoot, digest, batchRoot Hash          // set by inclusion
	state                                   registryState // of last, set by anchor
	anchoredAt                              uint64        // Unix seconds, set by finality if it passes
	replacedBy                              string        // a CID, set by status where its entries name one
}
