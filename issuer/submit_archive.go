package issuer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// SubmitArchive hands in credentials whose proofs go into an archive, as one submission
// or, if they are too many, as several. The archive is on disk, pending, before anything
// is sent: if it is there already, it says what has to be sent.
func (s *Submitter) SubmitArchive(ctx context.Context, in iter.Seq2[*Input, error], path string) ([]*Submitted, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := s.makeArchive(ctx, in, path); err != nil {
			return nil, err
		}
	} else if err := s.earlierArchive(in, path); err != nil {
		return nil, err
	}
	// What is sent is what the file holds, whoever wrote it.
	a, err := OpenArchive(path)
	if err == nil && a == nil {
		err = fmt.Errorf("%s was replaced meanwhile", path)
	}
	if err != nil {
		return nil, err
	}
	defer a.Close()
	done, err := s.sendArchive(ctx, a)
	if err != nil {
		return done, unsent(err)
	}
	return done, nil
}

// makeArchive writes the pending archive of credentials.
func (s *Submitter) makeArchive(ctx context.Context, in iter.Seq2[*Input, error], path string) error {
	ready, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	maker := &archiveMaker{
		ctx: ctx, discoverable: s.Discoverable, path: path, prepared: ready, node: nodeHint(s.Node),
		issuedAt: uint64(time.Now().Unix()), names: make(map[string]string),
	}
	maker.most = min(maker.most, archive.MaxRows-uint64(len(maker.evidence)))
	durable.RemoveTemps(path)
	err = durable.CreateWith(path, durable.Private, func(w io.Writer) error {
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
		err = durable.SyncFolder(filepath.Dir(path))
	}
	if errors.Is(err, fs.ErrExist) {
		return fault.Remedy(err, "another call wrote it just now: run the same command again")
	}
	if err != nil {
		return fault.Remedy(err, "nothing was sent")
	}
	return nil
}

// archiveMaker collects credentials, makes a submission whenever there are enough, and
// writes it.
type archiveMaker struct {
	ctx          context.Context
	discoverable bool
	out          *archive.Writer
	path         string
	node         string // for the hints
	issuedAt     uint64
	prepared

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

func (m *archiveMaker) add(in *Input) error {
	if m.set != nil && uint64(m.set.Len()) == m.most {
		if err := m.finish(); err != nil {
			return err
		}
	}
	if m.set == nil {
		m.set, m.lists, m.from = new(archive.Set), nil, m.from[:0]
	}
	at, name := origin{-1, 0}, ""
	if in.File != "" {
		name = ArchiveName(m.path, in.File)
		if other, ok := m.names[name]; ok {
			return fault.Input("%s and %s would both be %s in the archive: name each once, or submit them one after the other", other, in.File, name)
		}
		m.names[name] = in.File
	} else {
		if len(m.lists) == 0 || m.lists[len(m.lists)-1] != in.List {
			m.lists = append(m.lists, in.List)
		}
		at = origin{int32(len(m.lists) - 1), int32(in.Line)}
	}
	m.from = append(m.from, at)
	if err := m.set.Add(in.CID, merkle.Hash{}, name); err != nil {
		return fault.Input("%s: %s", in.From(), credential.Printable(err.Error()))
	}
	return nil
}

// finish signs what was collected and writes it.
func (m *archiveMaker) finish() error {
	set := m.set
	if set == nil {
		return fault.Input("there is nothing to submit")
	}
	m.set = nil
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if !m.discoverable {
		salts := set.Salts()
		for i := range salts {
			_, _ = rand.Read(salts[i][:]) // never fails
		}
	}
	for _, e := range identityEntries(m.evidence) {
		if err := set.AddEvidence(e); err != nil {
			return err
		}
	}
	err := set.Build()
	if twice := (*archive.SameCredentialError)(nil); errors.As(err, &twice) {
		return fault.Remedy(errors.New("one credential is named twice, which cannot be told apart without salts"), onceOrSalts)
	}
	if err != nil {
		return err
	}
	for same := range set.Same() {
		if err := m.refuseTwice(same); err != nil {
			return err
		}
	}
	p := &verifier.Proof{Hints: hints(m.node)}
	if p.Submission, err = sign(m.key, m.home, set.Root(), uint64(set.Len()), m.issuedAt); err != nil {
		return err
	}
	p.Submission.Identity = set.Evidence()
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
			return fault.Input("%s is the same credential as %s: name it once", m.describe(at), m.describe(*first))
		}
	}
	return nil
}

func (m *archiveMaker) describe(o origin) string {
	return (&Input{List: m.lists[o.list], Line: int(o.line)}).From()
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
func (s *Submitter) earlierArchive(in iter.Seq2[*Input, error], path string) error {
	a, err := OpenArchive(path)
	if err != nil {
		return err
	}
	if a == nil {
		return fmt.Errorf("%s %w of the new archive, and it is not one", path, ErrInTheWay)
	}
	defer a.Close()
	now := contents{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	then := now
	for in, err := range in {
		if err != nil {
			return err
		}
		name := ""
		if in.File != "" {
			name = ArchiveName(path, in.File)
		}
		now.add(in.CID, name)
	}
	salted := false
	for row, err := range a.Rows() {
		if err != nil {
			return ArchiveError(path, err)
		}
		then.add(row.CID, row.Name)
		salted = salted || !row.Salt.IsZero()
	}
	if now != then {
		return fault.Remedy(fmt.Errorf("%s %w: it is the archive of %d credentials, and not those and only those were named now (%d)",
			path, ErrInTheWay, then.n, now.n), "name the same ones as at first to send that archive again, and submit others alone; or move it away")
	}
	pending := false
	for _, g := range a.Groups() {
		p := g.Shared().Proof
		pending = pending || p.Pending()
		if err := s.matches(p, salted); err != nil {
			return err
		}
		if err := Sound(p, nil); err != nil {
			return fmt.Errorf("%s does not hold: %w", path, err)
		}
	}
	if !pending {
		return fault.Remedy(fmt.Errorf("these credentials were submitted before, and the archive %s is complete", path),
			"to submit them once more, move that archive away or name another")
	}
	say(s.Say, "the archive %s is there already, of %d credentials: going on with it", path, a.Len())
	return nil
}

// sendArchive sends those submissions of an archive that the node does not have yet.
func (s *Submitter) sendArchive(ctx context.Context, a *Archive) ([]*Submitted, error) {
	var done []*Submitted
	for _, g := range a.Groups() {
		p := g.Shared().Proof
		one := submitted(p)
		if p.Pending() {
			err := s.ensure(ctx, one, func() (client.Status, error) {
				leaves, err := g.AppendLeaves(make([]merkle.Hash, 0, g.Len())) // checks that they lead to the root
				if err != nil {
					return client.Status{}, err
				}
				add, end := s.Progress.begin("sending", len(leaves))
				defer end()
				return s.Node.SubmitShowing(ctx, submissionOf(p, leaves), add)
			})
			if err != nil {
				return done, err
			}
		}
		done = append(done, s.took(one))
	}
	return done, nil
}
