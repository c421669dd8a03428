package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

func inspectCommand() *cli.Command {
	return command("inspect", "PROOF", "print each step of a proof, from bytes to root, to be followed by hand",
		"Every hash is keccak-256 of the bytes that are printed before it, so any other tool for\n"+
			"keccak-256 can follow. Nothing is judged here: hallmark verify does that. The trust store\n"+
			"only names the network of a beacon chain that is not built in.",
		inspect,
		trustFlag(), onlyFlag(), jsonFlag())
}

func inspect(c *cli.Context) error {
	p, err := issuer.OneProof(c.Args().First(), c.StringSlice("only"), false)
	if err != nil {
		return err
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	w := &walk{trust: trust}
	w.proof(p.Proof)
	if w.err != nil {
		return w.err
	}
	if c.Bool("json") {
		resultJSON(c, w.steps...)
		return nil
	}
	_, err = c.App.Writer.Write([]byte(w.text()))
	return err
}

// walk writes the steps of a proof. It computes them by itself, from the words of
// the ABI up, and compares its results with those of the verifier package.
type walk struct {
	trust *verifier.Trust
	steps []walkStep
	err   error // a difference between the two
}

// walkStep is a step under its title, with what goes in and comes out. A value without
// a name goes on with the one before it.
type walkStep struct {
	Title  string      `json:"step"`
	Values []walkValue `json:"values"`
}

type walkValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// text writes the steps for people.
func (w *walk) text() string {
	var text strings.Builder
	for i, s := range w.steps {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(s.Title + "\n")
		for _, v := range s.Values {
			fmt.Fprintf(&text, "  %-28s %s\n", v.Name, v.Value)
		}
	}
	return text.String()
}

func (w *walk) head(format string, args ...any) {
	w.steps = append(w.steps, walkStep{Title: fmt.Sprintf(format, args...), Values: []walkValue{}})
}

func (w *walk) line(name, format string, args ...any) {
	step := &w.steps[len(w.steps)-1]
	step.Values = append(step.Values, walkValue{name, fmt.Sprintf(format, args...)})
}

// words writes bytes as 32-byte words.
func (w *walk) words(name string, b []byte) {
	for i := 0; i < len(b); i += 32 {
		if i > 0 {
			name = ""
		}
		w.line(name, "%s", hex.EncodeToString(b[i:min(i+32, len(b))]))
	}
}

// same notes that a step of this walk and the verifier's differ.
func (w *walk) same(step string, got, want merkle.Hash) {
	if got != want {
		w.err = errors.Join(w.err, fmt.Errorf("inspect computes the %s %s, the verifier %s: please report this", step, got, want))
	}
}

func (w *walk) proof(p *verifier.Proof) {
	cid := p.Credential.Bytes()
	form, _ := credential.FormOf(p.Credential) // ParseProof has checked it
	w.head("1. The credential and its leaf")
	w.line("CID", "%s", p.Credential)
	w.line("form", "%s", form)
	w.line("CID, binary", "%s", hex.EncodeToString(cid))
	w.line("salt", "%s%s", p.Salt, map[bool]string{true: "  (zero: discoverable)"}[p.Salt.IsZero()])
	encoded := abiEncode(cid, p.Salt)
	w.words("abi.encode(cid, salt)", encoded)
	leaf := w.leafHash("leaf", encoded)
	w.same("leaf", leaf, p.Leaf())
	w.line("short code", "%s  (its first 80 bits, as printed)", qrproof.ShortOf(leaf))

	s := p.Submission
	w.head("2. From the leaf to the submission's root: %s", plural(len(s.Path), "step", "steps"))
	root := w.path(leaf, s.Path)
	w.line("submission root", "%s", root)
	count := credentials(s.Count)
	if n := issuer.CredentialCount(p); n < s.Count {
		count = fmt.Sprintf("%d leaves: %s, and evidence of who the issuer is", s.Count, credentials(n))
	}
	w.line("count", "%s", count)
	for i := range s.Identity {
		w.identity(&s.Identity[i], root)
	}

	w.head("3. What the issuer signed (EIP-712)")
	w.line("issuer", "%s", s.Issuer)
	w.line("home", "%s", s.Home)
	w.line("issuedAt", "%d  (%s, the issuer's claim)", s.IssuedAt, unixTime(s.IssuedAt))
	name, version := merkle.Keccak256([]byte("Hallmark")), merkle.Keccak256([]byte("1"))
	chain, registry := word(uint64(s.Home.Chain)), addressWord(s.Home.Registry)
	domain := w.structHash("domain separator", "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
		field{"keccak256(\"Hallmark\")", name}, field{"keccak256(\"1\")", version}, field{"chainId", chain}, field{"verifyingContract", registry})
	message := w.structHash("struct hash", "Submission(bytes32 root,uint64 count,uint64 issuedAt)",
		field{"root", root}, field{"count", word(s.Count)}, field{"issuedAt", word(s.IssuedAt)})
	preimage := append([]byte{0x19, 0x01}, append(domain[:], message[:]...)...)
	digest := merkle.Keccak256(preimage)
	w.line("0x1901 || both", "%s", hex.EncodeToString(preimage))
	w.line("digest", "%s", digest)
	w.same("digest", digest, verifier.SubmissionDigest(s.Home, root, s.Count, s.IssuedAt))
	w.line("signature r", "%s", hex.EncodeToString(s.Signature[:32]))
	w.line("signature s", "%s", hex.EncodeToString(s.Signature[32:64]))
	w.line("signature v", "%d", s.Signature[64])
	if signer, err := verifier.Recover(digest, s.Signature); err != nil {
		w.line("recovers to", "nobody: %v", err)
	} else {
		w.line("recovers to", "%s", signer)
	}

	w.head("4. The submission's leaf in the batch, which is also its id")
	signer := addressWord(s.Issuer)
	encoded = append(signer[:], digest[:]...)
	w.words("abi.encode(issuer, digest)", encoded)
	id := w.leafHash("id", encoded)
	w.same("id", id, verifier.BatchLeaf(s.Issuer, digest))
	if p.Pending() {
		w.head("The proof is pending: it has no batch and no anchor yet. hallmark upgrade completes it.")
		return
	}
	w.head("5. From the id to the batch root: %s", plural(len(p.Batch.Path), "step", "steps"))
	batch := w.path(id, p.Batch.Path)
	w.line("batch root", "%s", batch)
	for i := range p.Anchors {
		w.anchor(i, &p.Anchors[i], p, leaf, root, batch)
	}
}

// identity shows how evidence of who the issuer is belongs to the submission with a root.
func (w *walk) identity(e *verifier.Identity, root merkle.Hash) {
	w.head("   Evidence of who the issuer is, %s: %s up", e.Kind, plural(len(e.Path), "step", "steps"))
	sum := sha256.Sum256(e.Evidence)
	w.line("SHA-256 of its bytes", "%s  (%d bytes)", hex.EncodeToString(sum[:]), len(e.Evidence))
	w.line("salt", "%s", e.Salt)
	encoded := abiEncode(append([]byte{0x01, 0x55, 0x12, 0x20}, sum[:]...), e.Salt)
	w.words("abi.encode(cid, salt)", encoded)
	leaf := w.leafHash("leaf", encoded)
	w.same("leaf of evidence", leaf, e.Leaf())
	if w.path(leaf, e.Path) == root {
		w.line("belongs to it", "yes: that is the submission's root")
	} else {
		w.line("belongs to it", "no: that is not the submission's root")
	}
}

// leafHash hashes a leaf twice, as OpenZeppelin's standard tree does.
func (w *walk) leafHash(name string, encoded []byte) merkle.Hash {
	inner := merkle.Keccak256(encoded)
	outer := merkle.Keccak256(inner[:])
	w.line("keccak256", "%s", inner)
	w.line("keccak256 again: "+name, "%s", outer)
	return outer
}

// path climbs a tree: each step hashes the smaller of two nodes, then the larger.
func (w *walk) path(from merkle.Hash, path []merkle.Hash) merkle.Hash {
	for i, sibling := range path {
		small, large := from, sibling
		if merkle.Compare(small, large) > 0 {
			small, large = large, small
		}
		from = merkle.Keccak256(small[:], large[:])
		w.line(fmt.Sprintf("step %d, smaller", i+1), "%s", hex.EncodeToString(small[:]))
		w.line("        larger", "%s", hex.EncodeToString(large[:]))
		w.line("        keccak256", "%s", from)
	}
	return from
}

type field struct {
	name string
	word merkle.Hash
}

func (w *walk) structHash(name, typeString string, fields ...field) merkle.Hash {
	typeHash := merkle.Keccak256([]byte(typeString))
	w.line("type", "%s", typeString)
	w.line("keccak256(type)", "%s", hex.EncodeToString(typeHash[:]))
	encoded := typeHash[:]
	for _, f := range fields {
		w.line(f.name, "%s", hex.EncodeToString(f.word[:]))
		encoded = append(encoded, f.word[:]...)
	}
	hash := merkle.Keccak256(encoded)
	w.line("keccak256: "+name, "%s", hash)
	return hash
}

func (w *walk) anchor(i int, a *verifier.Anchor, p *verifier.Proof, leaf, submission, batch merkle.Hash) {
	w.head("%d. What the chain recorded: %s", 6+i, a.Chain)
	w.line("registry", "%s", a.Registry)
	key := append(batch[:], make([]byte, 32)...)
	w.words("batch root || slot 0", key)
	slot := merkle.Keccak256(key)
	w.line("keccak256: anchor slot", "%s", slot)
	w.same("anchor slot", slot, verifier.AnchorSlot(batch))
	who, one := addressWord(p.Submission.Issuer), word(1)
	w.words("issuer || slot 1", append(who[:], one[:]...))
	status, times := verifier.IssuerSlots(p.Submission.Issuer)
	w.same("issuer slot", merkle.Keccak256(who[:], one[:]), status)
	w.line("keccak256: status slot", "%s", status)
	w.line("the slot after it", "%s", times)

	h, err := verifier.ParseHeader(a.Header)
	if err != nil {
		w.line("header", "cannot be read: %s", printable(err.Error()))
		return
	}
	w.line("header", "%d bytes of RLP, whose keccak256 is the block's hash", len(a.Header))
	w.line("block hash", "%s", h.Hash)
	w.line("field 3, state root", "%s", h.StateRoot)
	w.line("field 8, number", "%d", h.Number)
	w.line("field 11, time", "%d  (%s)", h.Time, unixTime(h.Time))
	w.line("state key", "%s  = keccak256(registry)", merkle.Keccak256(a.Registry[:]))
	for i, n := range a.AccountProof {
		w.line(fmt.Sprintf("account node %d", i), "%s  = keccak256 of %d bytes", merkle.Keccak256(n), len(n))
	}
	w.line("storage keys", "keccak256 of each slot above:")
	for _, s := range []merkle.Hash{slot, status, times} {
		w.line("", "%s", merkle.Keccak256(s[:]))
	}
	for i, n := range a.StorageProof {
		w.line(fmt.Sprintf("storage node %d", i), "%s  = keccak256 of %d bytes", merkle.Keccak256(n), len(n))
	}
	state, err := a.Read(batch, p.Submission.Issuer)
	if err != nil {
		w.line("the nodes prove", "nothing: %s", printable(err.Error()))
		return
	}
	if state.Anchored {
		w.line("the nodes prove", "the batch root was recorded at %d  (%s)", state.AnchoredAt, unixTime(state.AnchoredAt))
	} else {
		w.line("the nodes prove", "the batch root was NOT recorded")
	}
	if state.Version == 0 {
		w.line("status root", "%s  (zero: the issuer never set a status)", state.StatusRoot)
	} else {
		w.line("status root", "%s  (version %d)", state.StatusRoot, state.Version)
	}
	if state.RetiredFrom != 0 {
		w.line("retired from", "%d  (%s)", state.RetiredFrom, unixTime(state.RetiredFrom))
	}
	for i, e := range a.Status {
		w.status(i, e, leaf, submission)
	}
	w.replaced(a.Status, p, leaf)
	h.Chain = a.Chain
	for i, v := range a.Finality {
		w.voucher(i, v, h)
	}
}

func (w *walk) status(i int, e verifier.StatusEntry, leaf, submission merkle.Hash) {
	w.head("   Status entry %d: code %d (0 none, 1 suspended, 2 revoked, 3 and 4 replaced)", i+1, e.Code)
	w.line("leaf, to compare", "%s", leaf)
	w.line("submission root", "%s", submission)
	code := word(uint64(e.Code))
	encoded := append(append(append([]byte{}, e.ID[:]...), code[:]...), e.Next[:]...)
	w.words("id, code, next", encoded)
	at := w.leafHash("entry", encoded)
	w.same("status entry", at, verifier.StatusLeaf(e.ID, e.Code, e.Next))
	w.line("list root", "%s", w.path(at, e.Path))
}

// abiEncode is abi.encode(bytes, bytes32).
func abiEncode(cid []byte, salt merkle.Hash) []byte {
	offset, length := word(64), word(uint64(len(cid)))
	out := append(append(append([]byte{}, offset[:]...), salt[:]...), length[:]...)
	out = append(out, cid...)
	return append(out, make([]byte, (32-len(cid)%32)%32)...)
}

func word(n uint64) (w merkle.Hash) {
	binary.BigEndian.PutUint64(w[24:], n)
	return w
}

func addressWord(a verifier.Address) (w merkle.Hash) {
	copy(w[12:], a[:])
	return w
}
