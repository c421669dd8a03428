package static

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Get fetches a file by its path in the folder, of at most so many bytes. The reader calls it
// from the goroutines of its callers. Its errors are returned as they are, wrapped.
type Get func(ctx context.Context, path string, limit int) ([]byte, error)

// Reader puts proofs together from a folder. It keeps what it has read, so it shows the folder as
// it was when it was made, and not later than that. Its methods may be called by many goroutines.
type Reader struct {
	get       Get
	files     memo[[]byte]
	evidences memo[*Evidence]
	lists     memo[*verifier.StatusList]
}

// How much a reader keeps, in bytes of files: of what is read from them it is some three times as much.
const (
	maxFiles = 32 << 20
	maxLists = 2 * MaxList
)

// NewReader returns a reader of the folder whose files get fetches.
func NewReader(get Get) *Reader {
	return &Reader{
		get: get, files: memo[[]byte]{most: maxFiles}, evidences: memo[*Evidence]{most: maxFiles},
		lists: memo[*verifier.StatusList]{most: maxLists},
	}
}

// ErrUnknown says that the folder does not have what was asked for.
var ErrUnknown = errors.New("is not in this folder")

// Proof is what the folder has of a proof: all of a proof file but credential and salt. Its JSON is
// the answer of a node to GET /v1/proofs/{leaf}.
type Proof struct {
	State        string              `json:"state"` // Batched or Final; batch and anchors are there once it is final
	SubmissionID merkle.Hash         `json:"submissionId"`
	Submission   verifier.Submission `json:"submission"`
	Batch        *verifier.Batch     `json:"batch,omitzero"`
	Anchors      []verifier.Anchor   `json:"anchors,omitzero"`
	Hints        *verifier.Hints     `json:"hints,omitzero"`
}

// Answer returns the proof as a node answers with it.
func (p *Proof) Answer() ([]byte, error) { return json.Marshal(p) }

// Proof puts the proof of a leaf together, in the submission with an id, or if that is zero in the
// earliest batch in which it is final, else in the earliest. The error is [ErrUnknown] if no batch
// of the folder has it; any other says that the folder could not be read.
func (r *Reader) Proof(ctx context.Context, id, leaf merkle.Hash) (*Proof, error) {
	entries, err := r.lookUp(ctx, leaf)
	if err != nil {
		return nil, err
	}
	var first *Proof
	for _, e := range entries {
		p, err := r.proofIn(ctx, e, id, leaf)
		if err != nil {
			return nil, err
		}
		if p != nil && (p.State == Final || !id.IsZero()) {
			return p, nil
		}
		if first == nil {
			first = p
		}
	}
	if first == nil {
		return nil, fmt.Errorf("leaf %s %w", leaf, ErrUnknown)
	}
	return first, nil
}

// info reads what the folder says of itself.
func (r *Reader) info(ctx context.Context) (Info, error) {
	data, err := r.file(ctx, InfoPath)
	if err != nil {
		return Info{}, err
	}
	return ReadInfo(data)
}

// lookUp returns where a leaf may be, the earliest batch first. Of all segments it asks get before
// it gives up: a caller that cannot wait knows from one attempt which files are wanted.
func (r *Reader) lookUp(ctx context.Context, leaf merkle.Hash) (found []Entry, err error) {
	info, err := r.info(ctx)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, s := range info.Index {
		path := s.Path(s.Shard([8]byte(leaf[:8])))
		data, err := r.file(ctx, path)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		entries, err := ReadEntries(path, data)
		if err != nil {
			return nil, err
		}
		for _, e := range with(entries, leaf) {
			if uint64(e.Batch) < s.First || uint64(e.Batch) > s.Last {
				return nil, damaged(path, "an entry of batch %d", e.Batch)
			}
			found = append(found, e)
		}
	}
	if len(found) > maxCandidates {
		found = found[:maxCandidates]
	}
	return found, errors.Join(failed...)
}

// proofIn returns the proof of a leaf from one file, nil if that does not have it.
func (r *Reader) proofIn(ctx context.Context, e Entry, id, leaf merkle.Hash) (*Proof, error) {
	path := FilePath(uint64(e.Batch), int(e.File))
	data, err := r.file(ctx, path)
	if err != nil {
		return nil, err
	}
	sections, err := ReadSections(path, data)
	if err != nil {
		return nil, err
	}
	var first *Proof
	for i := range sections {
		s := &sections[i]
		if _, ok := slices.BinarySearchFunc(s.Page.Leaves, leaf, merkle.Compare); !ok || !id.IsZero() && s.id() != id {
			continue
		}
		p, err := r.proofOf(ctx, path, uint64(e.Batch), s, leaf)
		if err != nil {
			return nil, err
		}
		if p.State == Final {
			return p, nil
		}
		if first == nil {
			first = p
		}
	}
	return first, nil
}

// proofOf returns the proof of a leaf that a section has.
func (r *Reader) proofOf(ctx context.Context, file string, batch uint64, s *Section, leaf merkle.Hash) (*Proof, error) {
	way, root, ok := s.Page.Path(leaf)
	if !ok || root != s.Root {
		return nil, damaged(file, "its hashes do not lead to the root of the submission")
	}
	p := &Proof{State: Batched, SubmissionID: s.id(), Submission: s.Submission}
	p.Submission.Path = way
	path := EvidencePath(batch, s.Submission.Issuer, s.Submission.Home.Chain)
	e, err := r.evidences.get(path, func() (*Evidence, int, error) {
		data, err := r.fetch(ctx, path)
		if err != nil {
			return nil, 0, err
		}
		e, err := readEvidence(path, data)
		return e, len(data), err
	})
	if err != nil {
		return nil, err
	}
	p.Hints = e.Hints
	if e.State != Final {
		return p, nil
	}
	batchPath, batchRoot, err := r.batchPath(ctx, batch, s, p.SubmissionID)
	if err != nil {
		return nil, err
	}
	p.State, p.Batch, p.Anchors = Final, &verifier.Batch{Path: batchPath}, slices.Clone(e.Anchors)
	for i := range p.Anchors {
		a := &p.Anchors[i]
		state, err := a.Read(batchRoot, s.Submission.Issuer)
		if err != nil {
			return nil, damaged(path, "%v", err)
		}
		if state.StatusRoot.IsZero() || !slices.Contains(e.Lists, state.StatusRoot) {
			continue // no list, or one that the folder does not have: the proof lacks the status
		}
		list, err := r.list(ctx, state.StatusRoot)
		if err != nil {
			return nil, err
		}
		if a.Status, err = list.Entries(leaf, s.Root); err != nil {
			return nil, damaged(path, "%v", err)
		}
	}
	return p, nil
}

// batchPath returns the path from a submission to the root of its batch, and that root.
func (r *Reader) batchPath(ctx context.Context, batch uint64, s *Section, id merkle.Hash) ([]merkle.Hash, merkle.Hash, error) {
	if s.Of == 1 {
		return []merkle.Hash{}, id, nil
	}
	path := IDsPath(batch, PageOf(int(s.Of), int(s.At)))
	data, err := r.file(ctx, path)
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	page, rest, err := readPage(path, data)
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	way, root, ok := page.Path(id)
	if !ok || len(rest) > 0 {
		return nil, merkle.Hash{}, damaged(path, "it does not have submission %s", id)
	}
	return way, root, nil
}

// Issuer returns what the newest evidence in the folder says of an issuer in a registry (zero: the
// only one of the folder), and the items of its status list if the folder has them.
func (r *Reader) Issuer(ctx context.Context, issuer verifier.Address, home verifier.Home) (Issuer, []verifier.StatusItem, error) {
	if home == (verifier.Home{}) {
		info, err := r.info(ctx)
		if err != nil {
			return Issuer{}, nil, err
		}
		if len(info.Homes) != 1 {
			return Issuer{}, nil, fmt.Errorf("the folder is of %d registries: name one", len(info.Homes))
		}
		home = info.Homes[0]
	}
	path := IssuerPath(issuer, home)
	data, err := r.file(ctx, path)
	if err != nil {
		return Issuer{}, nil, err
	}
	var i Issuer
	if err := json.Unmarshal(data, &i); err != nil {
		return i, nil, damaged(path, "it says nothing of an issuer")
	}
	if !i.Known || i.Root.IsZero() {
		return i, nil, nil
	}
	list, err := r.list(ctx, i.Root)
	if err != nil {
		return i, nil, err
	}
	return i, list.Items(), nil
}

// list returns the status list with a root.
func (r *Reader) list(ctx context.Context, root merkle.Hash) (*verifier.StatusList, error) {
	path := ListPath(root)
	return r.lists.get(path, func() (*verifier.StatusList, int, error) {
		data, err := r.fetch(ctx, path)
		if err != nil {
			return nil, 0, err
		}
		list, err := readList(path, data, root)
		return list, len(data), err
	})
}

// file returns a file other than a status list.
func (r *Reader) file(ctx context.Context, path string) ([]byte, error) {
	return r.files.get(path, func() ([]byte, int, error) {
		data, err := r.fetch(ctx, path)
		return data, len(data), err
	})
}

func (r *Reader) fetch(ctx context.Context, path string) ([]byte, error) {
	limit := LimitOf(path)
	data, err := r.get(ctx, path, limit)
	if err != nil {
		return nil, fmt.Errorf("the file %s of the folder: %w", path, err)
	}
	if len(data) > limit {
		return nil, damaged(path, "it has %d bytes, more than %d", len(data), limit)
	}
	return data, nil
}

// LimitOf returns how many bytes a file of the folder may have.
func LimitOf(path string) int {
	if strings.HasPrefix(path, "lists/") {
		return MaxList
	}
	return MaxFile
}

// memo keeps values by their names. When they are too large together, all go.
type memo[T any] struct {
	most int

	mu   sync.Mutex
	kept map[string]*kept[T]
	size int
}

type kept[T any] struct {
	mu    sync.Mutex // held while it is loaded: those that want the same wait
	there bool
	value T
}

// get returns the value with a name. load says its size, too. What fails is not kept.
func (m *memo[T]) get(name string, load func() (T, int, error)) (T, error) {
	m.mu.Lock()
	if m.kept == nil || m.size > m.most {
		m.kept, m.size = make(map[string]*kept[T]), 0
	}
	k := m.kept[name]
	if k == nil {
		k = new(kept[T])
		m.kept[name] = k
	}
	m.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.there {
		return k.value, nil
	}
	value, size, err := load()
	if err != nil {
		return value, err
	}
	k.value, k.there = value, true
	m.mu.Lock()
	m.size += size + len(name)
	m.mu.Unlock()
	return value, nil
}
