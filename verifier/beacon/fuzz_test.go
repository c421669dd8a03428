package beacon

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// fuzzNetworks are those that hops and evidence are read under: two layouts, and sizes
// that are as small as they can be.
var fuzzNetworks = []*Network{ByChain(1), {
	Name: "small", SecondsPerSlot: 1, SlotsPerEpoch: 1, EpochsPerPeriod: 8, CommitteeSize: 8, RootsPerSummary: 8,
	Forks: []Fork{{Name: "capella"}, {Name: "electra", Epoch: 64}, {Name: "gloas", Epoch: 128}},
}}

func seed(f *testing.F, kinds ...string) {
	for _, kind := range kinds {
		f.Add(honest().encode(f, kind))
	}
	f.Add(slices.Repeat([]byte{0xff}, 900))
	f.Add(make([]byte, 900))
}

func FuzzHop(f *testing.F) {
	seed(f, "hop")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, n := range fuzzNetworks {
			h, err := n.ParseHop(data)
			if err != nil {
				continue
			}
			if !bytes.Equal(h.Append(nil), data) {
				t.Fatal("not written as it was read")
			}
			if h.Verify(Root{1}) == nil {
				t.Fatal("it holds")
			}
			h.Period()
		}
	})
}

func FuzzEvidence(f *testing.F) {
	seed(f, forgeKinds[1:]...)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, n := range fuzzNetworks {
			e, err := n.ParseEvidence(data)
			if err != nil {
				continue
			}
			if !bytes.Equal(e.Append(nil), data) {
				t.Fatal("not written as it was read")
			}
			if e.Verify(Root{1}, Root{2}) == nil {
				t.Fatal("it holds")
			}
			_ = e.Form.String()
			e.Period()
		}
	})
}

func FuzzPack(f *testing.F) {
	hop := honest().encode(f, "hop")
	f.Add(AppendPack(AppendPack(nil, 1, hop), 100, nil))
	f.Add([]byte(packMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		err := ReadPack(bytes.NewReader(data), func(chainID uint64, hop []byte) error {
			again = AppendPack(again, chainID, hop)
			return nil
		})
		if !bytes.HasPrefix(data, again) || err == nil && len(again) != len(data) && len(again) > 0 {
			t.Fatal("not written as it was read")
		}
	})
}

func FuzzUpdate(f *testing.F) {
	f.Add([]byte(`{"attested_header":{"beacon":{"slot":"1"}},"sync_aggregate":{"sync_committee_bits":"0x00"},"signature_slot":"2"}`))
	f.Add([]byte(`{"header":{"beacon":{"slot":"1"},"execution_block_hash":"0x` + string(bytes.Repeat([]byte("00"), 32)) + `"}}`))
	committee := &newKeys("honest").Committee
	f.Fuzz(func(_ *testing.T, data []byte) {
		var u Update
		if json.Unmarshal(data, &u) == nil {
			for _, n := range fuzzNetworks {
				if h, err := u.Hop(n, committee); err == nil {
					_ = h.Verify(Root{})
				}
				if e, err := u.Evidence(n, committee); err == nil {
					_ = e.Verify(Root{}, Root{})
				}
			}
		}
		var b Bootstrap
		if json.Unmarshal(data, &b) == nil {
			for _, n := range fuzzNetworks {
				_ = b.Verify(n, b.Header.Root())
			}
		}
		var s Summaries
		if json.Unmarshal(data, &s) == nil {
			_ = s.Verify(ByChain(1), &Header{Slot: 13_000_000})
		}
	})
}
