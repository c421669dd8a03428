package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// measured are the rows of bench/results.json, which make bench writes: what each is, when and
// on which machine it was measured stands there.
type measured []struct {
	ID   string  `json:"id"`
	Work string  `json:"work"`
	Ours float64 `json:"ours"`
	Unit string  `json:"unit"`

	Amsterdam float64 `json:"amsterdam"` // gas by the prices of that fork
}

// readMeasured reads the rows of make bench.
func readMeasured(path string) (m measured, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, id := range []string{
		"submit-1m", "ack-bulk-sustained", "ack-single", "serve-proof", "disk", "restart", "gas", "gas-revoke-first-signed", "gas-revoke-signed",
		"bytes-anchor", "bytes-proof", "bytes-proof-gzip", "bytes-proof-cbor", "memory",
		"grow-hash-1m", "grow-hash-10m", "grow-new-1m", "grow-new-10m", "grow-ack-1m", "grow-ack-10m", "grow-paths-1m", "grow-paths-10m",
		"grow-check-1m", "grow-check-10m",
	} {
		if m.index(id) < 0 {
			return nil, fmt.Errorf("%s has no row %s: make bench ROW=… measures it", path, id)
		}
	}
	return m, nil
}

func (m measured) index(id string) int {
	for i := range m {
		if m[i].ID == id {
			return i
		}
	}
	return -1
}

// of returns the value of a row that is there.
func (m measured) of(id string) float64 { return m[m.index(id)].Ours }

// rates are the rows that say how much of something one process does in a second, as
// they are there: those about clusters begin with "cluster-".
func (m measured) rates() (ids []string) {
	for _, id := range []string{"submit-1m", "ack-bulk-sustained", "ack-single", "serve-proof", "mirror"} {
		if m.index(id) >= 0 {
			ids = append(ids, id)
		}
	}
	for i := range m {
		if strings.HasPrefix(m[i].ID, "cluster-") && strings.HasSuffix(m[i].Unit, "/s") {
			ids = append(ids, m[i].ID)
		}
	}
	return ids
}

// duration is a [time.Duration] that is written as in 1m30s.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

func (d duration) seconds() float64 { return time.Duration(d).Seconds() }

// prices are what something costs in a quiet hour, usually, and in a bad one.
type prices [3]float64

// network is a chain and what it is assumed to cost.
type network struct {
	Name   string   `json:"name"`
	Coin   string   `json:"coin"`   // in which gas is paid: "ether" or "xDAI"
	Gwei   prices   `json:"gwei"`   // of a coin, for each gas
	Block  duration `json:"block"`  // from one to the next
	Epoch  int      `json:"epoch"`  // slots; 0 for a rollup
	Posted duration `json:"posted"` // how often a rollup puts its blocks onto Ethereum; 0 for a chain of its own

	GasLimit float64 `json:"gasLimit"` // of a block; 0: not looked at

	// How much of Ethereum's fees a rollup hands on, as its operator sets it: a byte costs 16 gas of
	// the first and one of the second.
	BaseFeeScalar float64 `json:"baseFeeScalar"`
	BlobFeeScalar float64 `json:"blobFeeScalar"`
}

// assumptions are what nobody here has measured.
type assumptions struct {
	Date   string `json:"date"`
	Origin string `json:"origin"`

	USDPerGBMonth      float64 `json:"usdPerGBMonth"`      // object storage
	USDPerGBOut        float64 `json:"usdPerGBOut"`        // what leaves a cloud
	PeakFactor         float64 `json:"peakFactor"`         // the busiest second of a day, of the average
	ReadsPerCredential float64 `json:"readsPerCredential"` // proofs served for each credential, ever
	MostOfCapacity     float64 `json:"mostOfCapacity"`     // up to which a process is used

	USDPerEther float64   `json:"usdPerEther"`
	USDPerXDAI  float64   `json:"usdPerXDAI"`
	BaseFeeGwei prices    `json:"baseFeeGwei"` // of Ethereum, for what rollups pay there
	BlobFeeGwei prices    `json:"blobFeeGwei"`
	Networks    []network `json:"networks"`

	Inclusion        float64  `json:"inclusion"`        // of transactions that are in the next block
	BatchAge         duration `json:"batchAge"`         // the settings of a node, as they are by default
	BatchCount       int      `json:"batchCount"`       // likewise
	MostBatchCount   int      `json:"mostBatchCount"`   // what that can be set to
	MaxInFlight      int      `json:"maxInFlight"`      // a setting, by default
	Poll             duration `json:"poll"`             // likewise
	Lease            duration `json:"lease"`            // how long a lease is held without being renewed; it is every third of that
	AskedForLease    duration `json:"askedForLease"`    // how often who waits asks for it
	DatabaseFailover duration `json:"databaseFailover"` // of a managed PostgreSQL
}

//go:embed assumptions.json
var assumed []byte

func readAssumptions() (a assumptions, err error) {
	if err := json.Unmarshal(assumed, &a); err != nil {
		return a, fmt.Errorf("assumptions.json: %w", err)
	}
	if i := slices.IndexFunc(a.Networks, func(n network) bool { return n.Epoch == 0 && n.Posted == 0 }); i >= 0 {
		return a, fmt.Errorf("assumptions.json: %s has neither an epoch nor a time after which it is posted", a.Networks[i].Name)
	}
	return a, nil
}
