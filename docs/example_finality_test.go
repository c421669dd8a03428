package docs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// finality adds evidence of a beacon chain whose committees have eight members, of whom
// the first is absent. Package verifiertest hashes and signs by itself, what is
// compared is of package beacon.
func (e *example) finality() {
	sim := verifiertest.NewBeacon(e.t, 8)
	n := sim.Network
	keys := sim.Validators("validator")
	block := verifiertest.BeaconBlock{Slot: n.FirstSlot(verifiertest.Period) + 3, Execution: merkle.Keccak256([]byte("block"))}
	u := sim.Update(keys, block.Slot+64, block, sim.Validators("next"), 1)
	data := sim.Evidence(u, keys)

	read, err := n.ParseEvidence(data)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := read.Verify(keys.Root(), block.Execution); err != nil {
		e.t.Errorf("the evidence of the example does not hold: %v", err)
	}
	parts := e.parts(data)
	hash := func(data string) string {
		sum := sha256.Sum256([]byte(data))
		return string(sum[:])
	}
	raw := func(r beacon.Root) string { return string(r[:]) }
	leaf := func(i int) string { return hash(string(keys.Keys[i][:]) + strings.Repeat("\x00", 16)) }

	// The committee, from the parts: one key, and the three nodes beside it.
	climbed := hash(parts["absent key"] + strings.Repeat("\x00", 16))
	for i, want := range []string{leaf(1), hash(leaf(2) + leaf(3)), hash(hash(leaf(4)+leaf(5)) + hash(leaf(6)+leaf(7)))} {
		node := parts["nodes"][32*i : 32*i+32]
		e.same(fmt.Sprintf("node %d", i), node, want)
		climbed = hash(climbed + node)
	}
	committee := hash(climbed + hash(parts["aggregate"]+strings.Repeat("\x00", 16)))
	e.same("root of the committee", committee, raw(keys.Root()))
	e.same("committee that the evidence needs", committee, raw(read.Committee()))

	// The headers, and what is signed.
	at := func(name string) string {
		var leaves []string
		for _, field := range []string{"slot", "proposer", "parent", "state", "body"} {
			value := parts[name+" "+field]
			leaves = append(leaves, value+strings.Repeat("\x00", 32-len(value)))
		}
		none := strings.Repeat("\x00", 32)
		return hash(hash(hash(leaves[0]+leaves[1])+hash(leaves[2]+leaves[3])) + hash(hash(leaves[4]+none)+hash(none+none)))
	}
	up := func(from string, index int, branch string) string {
		for ; index > 1; index /= 2 {
			if sibling := branch[:32]; index%2 == 0 {
				from = hash(from + sibling)
			} else {
				from = hash(sibling + from)
			}
			branch = branch[32:]
		}
		return from
	}
	final, attested := at("final"), at("attested")
	e.same("root of the final header", final, raw(read.Finalized.Root()))
	e.same("attested state", up(final, 169, parts["final branch"]), parts["attested state"])
	e.same("body", up(raw(block.Execution), 812, parts["execution branch"]), parts["final body"])
	domain := "\x07\x00\x00\x00" + hash("\x06" + strings.Repeat("\x00", 31) + raw(n.ValidatorsRoot))[:28]
	message := hash(attested + domain)
	e.same("message", message, raw(sim.SigningRoot(&read.Signed.Header)))

	e.add("genesis validators root", n.ValidatorsRoot.String())
	e.add("first secret key", "0x"+hex.EncodeToString([]byte(keys.Secret(0))))
	e.add("first public key", "0x"+hex.EncodeToString(keys.Keys[0][:]))
	e.add("aggregate key", "0x"+hex.EncodeToString([]byte(parts["aggregate"])))
	e.add("root of the committee", "0x"+hex.EncodeToString([]byte(committee)))
	e.add("hash of the execution block", block.Execution.String())
	e.add("root of the final header", "0x"+hex.EncodeToString([]byte(final)))
	e.add("root of the attested header", "0x"+hex.EncodeToString([]byte(attested)))
	e.add("domain", "0x"+hex.EncodeToString([]byte(domain)))
	e.add("message that is signed", "0x"+hex.EncodeToString([]byte(message)))
	e.add("evidence", hexLines(data))
	if _, err := verifier.BeaconVoucher(data); err != nil {
		e.t.Error(err)
	}
}

// parts cuts evidence of the form direct, by a committee of eight with one absent, as
// section 6.4 says.
func (e *example) parts(data []byte) map[string]string {
	parts := make(map[string]string)
	rest := string(data)
	for _, p := range []struct {
		name string
		size int
	}{
		{"form", 1},
		{"attested slot", 8},
		{"attested proposer", 8},
		{"attested parent", 32},
		{"attested state", 32},
		{"attested body", 32},
		{"aggregate", 48},
		{"signature", 96},
		{"bits", 1},
		{"absent key", 48},
		{"nodes", 3 * 32},
		{"final slot", 8},
		{"final proposer", 8},
		{"final parent", 32},
		{"final state", 32},
		{"final body", 32},
		{"final branch", 7 * 32},
		{"execution branch", 9 * 32},
	} {
		if len(rest) < p.size {
			e.t.Fatalf("the evidence ends before %s", p.name)
		}
		parts[p.name], rest = rest[:p.size], rest[p.size:]
	}
	if rest != "" || parts["form"] != "\x00" || parts["bits"] != "\xfe" {
		e.t.Errorf("form %x, bits %x, %d bytes more", parts["form"], parts["bits"], len(rest))
	}
	return parts
}
