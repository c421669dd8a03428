package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

const (
	yearHops  = 321 // periods of 27.3 hours that a year has on Ethereum
	signature = "one hash to the curve and one pairing check of two pairs by gnark-crypto"
)

// participation is what sizes depend on: whoever did not sign is named.
var participation = fmt.Sprintf("signed by all but %d of 512 validators", absent)

// makeHops follows a beacon chain until it has that many hops.
func (b *bench) makeHops(number int) (*lightClient, error) {
	c, err := testnet.Start(b.ctx, testnet.Config{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	l, err := b.newLightClient(c.RPC)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.close() }()
	if err := c.Mine(b.ctx, (number+2)*beaconPeriod); err != nil {
		return nil, err
	}
	if err := l.stub.Sync(b.ctx); err != nil {
		return nil, err
	}
	if err := l.follow(b.ctx); err != nil {
		return nil, err
	}
	if len(l.hops) < number {
		return nil, fmt.Errorf("the beacon chain has %d hops instead of %d", len(l.hops), number)
	}
	l.hops = l.hops[:number]
	return l, nil
}

// oneSignature does what verifying a signature cannot do without.
func oneSignature() {
	_, _, g1, g2 := bls.Generators()
	point := must(bls.HashToG2(make([]byte, 32), []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_")))
	must(bls.PairingCheck([]bls.G1Affine{g1, g1}, []bls.G2Affine{g2, point}))
}

// hopRow reads and verifies a hop from one sync committee to the next. The limit is the
// check of its signature, without reading the points and without the hashes.
func hopRow(b *bench) error {
	l, err := b.makeHops(1)
	if err != nil {
		return err
	}
	root := l.trusted()
	s, err := inTurn(b.runs,
		perMilli(50, func() {
			if err := must(l.network.ParseHop(l.hops[0])).Verify(root); err != nil {
				panic(err)
			}
		}),
		perMilli(50, oneSignature))
	if err != nil {
		return err
	}
	b.add(newResult("hop", "a hop from a sync committee to the next, verified from its bytes, "+participation, "ms", s[0], s[1]).
		with(signature, goal{ours: 4}, fmt.Sprintf("%d bytes", len(l.hops[0]))))
	return nil
}

// perMilli is the milliseconds that one of several calls of f takes.
func perMilli(times int, f func()) measure {
	return func() (float64, error) {
		us, err := micros(times, f)()
		return us / 1000, err
	}
}

// hopsYearRow reads a file of as many hops as Ethereum has in a year, and verifies them
// from the first committee to the last.
func hopsYearRow(b *bench) error {
	l, err := b.makeHops(yearHops)
	if err != nil {
		return err
	}
	file := l.pack()
	s, err := inTurn(b.runs,
		seconds(func() {
			c := beacon.NewChain(l.network, map[uint64]beacon.Root{l.first: l.trusted()})
			err := beacon.ReadPack(bytes.NewReader(file), func(_ uint64, hop []byte) error {
				c.Add(must(l.network.ParseHop(hop)))
				return nil
			})
			if err != nil {
				panic(err)
			}
			must(c.Committee(l.first+yearHops, time.Time{}))
		}),
		seconds(func() {
			for range yearHops {
				oneSignature()
			}
		}))
	if err != nil {
		return err
	}
	b.add(newResult("hops-year", "321 hops, a year of Ethereum, read from a file and verified, each "+participation, "s", s[0], s[1]).
		with("321 times "+signature, goal{ours: 1.5}, ""))
	b.add(newResult("hops-year-size", "the size of that file", "MB", series{float64(len(file)) / 1e6}, nil).
		with("", goal{ours: 0.7}, ""))
	return nil
}

func seconds(f func()) measure {
	return func() (float64, error) {
		ms, err := millis(f)()
		return ms / 1000, err
	}
}

// vouchedProofs are proofs with the word of a beacon chain, and what is needed to hear it.
type vouchedProofs struct {
	*finalProofs
	voucher   verifier.Voucher
	bare      [][]byte // the files without the voucher
	committee string   // file: a trust store with nothing but a committee some hops before
	block     string   // file: a trust store with nothing but the block
	hops      string   // file
}

const coldHops = 3 // from the trusted committee to the one that signed

// makeVouched makes proofs of one state and with one voucher, one of each of that many
// submissions.
func (b *bench) makeVouched(number, size int) (*vouchedProofs, error) {
	w, err := b.newWorld()
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.close() }()
	l, err := b.newLightClient(w.rpc)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.close() }()
	f, err := w.makeProofs(number, size)
	if err != nil {
		return nil, err
	}
	e, block, err := l.evidence(b.ctx, coldHops)
	if err != nil {
		return nil, err
	}
	out := &vouchedProofs{finalProofs: f, hops: filepath.Join(f.folder, "hops.pack")}
	if out.voucher, err = verifier.BeaconVoucher(e.Append(nil)); err != nil {
		return nil, err
	}
	if err := w.rehang(f.proofs, block, out.voucher); err != nil {
		return nil, err
	}
	for i, p := range f.proofs {
		if f.files[i], err = p.Encode(); err != nil {
			return nil, err
		}
		if err := os.WriteFile(f.file(i), f.files[i], 0o644); err != nil {
			return nil, err
		}
		bare := *p
		bare.Anchors = []verifier.Anchor{p.Anchors[0]}
		bare.Anchors[0].Finality = nil
		data, err := bare.Encode()
		if err != nil {
			return nil, err
		}
		out.bare = append(out.bare, data)
	}
	if err := os.WriteFile(out.hops, l.pack(), 0o644); err != nil {
		return nil, err
	}
	header, err := verifier.ParseHeader(f.proofs[0].Anchors[0].Header)
	if err != nil {
		return nil, err
	}
	period := l.network.Period(e.Signed.Header.Slot+1) - coldHops
	out.committee, err = f.trusting("committee", func(c *verifier.TrustedChain) {
		c.Beacon = &verifier.TrustedBeacon{
			Network:    l.network,
			Committees: map[uint64]verifier.TrustedRoot{period: {Root: l.committees[period].Root()}},
		}
	})
	if err != nil {
		return nil, err
	}
	out.block, err = f.trusting("block", func(c *verifier.TrustedChain) {
		c.Blocks = map[uint64]verifier.Hash{header.Number: block}
	})
	return out, err
}

// trusting writes a trust store that believes of final blocks only what change adds.
func (f *finalProofs) trusting(name string, change func(*verifier.TrustedChain)) (file string, err error) {
	data, err := os.ReadFile(f.trust)
	if err != nil {
		return "", err
	}
	trust, err := verifier.ParseTrust(data)
	if err != nil {
		return "", err
	}
	c := trust.Chains[f.proofs[0].Submission.Home.Chain]
	c.Blocks = nil
	change(c)
	if data, err = trust.Encode(); err != nil {
		return "", err
	}
	file = filepath.Join(f.folder, name+".json")
	return file, os.WriteFile(file, data, 0o644)
}

// verifyColdFinalityRow runs the program verify on a proof with a voucher, with hops in a
// file and without a network. The limit is the same proof without the voucher, whose
// block the trust store has.
func verifyColdFinalityRow(b *bench) error {
	v, err := b.makeVouched(1, million)
	if err != nil {
		return err
	}
	bare := filepath.Join(v.folder, "bare.proof.json")
	if err := os.WriteFile(bare, v.bare[0], 0o644); err != nil {
		return err
	}
	s, err := inTurn(b.runs,
		b.processes(20, b.program("verify"), "--trust", v.committee, "--hops", v.hops, "--allow-test", v.file(0)),
		b.processes(20, b.program("verify"), "--trust", v.block, "--allow-test", bare))
	if err != nil {
		return err
	}
	b.add(newResult("verify-cold-finality",
		fmt.Sprintf("verify --hops hops.pack proof.json, a whole process: a beacon voucher and %d hops from the trusted committee", coldHops),
		"ms", s[0], s[1]).
		with("the same without a voucher, as its block is pinned", goal{limit: 3}, "each signature is "+participation))
	return nil
}

// finalityAgainRow verifies proofs with one voucher in the library, from the bytes of
// their files, and the same proofs without it in turn. What is measured is the median of
// the differences, after the first proof.
func finalityAgainRow(b *bench) error {
	const proofs, size = 1000, 1024
	v, err := b.makeVouched(proofs, size)
	if err != nil {
		return err
	}
	hops, err := readHops(v.hops)
	if err != nil {
		return err
	}
	verifierOf := func(store string) *verifier.Verifier {
		return must(verifier.New(verifier.Options{
			Trust: must(verifier.ParseTrust(must(os.ReadFile(store)))), Now: time.Now, AllowTest: true,
			Hops: func(verifier.ChainID) [][]byte { return hops },
		}))
	}
	var without series
	s, err := inTurn(b.runs, func() (float64, error) {
		var plain, more series
		pinned, vouched := verifierOf(v.block), verifierOf(v.committee)
		for i := range proofs {
			one := must(micros(1, func() { valid(pinned, must(verifier.ParseProof(v.bare[i]))) })())
			other := must(micros(1, func() { valid(vouched, must(verifier.ParseProof(v.files[i]))) })())
			if i > 0 {
				plain, more = append(plain, one), append(more, other-one)
			}
		}
		without = append(without, plain.median())
		return more.median(), nil
	})
	if err != nil {
		return err
	}
	b.add(newResult("finality-again", "what a beacon voucher adds to a proof verified in the library from its bytes, once it was seen before",
		"us", s[0], nil).
		with("", goal{ours: 50}, fmt.Sprintf("without it a proof takes %s us", number(without.median()))))
	return nil
}

func readHops(name string) (hops [][]byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	err = beacon.ReadPack(f, func(_ uint64, hop []byte) error {
		hops = append(hops, bytes.Clone(hop))
		return nil
	})
	return hops, err
}

// registryBatches is how many batches a registry is taken to have: one every ten minutes
// for two years.
const registryBatches = 100_000

// vouchedOnEthereum is a proof with a voucher, as that of one of a million credentials, and its
// anchor as it would be on Ethereum.
func (b *bench) vouchedOnEthereum() (v *vouchedProofs, a verifier.Anchor, err error) {
	if v, err = b.makeVouched(1, million); err != nil {
		return v, a, err
	}
	a, err = asOnEthereum(v.proofs[0])
	return v, a, err
}

// evidenceSizeRow is how long the evidence in the shortest form of a proof is that needs
// nobody to vouch for its block. Its header and its voucher are of a test chain, the nodes
// of the state are as many and as large as on Ethereum: a voucher has the same branches and
// signature there.
func evidenceSizeRow(b *bench) error {
	v, a, err := b.vouchedOnEthereum()
	if err != nil {
		return err
	}
	p := *v.proofs[0]
	state := len(a.Header)
	for _, node := range slices.Concat(a.AccountProof, a.StorageProof) {
		state += len(node)
	}
	voucher, err := verifier.BeaconEvidence(v.voucher)
	if err != nil {
		return err
	}
	size := func(a verifier.Anchor) int {
		p.Anchors = []verifier.Anchor{a}
		return len(must(p.EncodeCBOR()))
	}
	whole, rest := size(a), size(verifier.Anchor{Chain: a.Chain, Registry: a.Registry})
	kb := func(n int) series { return series{float64(n) / 1000} }
	b.add(newResult("evidence-size", fmt.Sprintf(
		"what a state proof as on Ethereum, in a registry of %s batches, and a beacon voucher, %s, take in a proof in CBOR",
		number(registryBatches), participation), "KB", kb(whole-rest), kb(state)).
		with("the header and the state proof alone", goal{ours: 12}, fmt.Sprintf(
			"the voucher has %d bytes; the whole proof, of one of a million credentials, has %s KB",
			len(voucher), number(float64(whole)/1000))))
	return nil
}
