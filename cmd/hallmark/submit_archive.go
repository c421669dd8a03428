package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// archiveFrom is how many credentials go into files of their own; more go into one
// archive.
const archiveFrom = 1000

// archivePath returns where the proofs of this call go if they go into an archive.
func archivePath(c *cli.Context) (string, error) {
	if path := c.String("archive"); path != "" {
		return path, nil
	}
	name := c.Args().First()
	if lists := c.StringSlice("cids"); name == "" && len(lists) > 0 && lists[0] != "-" {
		name = lists[0]
	}
	if name == "" {
		return "", run.Hint(run.Usagef("more than %d proofs go into one file, which needs a name", archiveFrom), "give --archive FILE%s", archive.Suffix)
	}
	path := filepath.Clean(name) + archive.Suffix
	if out := c.String("out"); out != "" {
		path = filepath.Join(out, filepath.Base(path))
	}
	return path, nil
}

// submitArchive submits credentials whose proofs go into an archive, as one submission
// or, if they are too many, as several. The archive is on disk, pending, before anything
// is sent: if it is there already, it says what has to be sent.
func submitArchive(c *cli.Context, node *client.Client, in iter.Seq2[*input, error], path string) error {
	// There are few objects, and large ones: collecting often costs nothing, and halves
	// the memory.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeArchive(c, node, in, path); err != nil {
			return err
		}
	} else if err := earlierArchive(c, in, path); err != nil {
		return err
	}
	// What is sent is what the file holds, whoever wrote it.
	a, err := openArchive(path)
	if err != nil {
		return err
	}
	defer a.close()
	statuses, err := sendArchive(c, node, a)
	if err != nil {
		return submitTrouble(err)
	}
	if c.Bool("wait") {
		if err := waitFor(c, node, a.proofs()); err != nil {
			return err
		}
		for i := range statuses {
			statuses[i].State = publish.Final
		}
	}
	return archiveResult(c, a, statuses)
}

// makeArchive writes the pending archive of credentials.
func makeArchive(c *cli.Context, node *client.Client, in iter.Seq2[*input, error], path string) error {
	info, err := node.Info(c.Context)
	if err != nil {
		return run.Hint(err, "nothing was written or sent")
	}
	home, err := pickHome(c, &info)
	if err != nil {
		return err
	}
	showHome(c, home)
	key, err := unlock(c)
	if err != nil {
		return err
	}
	say(c, "signing as %s", key.Address())
	maker := &archiveMaker{
		c: c, path: path, home: home, key: key, node: nodeHint(node), most: int(min(info.MaxLeaves, archive.MaxRows)),
		issuedAt: uint64(time.Now().Unix()), names: make(map[string]string),
	}
	removeTemps(path)
	err = createWith(path, filePerm, func(w io.Writer) error {
		maker.out = archive.NewWriter(w)
		for in, err := range in {
			if err == nil {
				err = maker.add(in)
			}
			if err != nil {
				return err
			}
		}
		if err := maker.finish(); err != nil {
			return err
		}
		return maker.out.Close()
	})
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if errors.Is(err, fs.ErrExist) {
		return run.Hint(err, "another call wrote it just now: run the same command again")
	}
	if err != nil {
		return run.Hint(err, "nothing was sent")
	}
	return nil
}

// archiveMaker collects credentials, makes a submission whenever there are enough, and
// writes it.
type archiveMaker struct {
	c        *cli.Context
	out      *archive.Writer
	path     string
	home     verifier.Home
	key      *chain.Key
	node     string // for the hints
	most     int    // credentials of one submission
	issuedAt uint64

	set   *archive.Set
	lists []string          // that the CIDs in set are from
	from  []origin          // of each credential in set
	names map[string]string // files by name in the archive, of all sets
}

// origin says where a CID is from, in little room: file names would take more.
type origin struct {
	list int32 // in archiveMaker.lists, or -1 for a file
	line int32
}

func (m *archiveMaker) add(in *input) error {
	if m.set != nil && m.set.Len() == m.most {
		if err := m.finish(); err != nil {
			return err
		}
	}
	if m.set == nil {
		m.set, m.lists, m.from = new(archive.Set), nil, m.from[:0]
	}
	at, name := origin{-1, 0}, ""
	if in.file != "" {
		name = archiveName(m.path, in.file)
		if other, ok := m.names[name]; ok {
			return run.Usagef("%s and %s would both be %s in the archive: name each once, or submit them one after the other", other, in.file, name)
		}
		m.names[name] = in.file
	} else {
		if len(m.lists) == 0 || m.lists[len(m.lists)-1] != in.list {
			m.lists = append(m.lists, in.list)
		}
		at = origin{int32(len(m.lists) - 1), int32(in.line)}
	}
	m.from = append(m.from, at)
	if err := m.set.Add(in.cid, merkle.Hash{}, name); err != nil {
		return run.Usagef("%s: %s", in.from(), printable(err.Error()))
	}
	return nil
}

// finish signs what was collected and writes it.
func (m *archiveMaker) finish() error {
	set := m.set
	if set == nil {
		return run.Usagef("there is nothing to submit")
	}
	m.set = nil
	if err := m.c.Context.Err(); err != nil {
		return err
	}
	if !m.c.Bool("discoverable") {
		randomSalts(set.Salts())
	}
	err := set.Build()
	if twice := (*archive.SameCredentialError)(nil); errors.As(err, &twice) {
		return errors.New("one credential is named twice, which cannot be told apart without salts: name it once, or leave --discoverable out")
	}
	if err != nil {
		return err
	}
	for run := range set.Same() {
		if err := m.refuseTwice(run); err != nil {
			return err
		}
	}
	p := &verifier.Proof{Submission: verifier.Submission{Issuer: m.key.Address(), Home: m.home, Count: uint64(set.Len()), IssuedAt: m.issuedAt}}
	if p.Submission.Signature, err = m.key.SignDigest(verifier.SubmissionDigest(m.home, set.Root(), p.Submission.Count, m.issuedAt)); err != nil {
		return err
	}
	if m.node != "" {
		p.Hints = &verifier.Hints{Node: m.node}
	}
	return m.out.Add(set, archive.Shared{Proof: p})
}

// refuseTwice returns an error if a CID was named more than once by itself. Two files
// may have the same content.
func (m *archiveMaker) refuseTwice(same []int) error {
	var first *origin
	for _, i := range same {
		at := m.from[i]
		switch {
		case at.list < 0:
		case first == nil:
			first = &at
		default:
			return run.Usagef("%s is the same credential as %s: name it once", m.describe(at), m.describe(*first))
		}
	}
	return nil
}

func (m *archiveMaker) describe(o origin) string {
	return (&input{list: m.lists[o.list], line: int(o.line)}).from()
}

// randomSalts fills salts from the system's source of randomness.
func randomSalts(salts []merkle.Hash) {
	var buf [1024 * merkle.Size]byte
	for len(salts) > 0 {
		n := min(len(salts), len(buf)/merkle.Size)
		_, _ = rand.Read(buf[:n*merkle.Size]) // never fails
		for i := range n {
			salts[i] = merkle.Hash(buf[i*merkle.Size:])
		}
		salts = salts[n:]
	}
}

// contents stands for a collection of credentials and their names in whatever order: two
// that differ have different contents, but for a chance of 2^-128.
type contents struct {
	seeds [2]maphash.Seed
	sums  [2]uint64
	n     int
}

func (s *contents) add(cid []byte, name string) {
	for i := range s.seeds {
		var h maphash.Hash
		h.SetSeed(s.seeds[i])
		_, _ = h.Write(cid) // the CID says itself where it ends
		_, _ = h.WriteString(name)
		s.sums[i] += h.Sum64()
	}
	s.n++
}

// earlierArchive checks that the archive that is there is a pending one of the same
// credentials, for the same issuer and home.
func earlierArchive(c *cli.Context, in iter.Seq2[*input, error], path string) error {
	const elsewhere = "move it away, or write another archive with --archive"
	a, err := openArchive(path)
	if err != nil {
		return err
	}
	if a == nil {
		return run.Hint(fmt.Errorf("%s is in the way of the new archive, and it is not one", path), elsewhere)
	}
	defer a.close()
	now := contents{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	then := now
	for in, err := range in {
		if err != nil {
			return err
		}
		name := ""
		if in.file != "" {
			name = archiveName(path, in.file)
		}
		now.add(in.cid, name)
	}
	salted := false
	for row, err := range a.Rows() {
		if err != nil {
			return archiveTrouble(path, err)
		}
		then.add(row.CID, row.Name)
		salted = salted || !row.Salt.IsZero()
	}
	if now != then {
		return run.Hint(fmt.Errorf("%s is the archive of %s, and not those and only those were named now (%d)", path, plural(then.n, "credential", "credentials"), now.n),
			"name the same ones as at first to send that archive again, or %s", elsewhere)
	}
	pending := false
	for _, g := range a.Groups() {
		p := g.Shared().Proof
		pending = pending || p.Pending()
		if err := sameSigner(c, p); err != nil {
			return err
		}
		if err := sound(p, nil); err != nil {
			return fmt.Errorf("%s does not hold: %w", path, err)
		}
	}
	if c.Bool("discoverable") && salted {
		return run.Hint(fmt.Errorf("the pending proofs in %s have salts, so they are not discoverable", path), "leave --discoverable out to send them, or delete the archive")
	}
	if !pending {
		return run.Hint(fmt.Errorf("these credentials were submitted before, and the archive %s is complete", path), "to submit them once more, move that archive away or use --archive")
	}
	say(c, "the archive %s is there already, of %s: going on with it", path, plural(a.Len(), "credential", "credentials"))
	return nil
}

// sendArchive sends those submissions of an archive that the node does not have yet, and
// returns where each stands.
func sendArchive(c *cli.Context, node *client.Client, a *archiveFile) ([]client.Status, error) {
	groups := a.Groups()
	statuses := make([]client.Status, len(groups))
	for i, g := range groups {
		p := g.Shared().Proof
		if !p.Pending() {
			statuses[i] = client.Status{ID: groupID(g), State: publish.Final}
			continue
		}
		status, err := node.Status(c.Context, groupID(g))
		how := "has"
		if client.NotFound(err) {
			how = "took"
			status, err = sendGroup(c, node, g)
		}
		if err != nil {
			return nil, err
		}
		statuses[i] = status
		say(c, "the node %s submission %s of %s: %s", how, status.ID, plural(g.Len(), "credential", "credentials"), status.State)
	}
	return statuses, nil
}

func sendGroup(c *cli.Context, node *client.Client, g *archive.Group) (client.Status, error) {
	leaves, err := g.AppendLeaves(make([]merkle.Hash, 0, g.Len())) // checks that they lead to the root
	if err != nil {
		return client.Status{}, err
	}
	bar := newProgress(c, "sending", len(leaves))
	defer bar.end()
	p := g.Shared().Proof.Submission
	return node.SubmitShowing(c.Context, &publish.Submission{
		Issuer: p.Issuer, Home: p.Home, Root: g.Root(), Count: p.Count, IssuedAt: p.IssuedAt, Signature: p.Signature, Leaves: leaves,
	}, bar.add)
}

func archiveResult(c *cli.Context, a *archiveFile, statuses []client.Status) error {
	if !c.Bool("json") {
		if statuses[0].State != publish.Final {
			hint(c, "complete the proofs with hallmark upgrade %s, in some minutes", a.path)
		}
		return result(c, "%s", a.path)
	}
	out := struct {
		Archive     string          `json:"archive"`
		Credentials int             `json:"credentials"`
		Submissions []submittedJSON `json:"submissions"`
	}{a.path, a.Len(), nil}
	for i, g := range a.Groups() {
		p := g.Shared().Proof.Submission
		out.Submissions = append(out.Submissions, submittedJSON{statuses[i].ID, statuses[i].State, p.Issuer, p.Home, g.Root(), p.Count, p.IssuedAt})
	}
	return resultJSON(c, out)
}
