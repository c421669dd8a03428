//go:build js && wasm

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"syscall/js"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// settings are what a person decides; as the flags of verify.
type settings struct {
	Trust        string `json:"trust"` // a trust store
	AllowTest    bool   `json:"allowTest"`
	AllowExpired bool   `json:"allowExpired"`
	At           string `json:"at"` // RFC 3339, or a date
	Recipient    string `json:"recipient"`
	Issuer       string `json:"issuer"`
}

// verify verifies files, an array of objects {name, bytes}. The options are settings as JSON
// beside an array of hops, {settings, hops}. It calls tell with each result, as JSON, and with
// null and a name before a file is looked at.
func verify(given, options, tell js.Value) (any, error) {
	v, err := verifierOf(options)
	if err != nil {
		return nil, err
	}
	all := make([]files.File, given.Length())
	for i := range all {
		f := given.Index(i)
		all[i] = files.File{Name: f.Get("name").String(), Data: bytesOf(f.Get("bytes"))}
	}
	var tally files.Tally
	for name, task := range files.InMemory(all) {
		tell.Invoke(nil, name)
		for res := range files.Results(v, task) {
			tally.Count(res)
			tell.Invoke(encode(resultOf(res, tally.Checked() <= maxProofs)))
		}
	}
	return summary{tally.Checked(), tally.Valid, tally.Invalid, tally.Unknown, tally.NoProof, tally.Skipped, tally.System}, nil
}

// summary counts results. Files of systems are not among those that were skipped.
type summary struct {
	Checked int `json:"checked"`
	Valid   int `json:"valid"`
	Invalid int `json:"invalid"`
	Unknown int `json:"unknown"`
	NoProof int `json:"noProof"`
	Skipped int `json:"skipped"`
	System  int `json:"system"`
}

func verifierOf(options js.Value) (*verifier.Verifier, error) {
	var s settings
	if err := json.Unmarshal([]byte(options.Get("settings").String()), &s); err != nil {
		return nil, fmt.Errorf("the settings: %w", err)
	}
	opts := verifier.Options{
		Now: time.Now, AllowTest: s.AllowTest, AllowExpired: s.AllowExpired, Recipient: s.Recipient, Issuer: s.Issuer,
	}
	if s.Trust != "" {
		trust, err := verifier.ParseTrust([]byte(s.Trust))
		if err != nil {
			return nil, fmt.Errorf("the trust store: %w", err)
		}
		opts.Trust = trust
	}
	if s.At != "" {
		at, err := time.Parse(time.RFC3339, s.At)
		if err != nil {
			if at, err = time.Parse(time.DateOnly, s.At); err != nil {
				return nil, fmt.Errorf("%q is not a time such as 2026-01-31T12:00:00Z or a date such as 2026-01-31", s.At)
			}
		}
		opts.Now = func() time.Time { return at }
	}
	hops := make(map[verifier.ChainID][][]byte)
	packs := options.Get("hops")
	for i := range packs.Length() {
		err := beacon.ReadPack(bytes.NewReader(bytesOf(packs.Index(i))), func(chain uint64, hop []byte) error {
			hops[verifier.ChainID(chain)] = append(hops[verifier.ChainID(chain)], hop)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("the hops: %w", err)
		}
	}
	opts.Hops = func(id verifier.ChainID) [][]byte { return hops[id] }
	v, err := verifier.New(opts)
	if err != nil {
		return nil, fmt.Errorf("the settings: %s", strings.TrimPrefix(err.Error(), "verifier: "))
	}
	return v, nil
}

// maxProofs bounds of how many results the proofs go along.
const maxProofs = 1000

// extra is what a page gets besides the object of verify --json.
type extra struct {
	Because    string           `json:"because,omitempty"`
	Hint       string           `json:"hint,omitempty"`
	IssuerName string           `json:"issuerName,omitempty"` // in the trust store, as that of the chain
	ChainName  string           `json:"chainName,omitempty"`
	FinalBy    string           `json:"finalBy,omitempty"`
	Expired    bool             `json:"expired,omitempty"`
	Skills     []files.SkillRow `json:"skills,omitempty"`
	Nodes      []string         `json:"nodes,omitempty"` // where newer evidence may be
	Leaf       string           `json:"leaf,omitempty"`
	ShortCode  string           `json:"shortCode,omitempty"`
	Proof      string           `json:"proof,omitempty"` // the proof file that decided
}

// resultOf is the object of a result.
func resultOf(res files.Result, withProof bool) json.RawMessage {
	object := []byte(encode(res.Object()))
	more := extra{Hint: res.Hint()}
	if res.Report != nil {
		r := res.Report
		more.Because, more.IssuerName, more.ChainName = files.Because(r), r.IssuerName, r.ChainName
		more.FinalBy, more.Expired, more.Skills = r.FinalBy, r.Expired, files.SkillRows(r)
		leaf := res.Proof.Leaf()
		more.Leaf, more.ShortCode = leaf.String(), qrproof.ShortOf(leaf).String()
		if withProof {
			if text, err := res.Proof.Encode(); err == nil {
				more.Proof = string(text)
			}
		}
		if h := res.Proof.Hints; h != nil && h.Node != "" {
			more.Nodes = []string{strings.TrimSuffix(h.Node, "/") + "/v1/proofs/" + leaf.String() + "?fresh=true"}
		}
	}
	added := []byte(encode(more))
	if len(added) > 2 {
		object = append(append(object[:len(object)-1], ','), added[1:]...)
	}
	return object
}

// encode writes plain data.
func encode(v any) string {
	if raw, ok := v.(json.RawMessage); ok {
		return string(raw)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return `{"error":"a result cannot be written"}`
	}
	return strings.TrimSuffix(out.String(), "\n")
}
