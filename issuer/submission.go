package issuer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Key signs for an issuer.
type Key interface {
	Address() verifier.Address
	SignDigest(digest merkle.Hash) (verifier.Signature, error)
}

// Credential is one credential with a proof file of its own.
type Credential struct {
	From  string // the file, or the CID
	CID   cid.Cid
	Path  string          // of its proof file
	Proof *verifier.Proof // nil while there is none
}

// Credentials returns inputs as credentials whose proof files lie beside them or, unless it
// is empty, in the folder out. Each needs a place of its own.
func Credentials(inputs []*Input, out string) ([]*Credential, error) {
	var list []*Credential
	taken := make(map[string]string)
	for _, in := range inputs {
		id, err := credential.CIDFromBytes(in.CID)
		if err != nil {
			return nil, err
		}
		one := &Credential{From: in.File, CID: id, Path: filepath.Join(out, id.String()+ProofSuffix)}
		switch {
		case in.File == "":
			one.From = id.String()
		case out == "":
			one.Path = in.File + ProofSuffix
		default:
			one.Path = filepath.Join(out, filepath.Base(in.File)+ProofSuffix)
		}
		at := filepath.Clean(one.Path)
		if other, ok := taken[at]; ok {
			return nil, fault.Input("the proofs of %s and %s would both be %s: submit them one after the other into different folders",
				other, in.From(), one.Path)
		}
		taken[at] = in.From()
		list = append(list, one)
	}
	return list, nil
}

// readEarlier reads the proofs that are at the credentials' places already, and returns the
// credentials without those for which something else is there. Unless refused is nil it is
// told of them.
func readEarlier(list []*Credential, refused func(Refusal)) (rest []*Credential, err error) {
	for _, one := range list {
		switch err := one.readEarlier(); {
		case err == nil:
			rest = append(rest, one)
		case refused == nil:
			return nil, err
		default:
			refused(Refusal{one.From, err})
		}
	}
	return rest, nil
}

func (one *Credential) readEarlier() error {
	one.Proof = nil // what is not on disk is no proof: its salt could be lost
	if _, err := os.Lstat(one.Path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	p, err := ReadProof(one.Path)
	if err != nil {
		why := strings.TrimPrefix(err.Error(), one.Path+": ")
		return fault.Input("%s %w of the new proof, and it is not one: %s", one.Path, ErrInTheWay, why)
	}
	if p.Credential != one.CID {
		return fmt.Errorf("%s %w: it is the proof of another credential than %s is now", one.Path, ErrInTheWay, one.From)
	}
	one.Proof = p.Proof
	return nil
}

// bySubmission sorts credentials by the submissions that their proofs belong to. fresh
// have none.
func bySubmission(list []*Credential) (earlier [][]*Credential, fresh []*Credential) {
	at := make(map[merkle.Hash]int)
	for _, one := range list {
		if one.Proof == nil {
			fresh = append(fresh, one)
			continue
		}
		id := SubmissionID(one.Proof)
		i, ok := at[id]
		if !ok {
			i = len(earlier)
			at[id], earlier = i, append(earlier, nil)
		}
		earlier[i] = append(earlier[i], one)
	}
	return earlier, fresh
}

// Sign makes one submission of credentials for a home registry and gives each its
// pending proof. Without salts (discoverable) everyone who can guess a credential can find
// its proof. Unless it is empty, node goes into the proofs as a hint. Evidence of who the
// issuer is becomes leaves of the submission too, each with a salt of its own.
func Sign(
	key Key, home verifier.Home, list []*Credential, evidence []*Identity, discoverable bool, node string,
) (*publish.Submission, error) {
	for _, one := range list {
		var salt merkle.Hash
		if !discoverable {
			_, _ = rand.Read(salt[:]) // never fails
		}
		one.Proof = &verifier.Proof{Credential: one.CID, Salt: salt}
	}
	leaves := make([]merkle.Hash, len(list), len(list)+len(evidence))
	verifier.Leaves(leaves, func(i int) ([]byte, merkle.Hash) { return list[i].CID.Bytes(), list[i].Proof.Salt })
	entries := identityEntries(evidence)
	for i := range entries {
		leaves = append(leaves, entries[i].Leaf())
	}
	tree, err := merkle.New(leaves)
	if errors.Is(err, merkle.ErrDuplicate) {
		return nil, namedTwice(list)
	}
	if err != nil {
		return nil, err
	}
	sub, err := sign(key, home, tree.Root(), uint64(len(leaves)), uint64(time.Now().Unix()))
	if err != nil {
		return nil, err
	}
	path := func(i int) []merkle.Hash {
		at, _ := tree.Index(leaves[i]) // the tree is of these leaves
		return tree.Path(at)
	}
	for i := range entries {
		entries[i].Path = path(len(list) + i)
	}
	sub.Identity = entries
	for i, one := range list {
		one.Proof.Submission = sub
		one.Proof.Submission.Path = path(i)
		one.Proof.Hints = hints(node)
	}
	slices.SortFunc(leaves, merkle.Compare)
	s := submissionOf(list[0].Proof, leaves)
	return s, s.Verify()
}

// identityEntries returns evidence as entries of a submission, with new salts and without
// paths.
func identityEntries(evidence []*Identity) []verifier.Identity {
	var entries []verifier.Identity
	for _, i := range evidence {
		e := verifier.Identity{Kind: i.Kind, Evidence: i.Data}
		_, _ = rand.Read(e.Salt[:]) // never fails
		entries = append(entries, e)
	}
	return entries
}

// CredentialCount returns how many credentials the submission of a proof has: its leaves
// without its evidence of who the issuer is.
func CredentialCount(p *verifier.Proof) uint64 {
	root := SubmissionRoot(p)
	inside := make(map[merkle.Hash]bool)
	for i := range p.Submission.Identity {
		if e := &p.Submission.Identity[i]; merkle.Root(e.Leaf(), e.Path) == root {
			inside[e.Leaf()] = true
		}
	}
	return max(p.Submission.Count, uint64(len(inside))) - uint64(len(inside))
}

// sign signs for the root of a tree of count leaves.
func sign(key Key, home verifier.Home, root merkle.Hash, count, issuedAt uint64) (verifier.Submission, error) {
	sig, err := key.SignDigest(verifier.SubmissionDigest(home, root, count, issuedAt))
	return verifier.Submission{Issuer: key.Address(), Home: home, Count: count, IssuedAt: issuedAt, Signature: sig}, err
}

// hints names a node in a proof, unless it is empty.
func hints(node string) *verifier.Hints {
	if node == "" {
		return nil
	}
	return &verifier.Hints{Node: node}
}

// submissionOf returns the submission that a proof belongs to. leaves are all of it, ascending.
func submissionOf(p *verifier.Proof, leaves []merkle.Hash) *publish.Submission {
	s := p.Submission
	return &publish.Submission{
		Issuer: s.Issuer, Home: s.Home, Root: SubmissionRoot(p), Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature, Leaves: leaves,
	}
}

// namedTwice is the error of credentials of which two have one leaf.
func namedTwice(list []*Credential) error {
	seen := make(map[cid.Cid]string, len(list))
	for _, one := range list {
		if before, ok := seen[one.CID]; ok {
			return fault.Remedy(fmt.Errorf("%s and %s are one credential, which cannot be told apart without salts", before, one.From), onceOrSalts)
		}
		seen[one.CID] = one.From
	}
	return merkle.ErrDuplicate
}

// onceOrSalts is the remedy where a credential without a salt is named twice.
const onceOrSalts = "name it once, or submit with salts"

// writePending writes the proofs of credentials, which must not be there. If one cannot be
// written, none is left.
func writePending(list []*Credential, progress Progress) (err error) {
	add, end := progress.begin("writing proofs", len(list))
	defer end()
	written := 0
	defer func() {
		if err != nil {
			for _, one := range list[:written] {
				_ = os.Remove(one.Path) // nothing was sent, so its salt is worth nothing
			}
			err = fault.Remedy(err, "nothing was sent")
		}
	}()
	folders := make(map[string]bool)
	for _, one := range list {
		data, err := one.Proof.Encode()
		if err != nil {
			return err
		}
		if err := durable.Create(one.Path, data, durable.Private); err != nil {
			return err
		}
		written++
		folders[filepath.Dir(one.Path)] = true
		add(1)
	}
	for folder := range folders {
		if err := durable.SyncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// rebuild makes the submission that pending proofs belong to, of which they must be all.
func rebuild(list []*Credential) (*publish.Submission, error) {
	first := list[0]
	leaves := make([]merkle.Hash, 0, len(list)+verifier.MaxIdentity)
	for _, one := range list {
		leaves = append(leaves, one.Proof.Leaf())
	}
	for i := range first.Proof.Submission.Identity {
		leaves = append(leaves, first.Proof.Submission.Identity[i].Leaf())
	}
	if count := CredentialCount(first.Proof); count != uint64(len(list)) {
		return nil, fault.Remedy(fmt.Errorf("%s is there already, a pending proof of a submission of %d credentials "+
			"that the node does not have, and not all and only those were named now", first.Path, count),
			"name the same files as at first to send that submission again; "+
				"if some of its proofs were never written, it was never sent: delete the others")
	}
	slices.SortFunc(leaves, merkle.Compare)
	s := submissionOf(first.Proof, leaves)
	if err := s.Verify(); err != nil {
		return nil, fmt.Errorf("the pending proofs do not hold together: %w", err)
	}
	return s, nil
}
