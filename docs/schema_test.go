package docs_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// document is a JSON object as the schema library reads it.
type document = map[string]any

// completeProof is a proof with every member. Nothing in it is true: schemas and
// parsers do not ask.
func completeProof(t *testing.T) []byte {
	t.Helper()
	p := newExample(t).proof
	p.Batch = &verifier.Batch{Path: []merkle.Hash{{1}}}
	p.Anchors = []verifier.Anchor{{
		Chain: exampleHome.Chain, Registry: exampleHome.Registry,
		Header: verifier.Bytes{0xc0}, AccountProof: []verifier.Bytes{{1}}, StorageProof: []verifier.Bytes{{2}, {3}},
		Status:   []verifier.StatusEntry{{Next: merkle.Hash{9}, Path: []merkle.Hash{{2}}}},
		Finality: []verifier.Voucher{verifier.Voucher(`{"kind":"later","of":[1,{"x":true}]}`)},
	}}
	p.Hints = &verifier.Hints{Node: "https://node.example", Transaction: merkle.Hash{5}.String()}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// at walks into a document by member names and array positions, separated by dots.
func at(t *testing.T, doc any, path string) (parent any, last string) {
	t.Helper()
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		switch v := doc.(type) {
		case document:
			doc = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil {
				t.Fatal(err)
			}
			doc = v[i]
		}
	}
	return doc, steps[len(steps)-1]
}

func set(t *testing.T, doc any, path string, value any) {
	t.Helper()
	switch parent, last := at(t, doc, path); parent := parent.(type) {
	case document:
		parent[last] = value
	case []any:
		i, err := strconv.Atoi(last)
		if err != nil {
			t.Fatal(err)
		}
		parent[i] = value
	default:
		t.Fatalf("nothing at %s", path)
	}
}

func remove(t *testing.T, doc any, path string) {
	t.Helper()
	parent, last := at(t, doc, path)
	object, ok := parent.(document)
	if !ok || object[last] == nil {
		t.Fatalf("nothing at %s", path)
	}
	delete(object, last)
}

// change is one edit of a good file.
type change struct {
	path  string
	value any // nil: the member is removed
}

func (c change) apply(t *testing.T, good []byte) []byte {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	if c.value == nil {
		remove(t, doc, c.path)
	} else {
		set(t, doc, c.path, c.value)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func repeat(n int, value any) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = value
	}
	return all
}

func validator(t *testing.T, file string) func([]byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return func(data []byte) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(doc)
	}
}

// schemaCase is a change that schema and parser must judge alike.
type schemaCase struct {
	name string
	change
}

func testSchema(t *testing.T, file string, good []byte, parse func([]byte) error, accepted, refused []schemaCase) {
	t.Helper()
	validate := validator(t, file)
	if err := validate(good); err != nil {
		t.Fatalf("the schema refuses the good file: %v", err)
	}
	if err := parse(good); err != nil {
		t.Fatalf("the parser refuses the good file: %v", err)
	}
	for _, c := range accepted {
		data := c.apply(t, good)
		if err := validate(data); err != nil {
			t.Errorf("%s: the schema refuses it: %v", c.name, err)
		}
		if err := parse(data); err != nil {
			t.Errorf("%s: the parser refuses it: %v", c.name, err)
		}
	}
	for _, c := range refused {
		data := c.apply(t, good)
		if validate(data) == nil {
			t.Errorf("%s: the schema accepts it", c.name)
		}
		if parse(data) == nil {
			t.Errorf("%s: the parser accepts it", c.name)
		}
	}
}

func TestProofSchema(t *testing.T) {
	const maxInteger = 1<<53 - 1
	hash := merkle.Hash{7}.String()
	hexBytes := func(n int) string { return "0x" + strings.Repeat("ab", n) }
	entry := document{"id": hash, "code": 0, "next": hash, "path": []any{}}
	anchors := func(n int) []any {
		all := make([]any, n)
		for i := range all {
			all[i] = document{
				"chain": "eip155:" + strconv.Itoa(i+1), "registry": exampleHome.Registry.String(),
				"header": "0x", "accountProof": []any{}, "storageProof": []any{},
			}
		}
		return all
	}
	accepted := []schemaCase{
		{"most anchors", change{"anchors", anchors(verifier.MaxAnchors)}},
		{"longest submission path", change{"submission.path", repeat(verifier.MaxPath, hash)}},
		{"longest batch path", change{"batch.path", repeat(verifier.MaxPath, hash)}},
		{"longest status path", change{"anchors.0.status.0.path", repeat(verifier.MaxPath, hash)}},
		{"longest header", change{"anchors.0.header", hexBytes(verifier.MaxHeaderSize)}},
		{"most trie nodes", change{"anchors.0.accountProof", repeat(verifier.MaxTrieNodes-2, "0x00")}},
		{"most status entries", change{"anchors.0.status", repeat(verifier.MaxStatusEntries, entry)}},
		{"most vouchers", change{"anchors.0.finality", repeat(verifier.MaxVouchers, document{"kind": "x"})}},
		{"no vouchers", change{"anchors.0.finality", nil}},
		{"no status list", change{"anchors.0.status", nil}},
		{"no hints", change{"hints", nil}},
		{"an empty hint", change{"hints", document{}}},
		{"greatest count", change{"submission.count", maxInteger}},
		{"issuedAt zero", change{"submission.issuedAt", 0}},
		{"code of a later version", change{"anchors.0.status.0.code", 255}},
	}
	refused := []schemaCase{
		{"another version", change{"hallmark", 2}},
		{"version as text", change{"hallmark", "1"}},
		{"no version", change{"hallmark", nil}},
		{"no credential", change{"credential", nil}},
		{"no salt", change{"salt", nil}},
		{"no submission", change{"submission", nil}},
		{"unknown member", change{"extra", 1}},
		{"differently-cased member", change{"Salt", hash}},
		{"CID in upper case", change{"credential", strings.ToUpper(newExample(t).proof.Credential.String())}},
		{"CID of version 0", change{"credential", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"}},
		{"CID with an identity hash", change{"credential", "bafkqaddjnzzxazldoqwxizltoq"}},
		{"CID of dag-pb", change{"credential", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"}},
		{"CID too long", change{"credential", "bafkr" + strings.Repeat("a", 213)}},
		{"salt in upper case", change{"salt", "0x" + strings.Repeat("AB", 32)}},
		{"salt without 0x", change{"salt", strings.Repeat("ab", 33)}},
		{"salt too short", change{"salt", hexBytes(31)}},
		{"salt too long", change{"salt", hexBytes(33)}},
		{"salt as number", change{"salt", 0}},
		{"issuer too short", change{"submission.issuer", hexBytes(19)}},
		{"no issuer", change{"submission.issuer", nil}},
		{"no home", change{"submission.home", nil}},
		{"home without a chain", change{"submission.home", exampleHome.Registry.String()}},
		{"home with a leading zero", change{"submission.home", "eip155:01:" + exampleHome.Registry.String()}},
		{"home of another name space", change{"submission.home", "cosmos:1:" + exampleHome.Registry.String()}},
		{"count zero", change{"submission.count", 0}},
		{"count negative", change{"submission.count", -1}},
		{"count fraction", change{"submission.count", 1.5}},
		{"count too great", change{"submission.count", maxInteger + 1}},
		{"count as text", change{"submission.count", "2"}},
		{"no count", change{"submission.count", nil}},
		{"no issuedAt", change{"submission.issuedAt", nil}},
		{"issuedAt too great", change{"submission.issuedAt", maxInteger + 1}},
		{"no submission path", change{"submission.path", nil}},
		{"submission path too long", change{"submission.path", repeat(verifier.MaxPath+1, hash)}},
		{"submission path of no hashes", change{"submission.path", []any{"0x"}}},
		{"no signature", change{"submission.signature", nil}},
		{"signature too short", change{"submission.signature", hexBytes(64)}},
		{"unknown member of the submission", change{"submission.root", hash}},
		{"batch without anchors", change{"anchors", nil}},
		{"anchors without batch", change{"batch", nil}},
		{"batch path too long", change{"batch.path", repeat(verifier.MaxPath+1, hash)}},
		{"no batch path", change{"batch.path", nil}},
		{"batch is a list", change{"batch", []any{}}},
		{"unknown member of the batch", change{"batch.root", hash}},
		{"no anchors", change{"anchors", []any{}}},
		{"anchors is an object", change{"anchors", document{}}},
		{"too many anchors", change{"anchors", anchors(verifier.MaxAnchors + 1)}},
		{"no chain", change{"anchors.0.chain", nil}},
		{"chain without name space", change{"anchors.0.chain", "31337"}},
		{"chain zero", change{"anchors.0.chain", "eip155:0"}},
		{"no registry", change{"anchors.0.registry", nil}},
		{"no header", change{"anchors.0.header", nil}},
		{"header too long", change{"anchors.0.header", hexBytes(verifier.MaxHeaderSize + 1)}},
		{"header of half a byte", change{"anchors.0.header", "0xabc"}},
		{"no account proof", change{"anchors.0.accountProof", nil}},
		{"no storage proof", change{"anchors.0.storageProof", nil}},
		{"too many trie nodes", change{"anchors.0.storageProof", repeat(verifier.MaxTrieNodes+1, "0x00")}},
		{"trie node in upper case", change{"anchors.0.storageProof.0", "0xAB"}},
		{"unknown member of an anchor", change{"anchors.0.timestamp", 1}},
		{"empty status", change{"anchors.0.status", []any{}}},
		{"too many status entries", change{"anchors.0.status", repeat(verifier.MaxStatusEntries+1, entry)}},
		{"status entry without id", change{"anchors.0.status.0.id", nil}},
		{"status entry without code", change{"anchors.0.status.0.code", nil}},
		{"status entry without next", change{"anchors.0.status.0.next", nil}},
		{"status entry without path", change{"anchors.0.status.0.path", nil}},
		{"status code beyond a byte", change{"anchors.0.status.0.code", 256}},
		{"status path too long", change{"anchors.0.status.0.path", repeat(verifier.MaxPath+1, hash)}},
		{"too many vouchers", change{"anchors.0.finality", repeat(verifier.MaxVouchers+1, document{"kind": "x"})}},
		{"voucher without a kind", change{"anchors.0.finality", []any{document{}}}},
		{"voucher that is no object", change{"anchors.0.finality", []any{"pinned"}}},
		{"voucher with a fraction", change{"anchors.0.finality", []any{document{"kind": "x", "at": []any{0.5}}}}},
		{"unknown hint", change{"hints.chain", "x"}},
		{"hint that is no text", change{"hints.node", 1}},
	}
	testSchema(t, "proof.schema.json", completeProof(t), func(data []byte) error {
		_, err := verifier.ParseProof(data)
		return err
	}, accepted, refused)
}

// TestVoucherSchema holds the forms of vouchers that count against what makes them.
func TestVoucherSchema(t *testing.T) {
	signer := witnessSigner(t, "a.example", 1)
	beaconVoucher, err := verifier.BeaconVoucher([]byte{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	witnessVoucher, err := verifier.WitnessVoucher([]string{signer.Sign(witness.Block{Chain: 1}, time.Unix(1767225600, 0))})
	if err != nil {
		t.Fatal(err)
	}
	for name, good := range map[string]verifier.Voucher{"beaconVoucher": beaconVoucher, "witnessVoucher": witnessVoucher} {
		validate := validator(t, "proof.schema.json#/$defs/"+name)
		if err := validate(good); err != nil {
			t.Errorf("%s: the schema refuses %s: %v", name, good, err)
		}
		for _, bad := range []string{
			`{"kind":"later"}`, `{"kind":"beacon"}`, `{"kind":"witness"}`, `{"kind":"beacon","evidence":"0x"}`,
			`{"kind":"beacon","evidence":"0xAB"}`, `{"kind":"beacon","evidence":"0xab","at":1}`,
			`{"kind":"witness","cosignatures":[]}`, `{"kind":"witness","cosignatures":["a.example"]}`,
		} {
			if validate([]byte(bad)) == nil {
				t.Errorf("%s: the schema accepts %s", name, bad)
			}
		}
	}
}

func witnessSigner(t *testing.T, name string, seed byte) *witness.Signer {
	t.Helper()
	s, err := witness.NewSigner(name, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func witnessKey(t *testing.T, name string, seed byte) *witness.Key {
	return witnessSigner(t, name, seed).Key()
}

// TestPendingProofSchema validates the other form of a proof.
func TestPendingProofSchema(t *testing.T) {
	data, err := newExample(t).proof.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := validator(t, "proof.schema.json")(data); err != nil {
		t.Error(err)
	}
}

func TestTrustSchema(t *testing.T) {
	hash, registry := merkle.Hash{7}.String(), exampleHome.Registry.String()
	key := witnessKey(t, "a.example", 1)
	trust := &verifier.Trust{
		Chains: map[verifier.ChainID]*verifier.TrustedChain{31337: {
			Name: "devnet", Test: true, Genesis: merkle.Hash{1}, Registries: []verifier.Address{exampleHome.Registry},
			Blocks: map[uint64]merkle.Hash{1234: {2}}, Successor: verifier.Successor{Chain: 1, Since: 1767225600},
			Beacon: &verifier.TrustedBeacon{
				Network: &beacon.Network{
					Name: "dev", ValidatorsRoot: merkle.Hash{1}, GenesisTime: 1767225600, SecondsPerSlot: 1, SlotsPerEpoch: 1,
					EpochsPerPeriod: 16, CommitteeSize: 8, RootsPerSummary: 8,
					Forks: []beacon.Fork{{Name: "phase0"}, {Name: "fulu", Epoch: 3, Version: beacon.Version{6, 0, 0, 0xfe}}},
				},
				Committees: map[uint64]verifier.TrustedRoot{7: {Root: merkle.Hash{3}, Origin: "a friend", Date: "2026-06-17"}},
				Summaries:  []verifier.TrustedRoot{{Root: merkle.Hash{4}}},
			},
			Witnesses: &verifier.TrustedWitnesses{Quorum: 2, Keys: []verifier.TrustedWitness{
				{Key: key, NotBefore: 1767225600, NotAfter: 1800000000}, {Key: witnessKey(t, "b.example", 2)},
			}},
		}},
		Issuers: map[verifier.Address]*verifier.TrustedIssuer{
			{1}: {Name: "Example University", IDs: []string{"did:web:uni.example"}, Homes: []verifier.Home{exampleHome}},
		},
	}
	good, err := trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	issuer := verifier.Address{1}.String()
	testSchema(t, "trust.schema.json", good, func(data []byte) error {
		_, err := verifier.ParseTrust(data)
		return err
	}, []schemaCase{
		{"no chains", change{"chains", nil}},
		{"no issuers", change{"issuers", nil}},
		{"registry without checksum", change{"chains.eip155:31337.registries", []any{strings.ToLower(registry)}}},
		{"issuer without bounds", change{"issuers." + issuer, document{"name": "x"}}},
		{"home without checksum", change{"issuers." + issuer + ".homes", []any{strings.ToLower(exampleHome.String())}}},
		{"block zero", change{"chains.eip155:31337.blocks.0", hash}},
		{"no beacon chain", change{"chains.eip155:31337.beacon", nil}},
		{"no network", change{"chains.eip155:31337.beacon.network", nil}},
		{"no committees", change{"chains.eip155:31337.beacon.committees", nil}},
		{"committee of period 0", change{"chains.eip155:31337.beacon.committees.0", document{"root": hash}}},
		{"most summaries", change{"chains.eip155:31337.beacon.summaries", repeat(64, document{"root": hash})}},
		{"no witnesses", change{"chains.eip155:31337.witnesses", nil}},
		{"key of a witness without bounds", change{"chains.eip155:31337.witnesses.keys.0", document{"key": key.String()}}},
	}, []schemaCase{
		{"unknown member of a beacon chain", change{"chains.eip155:31337.beacon.url", "x"}},
		{"unknown member of a network", change{"chains.eip155:31337.beacon.network.chain", 1}},
		{"network without a validators root", change{"chains.eip155:31337.beacon.network.genesisValidatorsRoot", nil}},
		{"network without forks", change{"chains.eip155:31337.beacon.network.forks", []any{}}},
		{"network with too many forks", change{"chains.eip155:31337.beacon.network.forks", repeat(33, document{
			"name": "fulu", "epoch": 0, "version": "0x00000000",
		})}},
		{"fork version too short", change{"chains.eip155:31337.beacon.network.forks.0.version", "0x060000"}},
		{"fork without an epoch", change{"chains.eip155:31337.beacon.network.forks.0.epoch", nil}},
		{"slots of no time", change{"chains.eip155:31337.beacon.network.secondsPerSlot", 0}},
		{"committee of seven", change{"chains.eip155:31337.beacon.network.committeeSize", 7}},
		{"committee of 1024", change{"chains.eip155:31337.beacon.network.committeeSize", 1024}},
		{"summary of 10 roots", change{"chains.eip155:31337.beacon.network.rootsPerSummary", 10}},
		{"genesis far away", change{"chains.eip155:31337.beacon.network.genesisTime", 1<<40 + 1}},
		{"period in hex", change{"chains.eip155:31337.beacon.committees.0x7", document{"root": hash}}},
		{"committee as text", change{"chains.eip155:31337.beacon.committees.7", hash}},
		{"committee without a root", change{"chains.eip155:31337.beacon.committees.7.root", nil}},
		{"unknown member of a root", change{"chains.eip155:31337.beacon.committees.7.period", 7}},
		{"too many summaries", change{"chains.eip155:31337.beacon.summaries", repeat(65, document{"root": hash})}},
		{"no quorum", change{"chains.eip155:31337.witnesses.quorum", nil}},
		{"quorum of none", change{"chains.eip155:31337.witnesses.quorum", 0}},
		{"no keys of witnesses", change{"chains.eip155:31337.witnesses.keys", []any{}}},
		{"too many keys of witnesses", change{"chains.eip155:31337.witnesses.keys", repeat(65, document{"key": key.String()})}},
		{"key of a witness as text", change{"chains.eip155:31337.witnesses.keys.0", key.String()}},
		{"key of a log", change{"chains.eip155:31337.witnesses.keys.0.key", strings.Replace(key.String(), "+B", "+A", 1)}},
		{"unknown member of a witness", change{"chains.eip155:31337.witnesses.keys.0.name", "x"}},

		{"another version", change{"hallmarkTrust", 2}},
		{"no version", change{"hallmarkTrust", nil}},
		{"unknown member", change{"keys", []any{}}},
		{"chain without name space", change{"chains.31337", document{"genesis": hash}}},
		{"no genesis", change{"chains.eip155:31337.genesis", nil}},
		{"zero genesis", change{"chains.eip155:31337.genesis", merkle.Hash{}.String()}},
		{"unknown member of a chain", change{"chains.eip155:31337.rpc", "x"}},
		{"test as text", change{"chains.eip155:31337.test", "true"}},
		{"registry of 19 bytes", change{"chains.eip155:31337.registries", []any{registry[:40]}}},
		{"block number in hex", change{"chains.eip155:31337.blocks.0x1", hash}},
		{"block number with a leading zero", change{"chains.eip155:31337.blocks.01", hash}},
		{"block hash too short", change{"chains.eip155:31337.blocks.7", hash[:64]}},
		{"successor without name space", change{"chains.eip155:31337.successor.chain", "1"}},
		{"successor as text", change{"chains.eip155:31337.successor", "eip155:1"}},
		{"successor without a date", change{"chains.eip155:31337.successor.since", nil}},
		{"successor since 0", change{"chains.eip155:31337.successor.since", 0}},
		{"successor without a chain", change{"chains.eip155:31337.successor.chain", nil}},
		{"unknown member of a successor", change{"chains.eip155:31337.successor.block", 1}},
		{"home without a chain", change{"issuers." + issuer + ".homes", []any{registry}}},
		{"no homes in homes", change{"issuers." + issuer + ".homes", []any{}}},
		{"home as text", change{"issuers." + issuer + ".homes", exampleHome.String()}},
		{"issuer that is no address", change{"issuers.uni", document{}}},
		{"ids as text", change{"issuers." + issuer + ".ids", "did:web:uni.example"}},
		{"notAfter negative", change{"issuers." + issuer + ".notAfter", -1}},
		{"unknown member of an issuer", change{"issuers." + issuer + ".did", "x"}},
	})
}
