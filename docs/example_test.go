// Package docs_test holds what is printed in the documents of this folder against
// the code. It recomputes the worked example of spec.md and rewrites its values with
//
//	go test ./docs -update
package docs_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// What the example starts from. The keys are the first two that hardhat and anvil
// give to everyone who starts them.
const (
	exampleDocument = `{ "type": "OpenBadgeCredential", "name": "Welder", "level": 2.0,` + "\n" +
		`  "issuer": "did:web:uni.example", "proof": { "type": "DataIntegrityProof" } }`
	exampleCorrected = `{"issuer":"did:web:uni.example","level":3,"name":"Welder","type":"OpenBadgeCredential"}`
	exampleFile      = "A certificate.\n"
	exampleKey       = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
	exampleOtherKey  = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
	exampleIssuedAt  = 1767225600
	exampleAnchored  = 1767225660
	exampleBlock     = 42
)

var exampleHome = verifier.Home{Chain: 31337, Registry: verifier.RegistryAddress}

// example is the worked example: values by the names that spec.md prints them
// under, and the pending proof of the badge.
type example struct {
	t      *testing.T
	values map[string]string
	proof  *verifier.Proof
}

func (e *example) add(name, value string) {
	if _, ok := e.values[name]; ok {
		e.t.Fatalf("two values are called %q", name)
	}
	e.values[name] = value
}

// same holds a value that the test computed step by step against the one of the
// packages that everything else uses.
func (e *example) same(what string, stepwise, packaged any) {
	e.t.Helper()
	if stepwise != packaged {
		e.t.Errorf("%s: step by step it is %v, the package says %v", what, stepwise, packaged)
	}
}

// words writes an encoding as one 32-byte word a line.
func words(b []byte) string {
	var lines []string
	for ; len(b) > 32; b = b[32:] {
		lines = append(lines, hex.EncodeToString(b[:32]))
	}
	return strings.Join(append(lines, hex.EncodeToString(b)), "\n")
}

func uintWord(n uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24), n) }

func addressWord(a verifier.Address) []byte { return append(make([]byte, 12), a[:]...) }

func keccak(parts ...[]byte) merkle.Hash { return merkle.Keccak256(parts...) }

// leaf adds the steps from a CID and a salt to a leaf.
func (e *example) leaf(name string, c cid.Cid, salt merkle.Hash) merkle.Hash {
	b := c.Bytes()
	padded := append(bytes.Clone(b), make([]byte, (32-len(b)%32)%32)...)
	encoded := bytes.Join([][]byte{uintWord(64), salt[:], uintWord(uint64(len(b))), padded}, nil)
	inner := keccak(encoded)
	leaf := keccak(inner[:])
	e.same(name, leaf, verifier.Leaf(b, salt))
	e.add(name+": CID", c.String())
	e.add(name+": CID bytes", "0x"+hex.EncodeToString(b))
	e.add(name+": salt", salt.String())
	e.add(name+": abi.encode(cid, salt)", words(encoded))
	e.add(name+": keccak256 of that", inner.String())
	e.add(name+": leaf", leaf.String())
	return leaf
}

// sign adds the steps from a submission's root to its id.
func (e *example) sign(name, key string, root merkle.Hash, count uint64) (verifier.Submission, merkle.Hash) {
	secret, err := hex.DecodeString(key)
	if err != nil {
		e.t.Fatal(err)
	}
	domainType := keccak([]byte("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"))
	nameHash, versionHash := keccak([]byte("Hallmark")), keccak([]byte("1"))
	domain := bytes.Join([][]byte{
		domainType[:], nameHash[:], versionHash[:], uintWord(uint64(exampleHome.Chain)), addressWord(exampleHome.Registry),
	}, nil)
	separator := keccak(domain)
	submissionType := keccak([]byte("Submission(bytes32 root,uint64 count,uint64 issuedAt)"))
	statement := bytes.Join([][]byte{submissionType[:], root[:], uintWord(count), uintWord(exampleIssuedAt)}, nil)
	structHash := keccak(statement)
	digest := keccak([]byte{0x19, 0x01}, separator[:], structHash[:])
	e.same(name+" digest", digest, verifier.SubmissionDigest(exampleHome, root, count, exampleIssuedAt))

	// The library puts 27 or 28 first; RFC 6979 makes the signature the same each time.
	compact := ecdsa.SignCompact(secp256k1.PrivKeyFromBytes(secret), digest[:], false)
	s := verifier.Submission{Home: exampleHome, Count: count, IssuedAt: exampleIssuedAt}
	copy(s.Signature[:], compact[1:])
	s.Signature[64] = compact[0]
	if s.Issuer, err = verifier.Recover(digest, s.Signature); err != nil {
		e.t.Fatal(err)
	}
	encoded := append(addressWord(s.Issuer), digest[:]...)
	inner := keccak(encoded)
	id := keccak(inner[:])
	e.same(name+" id", id, verifier.BatchLeaf(s.Issuer, digest))

	if name == "first submission" {
		e.add("domain type hash", domainType.String())
		e.add("domain encoding", words(domain))
		e.add("domain separator", separator.String())
		e.add("submission type hash", submissionType.String())
		e.add(name+": encoding", words(statement))
		e.add(name+": abi.encode(issuer, digest)", words(encoded))
	}
	e.add(name+": private key", "0x"+key)
	e.add(name+": issuer", s.Issuer.String())
	e.add(name+": root", root.String())
	e.add(name+": struct hash", structHash.String())
	e.add(name+": digest", digest.String())
	e.add(name+": signature", s.Signature.String())
	e.add(name+": id", id.String())
	return s, id
}

// tree builds a tree and holds it against nodes that the test hashes itself.
func (e *example) pair(a, b merkle.Hash) (*merkle.Tree, merkle.Hash) {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	root := keccak(a[:], b[:])
	tree, err := merkle.New([]merkle.Hash{b, a})
	if err != nil {
		e.t.Fatal(err)
	}
	e.same("root", root, tree.Root())
	return tree, root
}

func (e *example) storage(issuer verifier.Address, batchRoot merkle.Hash) {
	slot := keccak(batchRoot[:], uintWord(0))
	e.same("slot of the anchor", slot, verifier.AnchorSlot(batchRoot))
	path := keccak(slot[:])
	word := binary.BigEndian.AppendUint64(nil, exampleBlock)[2:]
	word = append(word, binary.BigEndian.AppendUint64(nil, exampleAnchored)[2:]...)
	publisher := e.address(exampleOtherKey)
	word = append(word, publisher[:]...)
	e.add("slot of the anchor: key || 0", words(append(bytes.Clone(batchRoot[:]), uintWord(0)...)))
	e.add("slot of the anchor", slot.String())
	e.add("path of the anchor in the storage trie", path.String())
	e.add("anchor word", "0x"+hex.EncodeToString(word))

	status := keccak(addressWord(issuer), uintWord(1))
	times := status
	times[31]++ // no carry in this example
	one, two := verifier.IssuerSlots(issuer)
	e.same("first slot of the issuer", status, one)
	e.same("second slot of the issuer", times, two)
	e.add("first slot of the issuer", status.String())
	e.add("second slot of the issuer", times.String())
	account := keccak(verifier.RegistryAddress[:])
	e.add("path of the registry in the state trie", account.String())
	e.add("registry", verifier.RegistryAddress.String())
	e.add("registry code hash", verifier.RegistryCodeHash.String())
}

func (e *example) address(key string) verifier.Address {
	secret, err := hex.DecodeString(key)
	if err != nil {
		e.t.Fatal(err)
	}
	public := secp256k1.PrivKeyFromBytes(secret).PubKey().SerializeUncompressed()
	sum := keccak(public[1:])
	return verifier.Address(sum[12:])
}

// status adds the list that revokes one credential.
func (e *example) status(revoked merkle.Hash) {
	var zero, last merkle.Hash
	for i := range last {
		last[i] = 0xff
	}
	entry := func(id merkle.Hash, code uint64, next merkle.Hash) ([]byte, merkle.Hash) {
		encoded := bytes.Join([][]byte{id[:], uintWord(code), next[:]}, nil)
		inner := keccak(encoded)
		return encoded, keccak(inner[:])
	}
	first, firstLeaf := entry(zero, 0, revoked)
	second, secondLeaf := entry(revoked, 2, last)
	_, root := e.pair(firstLeaf, secondLeaf)
	list, err := verifier.NewStatusList([]verifier.StatusItem{{ID: revoked, Code: verifier.StatusRevoked}})
	if err != nil {
		e.t.Fatal(err)
	}
	e.same("statusRoot", root, list.Root())
	e.add("first entry", words(first))
	e.add("leaf of the first entry", firstLeaf.String())
	e.add("second entry", words(second))
	e.add("leaf of the second entry", secondLeaf.String())
	e.add("statusRoot", root.String())
}

// replaced adds the list that says what replaces one credential.
func (e *example) replaced(leaf, salt merkle.Hash) {
	digest := sha256.Sum256([]byte(exampleCorrected)) // it is in canonical form
	prefix, err := hex.DecodeString("0181ec021220")
	if err != nil {
		e.t.Fatal(err)
	}
	next, err := credential.CIDFromBytes(append(prefix, digest[:]...))
	if err != nil {
		e.t.Fatal(err)
	}
	sum, err := credential.Sum(strings.NewReader(exampleCorrected), credential.FormAuto, "")
	if err != nil {
		e.t.Fatal(err)
	}
	e.same("CID of the corrected badge", next, sum)
	e.add("corrected document", exampleCorrected)
	e.add("corrected badge: CID", next.String())
	e.add("corrected badge: sha2-256", "0x"+hex.EncodeToString(digest[:]))
	items := []verifier.StatusItem{{ID: leaf, Code: 2}}
	for i := range byte(2) {
		begin := keccak([]byte("hallmark replaced"), []byte{i}, leaf[:])
		pad := keccak([]byte("hallmark replacement"), []byte{i}, leaf[:], salt[:])
		var id merkle.Hash
		copy(id[:16], begin[:16])
		for j := range 16 {
			id[16+j] = pad[j] ^ digest[16*int(i)+j]
		}
		half := fmt.Sprintf("half %d: ", i)
		e.add(half+fmt.Sprintf("keccak256 of \"hallmark replaced\", 0x%02x and the badge's leaf", i), begin.String())
		e.add(half+fmt.Sprintf("keccak256 of \"hallmark replacement\", 0x%02x, the badge's leaf and salt", i), pad.String())
		e.add(half+"id", id.String())
		items = append(items, verifier.StatusItem{ID: id, Code: 3})
	}
	e.add("code of both halves", "3")
	slices.SortFunc(items, func(a, b verifier.StatusItem) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	list, err := verifier.NewStatusList(items)
	if err != nil {
		e.t.Fatal(err)
	}
	e.add("statusRoot of the list of the three", list.Root().String())
	packaged, err := verifier.Pointer(leaf, salt, next)
	if err != nil {
		e.t.Fatal(err)
	}
	packaged = verifier.MergeStatusItems(packaged, []verifier.StatusItem{{ID: leaf, Code: verifier.StatusRevoked}})
	e.same("what replaces the badge", fmt.Sprint(items), fmt.Sprint(packaged))
	by, _ := verifier.ReplacedBy(items, leaf, salt)
	e.same("what replaces the badge, read", next, by)
}

func newExample(t *testing.T) *example {
	e := &example{t: t, values: make(map[string]string)}
	canonical, err := credential.Canonicalize([]byte(exampleDocument))
	if err != nil {
		t.Fatal(err)
	}
	badge, err := credential.Sum(strings.NewReader(exampleDocument), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	file, err := credential.Sum(strings.NewReader(exampleFile), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(canonical)
	prefix, err := hex.DecodeString("0181ec021220")
	if err != nil {
		t.Fatal(err)
	}
	e.same("CID of the badge", string(append(prefix, digest[:]...)), string(badge.Bytes()))
	e.add("document", exampleDocument)
	e.add("canonical form", string(canonical))
	e.add("sha2-256 of the canonical form", "0x"+hex.EncodeToString(digest[:]))

	var salt merkle.Hash
	for i := range salt {
		salt[i] = byte(i)
	}
	a := e.leaf("badge", badge, salt)
	b := e.leaf("file", file, merkle.Hash{})
	tree, root := e.pair(a, b)
	submission, id := e.sign("first submission", exampleKey, root, 2)
	at, _ := tree.Index(a)
	submission.Path = tree.Path(at)

	_, otherID := e.sign("second submission", exampleOtherKey, b, 1)
	batch, batchRoot := e.pair(id, otherID)
	e.add("batch root", batchRoot.String())
	e.storage(submission.Issuer, batchRoot)
	e.status(a)
	e.replaced(a, salt)
	e.finality()

	// The proof that the issuer writes before it sends anything; once anchored, its
	// batch path leads to the root above.
	e.proof = &verifier.Proof{Credential: badge, Salt: salt, Submission: submission}
	form, err := e.proof.EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	e.add("proof in CBOR", hexLines(form))
	carrying, err := verifier.Embed([]byte(exampleDocument), e.proof)
	if err != nil {
		t.Fatal(err)
	}
	entry := `{"type":"DataIntegrityProof","cryptosuite":"hallmark-2026","proofPurpose":"assertionMethod","proofValue":"u` +
		base64.RawURLEncoding.EncodeToString(form) + `"}`
	e.same("document with the proof inside",
		strings.Replace(exampleDocument, `"proof": `, `"proof": [`+entry+`,`, 1),
		strings.Replace(string(carrying), "] }", " }", 1))
	e.add("document with the proof inside", string(carrying))
	at, _ = batch.Index(id)
	e.same("batch root from the path", merkle.Root(id, batch.Path(at)), batchRoot)
	return e
}

// hexLines is long hex, 32 bytes a line.
func hexLines(b []byte) string {
	var lines []string
	for part := range slices.Chunk(b, 32) {
		lines = append(lines, hex.EncodeToString(part))
	}
	return strings.Join(lines, "\n")
}
