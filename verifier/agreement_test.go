package verifier_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// The TypeScript implementation (web/verifier), which was written from the specification, is held
// against this one: with HALLMARK_AGREEMENT=<n> in the environment, what the tests of this package
// verify or read is kept, n mutations of it are made (see agreement_mutate_test.go), and all of it
// is given to the other one when the tests are done. `make agreement` builds it and does that.

// agreementCase is what one of the two is asked, and what this one says.
type agreementCase struct {
	Test    string           `json:"test"`           // that made it
	Kind    string           `json:"kind"`           // "verify", "proof" or "trust": what is read
	Proof   []byte           `json:"proof"`          // JSON or CBOR; of the kind "trust" the store
	Trust   []byte           `json:"trust"`          // the file; null: none
	Doc     []byte           `json:"document"`       // null: none
	Options agreementOptions `json:"options"`        //
	Want    *agreementReport `json:"want,omitempty"` // nil: it is refused
}

type agreementOptions struct {
	Now             int64            `json:"now"`
	MaxStatusAge    int64            `json:"maxStatusAge,omitempty"`
	MaxSignatureAge int64            `json:"maxSignatureAge,omitempty"`
	Hops            [][]byte         `json:"hops,omitempty"`
	AllowTest       bool             `json:"allowTest,omitempty"`
	AllowExpired    bool             `json:"allowExpired,omitempty"`
	Require         []verifier.Check `json:"require,omitempty"`
	AllowUnknown    []verifier.Check `json:"allowUnknown,omitempty"`
	Issuer          string           `json:"issuer,omitempty"`
	Recipient       string           `json:"recipient,omitempty"`
}

type agreementReport struct {
	Verdict    verifier.Verdict       `json:"verdict"`
	Reason     verifier.Reason        `json:"reason"`
	Checks     []verifier.CheckResult `json:"checks"`
	ReplacedBy string                 `json:"replacedBy,omitempty"`
	AnchoredAt int64                  `json:"anchoredAt,omitempty"`
	StatusAsOf int64                  `json:"statusAsOf,omitempty"`
}

// agreement keeps the cases, each once.
var agreement struct {
	sync.Mutex
	mutations int // 0: nothing is kept
	cases     []*agreementCase
	seen      map[[32]byte]bool
	byTest    map[string]int
}

func TestMain(m *testing.M) {
	agreement.mutations, _ = strconv.Atoi(os.Getenv("HALLMARK_AGREEMENT"))
	agreement.seen, agreement.byTest = make(map[[32]byte]bool), make(map[string]int)
	code := m.Run()
	if agreement.mutations > 0 && code == 0 {
		if err := agree(); err != nil {
			fmt.Fprintln(os.Stderr, "agreement:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func keep(c *agreementCase) {
	agreement.Lock()
	defer agreement.Unlock()
	bare := *c
	bare.Test = ""
	data, err := json.Marshal(bare)
	if err != nil {
		panic(err)
	}
	if id := sha256.Sum256(data); !agreement.seen[id] {
		agreement.seen[id] = true
		agreement.cases = append(agreement.cases, c)
	}
}

// ofTest counts how often it was asked for a test.
func ofTest(name string) int {
	agreement.Lock()
	defer agreement.Unlock()
	agreement.byTest[name]++
	return agreement.byTest[name]
}

func caller() string { // the test that runs, for messages only
	return strings.TrimPrefix(currentTest(), "github.com/hallmark-node/hallmark/")
}

// verify is v.Verify, of which the other implementation is asked, too. A nil document is none.
func verify(v *verifier.Verifier, p *verifier.Proof, document []byte) *verifier.Report {
	r := v.Verify(p, reader(document))
	if agreement.mutations == 0 {
		return r
	}
	o := v.Policy()
	if o.Finality != nil || o.Elsewhere != nil { // these need a network
		return r
	}
	data, err := p.Encode()
	if err != nil {
		return r // nobody can be handed this one
	}
	c := caseOf(o, p)
	c.Test, c.Proof, c.Doc = caller(), data, document
	if c.Trust, err = trustFile(o.Trust); err != nil {
		return r
	}
	c.judge()
	keep(c)
	if inCBOR, err := p.EncodeCBOR(); err == nil && ofTest(c.Test) < 100 { // enough of tests of documents, which make thousands
		again := *c
		again.Proof = inCBOR
		keep(&again)
	}
	return r
}

// reader returns one over a document, or nil for none.
func reader(document []byte) io.Reader {
	if document == nil {
		return nil
	}
	return bytes.NewReader(document)
}

func (c *agreementCase) want(r *verifier.Report) {
	c.Want = &agreementReport{
		Verdict: r.Verdict, Reason: r.Reason, ReplacedBy: r.ReplacedBy,
		AnchoredAt: max(r.AnchoredAt.Unix(), 0), StatusAsOf: max(r.StatusAsOf.Unix(), 0),
	}
	c.Want.Checks = append(c.Want.Checks, r.Checks...)
}

func trustFile(t *verifier.Trust) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	data, err := t.Encode()
	if err != nil {
		return nil, err
	}
	_, err = verifier.ParseTrust(data)
	return data, err
}

// caseOf returns a case with the options.
func caseOf(o verifier.Options, p *verifier.Proof) *agreementCase {
	c := &agreementCase{Kind: "verify", Options: agreementOptions{
		Now: o.Now().Unix(), MaxStatusAge: int64(o.MaxStatusAge / time.Second), MaxSignatureAge: int64(o.MaxSignatureAge / time.Second),
		AllowTest: o.AllowTest, AllowExpired: o.AllowExpired, Issuer: o.Issuer, Recipient: o.Recipient,
	}}
	c.Options.Require, c.Options.AllowUnknown = o.Require, o.AllowUnknown
	if o.Hops != nil {
		for _, a := range p.Anchors {
			file := []byte("hallhop\x01")
			for _, hop := range o.Hops(a.Chain) {
				file = binary.BigEndian.AppendUint64(file, uint64(a.Chain))
				file = append(binary.BigEndian.AppendUint16(file, uint16(len(hop))), hop...)
			}
			c.Options.Hops = append(c.Options.Hops, file)
		}
	}
	return c
}

// options are those of a case, for this implementation.
func (c *agreementCase) options(trust *verifier.Trust) verifier.Options {
	o := verifier.Options{
		Trust: trust, Now: func() time.Time { return time.Unix(c.Options.Now, 0) },
		MaxStatusAge:    time.Duration(c.Options.MaxStatusAge) * time.Second,
		MaxSignatureAge: time.Duration(c.Options.MaxSignatureAge) * time.Second,
		AllowTest:       c.Options.AllowTest, AllowExpired: c.Options.AllowExpired,
		Require: c.Options.Require, AllowUnknown: c.Options.AllowUnknown,
		Issuer: c.Options.Issuer, Recipient: c.Options.Recipient,
	}
	o.Hops = func(id verifier.ChainID) (hops [][]byte) {
		for _, file := range c.Options.Hops {
			for file = file[8:]; len(file) > 0; {
				n := 10 + int(binary.BigEndian.Uint16(file[8:]))
				if binary.BigEndian.Uint64(file) == uint64(id) {
					hops = append(hops, file[10:n])
				}
				file = file[n:]
			}
		}
		return hops
	}
	return o
}

// judge asks this implementation about a case.
func (c *agreementCase) judge() {
	c.Want = nil
	var trust *verifier.Trust
	var err error
	if c.Trust != nil {
		if trust, err = verifier.ParseTrust(c.Trust); err != nil {
			return
		}
	}
	read := verifier.ParseProof
	if isCBOR(c.Proof) {
		read = verifier.ParseProofCBOR
	}
	p, err := read(c.Proof)
	if err != nil {
		return
	}
	v, err := verifier.New(c.options(trust))
	if err != nil {
		panic(err)
	}
	c.want(v.Verify(p, reader(c.Doc)))
}

// isCBOR reports whether data begins like a map of CBOR: JSON never does.
func isCBOR(data []byte) bool { return len(data) > 0 && data[0]>>5 == 5 }

// parseProof is verifier.ParseProof, parseProofCBOR and parseTrust are likewise: what they are given
// is given to the other implementation, too.
func parseProof(data []byte) (*verifier.Proof, error) {
	p, err := verifier.ParseProof(data)
	if !isCBOR(data) {
		keepRead("proof", data, err)
	}
	return p, err
}

func parseProofCBOR(data []byte) (*verifier.Proof, error) {
	p, err := verifier.ParseProofCBOR(data)
	if isCBOR(data) {
		keepRead("proof", data, err)
	}
	return p, err
}

func parseTrust(data []byte) (*verifier.Trust, error) {
	t, err := verifier.ParseTrust(data)
	keepRead("trust", data, err)
	return t, err
}

func keepRead(kind string, data []byte, err error) {
	if agreement.mutations == 0 {
		return
	}
	c := &agreementCase{Test: caller(), Kind: kind, Proof: bytes.Clone(data)}
	if err == nil {
		c.Want = &agreementReport{}
	}
	keep(c)
}

// agree gives all cases to the other implementation, in two processes, and reports what is not alike.
func agree() error {
	agreement.cases = append(agreement.cases, mutate(agreement.cases, agreement.mutations)...)
	var group sync.WaitGroup
	var results [2]error
	for i := range results {
		var part []*agreementCase
		for k := i; k < len(agreement.cases); k += len(results) {
			part = append(part, agreement.cases[k])
		}
		group.Go(func() { results[i] = compare(part) })
	}
	group.Wait()
	for _, err := range results {
		if err != nil {
			return err
		}
	}
	return nil
}

func compare(cases []*agreementCase) error {
	file, err := os.CreateTemp("", "agreement-*.ndjson")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	out := bufio.NewWriter(file)
	encoder := json.NewEncoder(out)
	for _, c := range cases {
		if err := encoder.Encode(c); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	run := exec.Command("node", "../web/verifier/test/agreement.mjs", file.Name())
	said, err := run.CombinedOutput()
	fmt.Fprint(os.Stderr, string(said))
	if err != nil {
		return fmt.Errorf("the implementations disagree: %w", err)
	}
	return nil
}

// currentTest names the function of a test that is on the stack.
func currentTest() string {
	frames := callers()
	i := slices.IndexFunc(frames, func(f string) bool { return strings.Contains(f, ".Test") || strings.Contains(f, ".Fuzz") })
	if i < 0 {
		return "?"
	}
	return frames[i]
}
