package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func submitCommand() *cli.Command {
	return &cli.Command{
		Name:      "submit",
		Usage:     "sign credentials and hand them to a node, as one submission",
		ArgsUsage: "FILE|FOLDER...",
		Description: "Writes FILE.proof.json beside each FILE (or into --out) before anything is sent: it\n" +
			"holds the salt, without which nobody can ever tell what was submitted. The proofs are\n" +
			"pending until hallmark upgrade completes them, or --wait does. Of a FOLDER all files are\n" +
			"taken, also those in folders below, but hidden ones and proofs.\n\n" +
			fmt.Sprintf("More than %d proofs go into one archive, NAME.proofs, with the name of what was given first,\n", archiveFrom) +
			"or any number with --archive. More than 1048576 credentials make several submissions.\n\n" +
			"If anything goes wrong after the proofs were written, run the same command again: it\n" +
			"sends the same submission again, and the node takes it once.\n\n" +
			"Exit status: 0 once the node has it safely (with --wait: once all proofs are complete).",
		Flags: append([]cli.Flag{
			nodeFlag(),
			&cli.StringFlag{Name: "home", Usage: "home registry `CAIP-10` to sign for (default: the node's)"},
			&cli.StringFlag{Name: "out", Usage: "write the proofs into `FOLDER`"},
			&cli.StringSliceFlag{Name: "cid", Usage: "submit a credential that is not here by its `CID`; may be repeated"},
			&cli.StringSliceFlag{Name: "cids", Usage: "submit the CIDs in `FILE`: one in each line, or the column \"cid\" of a CSV file; - is standard input; may be repeated"},
			&cli.StringFlag{Name: "archive", Usage: "write all proofs into one archive, `FILE`"},
			&cli.BoolFlag{Name: "discoverable", Usage: "no salts: whoever holds or guesses a file can find its proof"},
			&cli.BoolFlag{Name: "wait", Usage: "wait until the anchor is final, and complete the proofs"},
			formFlag(),
			jsonFlag(),
		}, accountFlags()...),
		Action: submit,
	}
}

// submitted is one credential of a call: what it is and where its proof goes.
type submitted struct {
	from  string // the file, or the CID
	cid   cid.Cid
	path  string          // of its proof
	proof *verifier.Proof // made by this call, or found at path
}

func submit(c *cli.Context) error {
	files, form, err := submitUsage(c)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(inputs(c, files, form))
	defer stop()
	var first []*input
	for c.String("archive") == "" && len(first) <= archiveFrom {
		in, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			return submitFiles(c, first)
		}
		kept := *in
		kept.cid = slices.Clone(in.cid)
		first = append(first, &kept)
	}
	path, err := archivePath(c)
	if err != nil {
		return err
	}
	node, err := openNode(c)
	if err != nil {
		return err
	}
	return submitArchive(c, node, func(yield func(*input, error) bool) {
		for _, in := range first {
			if !yield(in, nil) {
				return
			}
		}
		for {
			in, err, ok := next()
			if !ok || !yield(in, err) {
				return
			}
		}
	}, path)
}

// submitUsage reads what the call is about.
func submitUsage(c *cli.Context) ([]string, credential.Form, error) {
	if c.NArg()+len(c.StringSlice("cid"))+len(c.StringSlice("cids")) == 0 {
		return nil, "", run.Usagef("what shall be submitted? give files, folders, --cid or --cids")
	}
	form, err := form(c)
	if err != nil {
		return nil, "", err
	}
	out := c.String("out")
	if info, err := os.Stat(out); out != "" && (err != nil || !info.IsDir()) {
		return nil, "", run.Usagef("--out: there is no folder %s", out)
	}
	if out != "" && c.String("archive") != "" {
		return nil, "", run.Usagef("--archive names the file for all proofs: leave --out away")
	}
	files, err := expand(c, c.Args().Slice())
	return files, form, err
}

// part is what of a call belongs to one submission.
type part struct {
	items  []*submitted
	known  bool // it was submitted before
	result submittedJSON
}

// submitFiles submits credentials whose proofs go into files of their own: those that
// have none yet, as one submission, and again what a node does not have of earlier ones.
func submitFiles(c *cli.Context, inputs []*input) error {
	items, err := submittedItems(c, inputs)
	if err != nil {
		return err
	}
	node, err := openNode(c)
	if err != nil {
		return err
	}
	if err := earlierProofs(items); err != nil {
		return err
	}
	parts, fresh := byProof(items)
	for _, p := range parts {
		if err := p.again(c, node); err != nil {
			return err
		}
	}
	if len(fresh) > 0 {
		s, err := newSubmission(c, node, fresh)
		if err != nil {
			return err
		}
		status, err := node.Submit(c.Context, s)
		if err != nil {
			return submitTrouble(err)
		}
		parts = append(parts, &part{items: fresh, result: submittedOf(s, status)})
		say(c, "the node has submission %s of %s: %s", status.ID, plural(len(fresh), "credential", "credentials"), status.State)
	}
	if c.Bool("wait") {
		var proofs []*proofFile
		for _, item := range items {
			proofs = append(proofs, &proofFile{path: item.path, Proof: item.proof})
		}
		if err := waitFor(c, node, proofs); err != nil {
			return err
		}
		for _, p := range parts {
			p.result.State = publish.Final
		}
	}
	return submitResult(c, items, parts)
}

// byProof sorts items by the submissions that their proofs belong to. fresh have none.
func byProof(items []*submitted) (parts []*part, fresh []*submitted) {
	at := make(map[merkle.Hash]*part)
	for _, item := range items {
		if item.proof == nil {
			fresh = append(fresh, item)
			continue
		}
		id := submissionID(item.proof)
		p := at[id]
		if p == nil {
			p = &part{known: true}
			at[id], parts = p, append(parts, p)
		}
		p.items = append(p.items, item)
	}
	return parts, fresh
}

// again sees to it that the node has a submission whose proofs are there already. They
// were written before it was sent, so perhaps it never was.
func (p *part) again(c *cli.Context, node *client.Client) error {
	first := p.items[0].proof
	sub := first.Submission
	p.result = submittedJSON{submissionID(first), publish.Final, sub.Issuer, sub.Home, merkle.Root(first.Leaf(), sub.Path), sub.Count, sub.IssuedAt}
	pending := p.items[:0:0]
	for _, item := range p.items {
		if item.proof.Pending() {
			pending = append(pending, item)
			continue
		}
		say(c, "%s was submitted before, and its proof %s is complete", item.from, item.path)
	}
	if len(pending) == 0 {
		return nil
	}
	if err := sameSigner(c, first); err != nil {
		return err
	}
	if c.Bool("discoverable") && !first.Salt.IsZero() {
		return run.Hint(errors.New("the pending proofs have salts, so they are not discoverable"), "leave --discoverable out to send them, or delete them")
	}
	status, err := node.Status(c.Context, p.result.ID)
	switch {
	case err == nil:
		p.result.State = status.State
		say(c, "%s: the node has submission %s already: %s", namesOf(pending), status.ID, status.State)
		return nil
	case !client.NotFound(err):
		return submitTrouble(err)
	}
	s, err := sameAgain(c, p.items)
	if err != nil {
		return err
	}
	if status, err = node.Submit(c.Context, s); err != nil {
		return submitTrouble(err)
	}
	p.result.State = status.State
	say(c, "the node has submission %s of %s: %s", status.ID, plural(len(p.items), "credential", "credentials"), status.State)
	return nil
}

// namesOf names credentials for people.
func namesOf(items []*submitted) string {
	if len(items) == 1 {
		return items[0].from
	}
	return fmt.Sprintf("%s and %d more", items[0].from, len(items)-1)
}

func submitTrouble(err error) error {
	if permanent(err) {
		return run.Hint(err, "the pending proofs are written: run the same command again once the cause is gone, or delete them")
	}
	return run.Hint(err, "the pending proofs are written: run the same command again, it sends the same submission")
}

func submitResult(c *cli.Context, items []*submitted, parts []*part) error {
	if c.Bool("json") {
		return submitJSON(c, parts)
	}
	for _, item := range items {
		if err := result(c, "%s", printable(item.path)); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(parts, func(p *part) bool { return p.result.State != publish.Final }) {
		hint(c, "complete the proofs with hallmark upgrade, in some minutes")
	}
	return nil
}

func submitJSON(c *cli.Context, parts []*part) error {
	type credentialJSON struct {
		From  string `json:"from"`
		CID   string `json:"cid"`
		Proof string `json:"proof"`
	}
	for _, p := range parts {
		out := struct {
			submittedJSON
			Known       bool             `json:"known"` // it was submitted before this call
			Credentials []credentialJSON `json:"credentials"`
		}{p.result, p.known, nil}
		for _, item := range p.items {
			out.Credentials = append(out.Credentials, credentialJSON{item.from, item.cid.String(), item.path})
		}
		if err := resultJSON(c, out); err != nil {
			return err
		}
	}
	return nil
}

func submittedOf(s *publish.Submission, status client.Status) submittedJSON {
	return submittedJSON{status.ID, status.State, s.Issuer, s.Home, s.Root, s.Count, s.IssuedAt}
}

// submittedJSON is a submission in the command's output.
type submittedJSON struct {
	ID       merkle.Hash      `json:"id"`
	State    publish.State    `json:"state"`
	Issuer   verifier.Address `json:"issuer"`
	Home     verifier.Home    `json:"home"`
	Root     merkle.Hash      `json:"root"`
	Count    uint64           `json:"count"`
	IssuedAt uint64           `json:"issuedAt"`
}

// submittedItems says where the proofs of inputs go.
func submittedItems(c *cli.Context, inputs []*input) ([]*submitted, error) {
	out := c.String("out")
	var items []*submitted
	taken := make(map[string]string)
	for _, in := range inputs {
		id, err := credential.CIDFromBytes(in.cid)
		if err != nil {
			return nil, err
		}
		item := &submitted{from: in.file, cid: id, path: filepath.Join(out, id.String()+proofSuffix)}
		switch {
		case in.file == "":
			item.from = id.String()
		case out == "":
			item.path = in.file + proofSuffix
		default:
			item.path = filepath.Join(out, filepath.Base(in.file)+proofSuffix)
		}
		at := filepath.Clean(item.path)
		if other, ok := taken[at]; ok {
			return nil, run.Usagef("the proofs of %s and %s would both be %s: submit them one after the other into different folders", other, in.from(), item.path)
		}
		taken[at] = in.from()
		items = append(items, item)
	}
	return items, nil
}

func hashFile(path string, form credential.Form) (cid.Cid, error) {
	f, err := openFile(path)
	if err != nil {
		return cid.Undef, err
	}
	defer f.Close()
	id, err := credential.Sum(f, form, "")
	if err != nil {
		return id, errors.New(path + ": " + printable(err.Error()))
	}
	return id, nil
}

// earlierProofs reads the proofs that are at the items' places already.
func earlierProofs(items []*submitted) error {
	for _, item := range items {
		if _, err := os.Lstat(item.path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		p, err := readProof(item.path)
		if err != nil {
			return run.Hint(fmt.Errorf("%s is in the way of the new proof, and it is not one: %w", item.path, err), "move it away, or write the proofs elsewhere with --out")
		}
		if p.Credential != item.cid {
			return run.Hint(fmt.Errorf("%s is the proof of another credential than %s is now", item.path, item.from), "move it away, or write the proofs elsewhere with --out")
		}
		item.proof = p.Proof
	}
	return nil
}

// sameAgain rebuilds the submission that proofs belong to, which must be all of it.
func sameAgain(c *cli.Context, items []*submitted) (*publish.Submission, error) {
	first := items[0]
	leaves := make([]merkle.Hash, 0, len(items))
	for _, item := range items {
		if item.proof.Submission.Signature != first.proof.Submission.Signature {
			return nil, run.Hint(fmt.Errorf("the pending proofs %s and %s belong to different submissions", first.path, item.path), "submit their files in one call for each, as at first")
		}
		leaves = append(leaves, item.proof.Leaf())
	}
	p := first.proof.Submission
	if p.Count != uint64(len(items)) {
		return nil, run.Hint(fmt.Errorf("%s is there already, a pending proof of a submission of %s that the node does not have, and not all and only those were named now", first.path, plural(int(min(p.Count, publish.MaxLeaves+1)), "credential", "credentials")),
			"name the same files as at first to send that submission again; if some of its proofs were never written, it was never sent: delete the others")
	}
	slices.SortFunc(leaves, merkle.Compare)
	s := &publish.Submission{
		Issuer: p.Issuer, Home: p.Home, Root: merkle.Root(first.proof.Leaf(), p.Path),
		Count: p.Count, IssuedAt: p.IssuedAt, Signature: p.Signature, Leaves: leaves,
	}
	if err := s.Verify(); err != nil {
		return nil, fmt.Errorf("the pending proofs do not hold together: %w", err)
	}
	say(c, "the pending proofs are there already: sending the submission of %s once more, signed by %s for %s", unixTime(p.IssuedAt), p.Issuer, p.Home)
	return s, nil
}

// sameSigner checks that a pending proof is signed as the flags want it.
func sameSigner(c *cli.Context, proof *verifier.Proof) error {
	p := proof.Submission
	if text := c.String("home"); text != "" {
		if home, err := verifier.ParseHome(text); err != nil || home != p.Home {
			return run.Hint(fmt.Errorf("the pending proofs are signed for %s, not for %s", p.Home, text), "leave --home out to send them, or delete them")
		}
	}
	if a, err := address(c, "account", p.Issuer); err != nil {
		return err
	} else if a != p.Issuer {
		return run.Hint(fmt.Errorf("the pending proofs are signed by %s, not by %s", p.Issuer, a), "leave --account out to send them, or delete them")
	}
	return nil
}

// submissionID is the leaf of a proof's submission in its batch.
func submissionID(p *verifier.Proof) merkle.Hash {
	s := p.Submission
	return verifier.BatchLeaf(s.Issuer, verifier.SubmissionDigest(s.Home, merkle.Root(p.Leaf(), s.Path), s.Count, s.IssuedAt))
}

// newSubmission makes and signs a submission of the items and writes their pending
// proofs. When it returns they are on disk.
func newSubmission(c *cli.Context, node *client.Client, items []*submitted) (*publish.Submission, error) {
	info, err := node.Info(c.Context)
	if err != nil {
		return nil, run.Hint(err, "nothing was written or sent")
	}
	if uint64(len(items)) > info.MaxLeaves {
		return nil, run.Usagef("the node takes at most %d credentials in one submission, not %d", info.MaxLeaves, len(items))
	}
	home, err := pickHome(c, &info)
	if err != nil {
		return nil, err
	}
	showHome(c, home)
	key, err := unlock(c)
	if err != nil {
		return nil, err
	}
	say(c, "signing as %s", key.Address())
	s, err := makeSubmission(key, home, items, c.Bool("discoverable"), nodeHint(node), time.Now())
	if err != nil {
		return nil, err
	}
	return s, writePending(c, items)
}

// namedTwice is the error of items of which two have one leaf.
func namedTwice(items []*submitted) error {
	var first, second string
	seen := make(map[cid.Cid]string, len(items))
	for _, item := range items {
		if before, ok := seen[item.cid]; ok {
			first, second = before, item.from
			break
		}
		seen[item.cid] = item.from
	}
	return fmt.Errorf("%s and %s are one credential, which cannot be told apart without salts: name it once, or leave --discoverable out", first, second)
}

// makeSubmission signs one submission of all items and gives each its pending proof.
func makeSubmission(key *chain.Key, home verifier.Home, items []*submitted, discoverable bool, node string, now time.Time) (*publish.Submission, error) {
	for _, item := range items {
		var salt merkle.Hash
		if !discoverable {
			_, _ = rand.Read(salt[:]) // never fails
		}
		item.proof = &verifier.Proof{Credential: item.cid, Salt: salt}
	}
	leaves := make([]merkle.Hash, len(items))
	verifier.Leaves(leaves, func(i int) ([]byte, merkle.Hash) {
		return items[i].cid.Bytes(), items[i].proof.Salt
	})
	tree, err := merkle.New(leaves)
	if errors.Is(err, merkle.ErrDuplicate) {
		return nil, namedTwice(items)
	}
	if err != nil {
		return nil, err
	}
	s := &publish.Submission{
		Issuer: key.Address(), Home: home, Root: tree.Root(), Count: uint64(len(items)), IssuedAt: uint64(now.Unix()),
		Leaves: slices.SortedFunc(slices.Values(leaves), merkle.Compare),
	}
	s.Signature, err = key.SignDigest(verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt))
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		at, ok := tree.Index(leaves[i])
		if !ok {
			return nil, errors.New("a leaf is not in its own tree") // a broken invariant
		}
		item.proof.Submission = verifier.Submission{
			Issuer: s.Issuer, Home: home, Count: s.Count, IssuedAt: s.IssuedAt, Path: tree.Path(at), Signature: s.Signature,
		}
		if node != "" {
			item.proof.Hints = &verifier.Hints{Node: node}
		}
	}
	return s, s.Verify()
}

// writePending writes the items' proofs. If one cannot be written, none is left.
func writePending(c *cli.Context, items []*submitted) (err error) {
	bar := newProgress(c, "writing proofs", len(items))
	defer bar.end()
	written := 0
	defer func() {
		if err != nil {
			for _, item := range items[:written] {
				_ = os.Remove(item.path) // nothing was sent, so its salt is worth nothing
			}
			err = run.Hint(err, "nothing was sent")
		}
	}()
	folders := make(map[string]bool)
	for _, item := range items {
		data, err := item.proof.Encode()
		if err != nil {
			return err
		}
		if err := createFile(item.path, data, filePerm); err != nil {
			return err
		}
		written++
		folders[filepath.Dir(item.path)] = true
		bar.step()
	}
	for folder := range folders {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// waitFor completes the proofs of submissions that the node has.
func waitFor(c *cli.Context, node *client.Client, proofs []*proofFile) error {
	outcomes := make([]outcome, len(proofs))
	clients := make([]*client.Client, len(proofs))
	for i, p := range proofs {
		outcomes[i] = outcome{proof: p, state: publish.Accepted}
		clients[i] = node
	}
	var failed []error
	for _, o := range waitAll(c, outcomes, clients) {
		if errors.Is(o.err, errRetired) {
			failed = append(failed, o.err)
		} else if o.err != nil {
			failed = append(failed, run.Hint(o.err, "the node has the submission: complete the proofs later, with hallmark upgrade"))
		}
	}
	if len(failed) > 0 {
		return failures(c, failed)
	}
	return nil
}
