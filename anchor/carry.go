package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// LastWord is what an issuer had said on a chain, as far as this node saw: what the
// registry that takes over when that chain dies must be told again. Only the issuer,
// or its controller there, can: by statements for the other registry, which
// [Node.SetStatus] and [Node.Retire] relay.
type LastWord struct {
	Issuer verifier.Address
	Home   verifier.Home // the registry on the chain that has died

	// Root is the last statusRoot; zero: the issuer had no list. Known says whether
	// the node has the list behind it; if not, the issuer must bring it.
	Root  merkle.Hash
	Known bool

	// RetiredFrom is from when on the key was retired there, Unix seconds; zero: it
	// was not. On another chain everything is anchored later than that. So the key is
	// to be retired there from the time of saying so, and what was anchored too late
	// is among Items.
	RetiredFrom uint64

	// Items are to be listed in the other registry: the list behind Root, and as
	// revoked each submission that was anchored when the key was retired. Ascending.
	Items []verifier.StatusItem

	// Unsure says that the registry's record has changed after what is known here.
	Unsure bool
}

// Silent reports whether there is nothing to say again.
func (l *LastWord) Silent() bool { return l.Root.IsZero() && l.RetiredFrom == 0 && !l.Unsure }

// LastWord returns what an issuer had said on a chain. While that chain can be read
// it is what its newest block says, else what the stored evidence proves of it and
// what this node itself has relayed. Errors: [*RefusedError] if the node never wrote
// to that chain, [ErrNotFound] if the issuer has submitted nothing that is at home
// there.
func (n *Node) LastWord(ctx context.Context, from verifier.ChainID, issuer verifier.Address) (LastWord, error) {
	words, err := n.lastWords(ctx, from)
	if err != nil {
		return LastWord{}, err
	}
	word, ok := words[issuer]
	if !ok {
		return LastWord{}, fmt.Errorf("a submission of %s on %s: %w", issuer, from, ErrNotFound)
	}
	return word, nil
}

// Untold lists what issuers had said on one chain and a registry on another one has
// not been told, by issuer.
func (n *Node) Untold(ctx context.Context, from, to verifier.ChainID) ([]LastWord, error) {
	w := n.writerOf(to)
	if w == nil {
		return nil, refuse("to", "%s is not configured: this node writes to %s", to, n.homes())
	}
	words, err := n.lastWords(ctx, from)
	if err != nil {
		return nil, err
	}
	var list []LastWord
	for _, issuer := range slices.SortedFunc(maps.Keys(words), func(a, b verifier.Address) int { return bytes.Compare(a[:], b[:]) }) {
		word := words[issuer]
		if word.Silent() {
			continue
		}
		there, _, err := w.issuerAtHead(ctx, issuer)
		if err != nil {
			return nil, err
		}
		told, err := n.told(ctx, to, &word, there.StatusRoot)
		if err != nil {
			return nil, err
		}
		if !told || word.RetiredFrom != 0 && there.RetiredFrom == 0 {
			list = append(list, word)
		}
	}
	return list, nil
}

// told reports whether an issuer's list in the registry of another chain says at
// least what it had said on the first. Once it did, the issuer may take something
// back there, so that is remembered.
func (n *Node) told(ctx context.Context, to verifier.ChainID, word *LastWord, root merkle.Hash) (bool, error) {
	if word.Silent() {
		return true, nil
	}
	if root.IsZero() {
		return false, nil
	}
	if _, known := n.lastSaid.told.Load(toldOn{word.Home.Chain, to, word.Issuer}); known {
		return true, nil
	}
	if known, err := n.store.Told(word.Home.Chain, to, word.Issuer); known || err != nil {
		return known, err
	}
	list, err := n.list(ctx, word.Issuer, root)
	if missing(err) {
		return true, nil // its proofs lack their status, so that nothing good comes of them
	}
	if err != nil {
		return false, err
	}
	for _, item := range word.Items {
		at, listed := slices.BinarySearchFunc(list.items, item.ID, func(i verifier.StatusItem, id merkle.Hash) int { return merkle.Compare(i.ID, id) })
		if !listed || list.items[at].Code < item.Code {
			return false, nil
		}
	}
	return true, nil
}

// lastWordsKept is for how long what was found out about a chain out of reach is
// taken to hold.
const lastWordsKept = time.Minute

// lastWordCache holds the last words on chains that are out of reach, since each
// proof that is asked for needs them.
type lastWordCache struct {
	mu   sync.Mutex // held while words are read, and by nobody who writes
	read map[verifier.ChainID]readWords

	// Who has said everything again, until that is on disk: whoever reads does not wait
	// for a write.
	told sync.Map // of toldOn, to nothing
}

// toldOn names an issuer that has said on one chain what it had said on another.
type toldOn struct {
	from, to verifier.ChainID
	issuer   verifier.Address
}

type readWords struct {
	at    time.Time
	words map[verifier.Address]LastWord
}

// outOfReach reports whether a chain is not configured any more, or cannot be read,
// or whether that is not known yet.
func (n *Node) outOfReach(id verifier.ChainID) bool {
	w := n.writerOf(id)
	return w == nil || n.running.Load() && (w.health.failing() || !w.health.seen())
}

// withheld reports whether a submission's anchor on another chain than its home, which
// is out of reach, is left out of proofs: a trust store may then name that other chain
// its successor, and what the issuer has not repeated there would count as if it had
// never been said.
func (n *Node) withheld(ctx context.Context, r *store.Submission, on verifier.ChainID, e *store.Evidence) (bool, error) {
	word, err := n.heardLast(ctx, r)
	if err != nil {
		return false, err
	}
	told, err := n.told(ctx, on, &word, e.StatusRoot)
	if err == nil && told && !word.Silent() {
		n.rememberTold(toldOn{r.Chain, on, r.Issuer})
	}
	return !told, err
}

// heardLast returns the last word of a submission's issuer, as of at most lastWordsKept
// ago.
func (n *Node) heardLast(ctx context.Context, r *store.Submission) (LastWord, error) {
	n.lastSaid.mu.Lock()
	defer n.lastSaid.mu.Unlock()
	known, ok := n.lastSaid.read[r.Chain]
	if !ok || time.Since(known.at) > lastWordsKept {
		words, err := n.lastWords(ctx, r.Chain)
		if err != nil {
			return LastWord{}, err
		}
		known = readWords{time.Now(), words}
		n.lastSaid.read[r.Chain] = known
	}
	return known.words[r.Issuer], nil
}

// rememberTold writes down that an issuer has said everything again, unless it is
// written: beside whoever reads.
func (n *Node) rememberTold(t toldOn) {
	if before, err := n.store.Told(t.from, t.to, t.issuer); err != nil || before || n.disk.writable() != nil {
		return
	}
	if _, under := n.lastSaid.told.LoadOrStore(t, nil); under {
		return
	}
	n.watchers.Go(func() {
		if err := n.store.Update(func(tx *store.Tx) error { return tx.SetTold(t.from, t.to, t.issuer) }); err != nil {
			n.log.Warn("that an issuer has said everything again on another chain cannot be written down now", "issuer", t.issuer.String(), "err", err)
		}
		n.lastSaid.told.Delete(t) // it is on disk, or is to be tried again
	})
}

// lastWords returns what each issuer had said on a chain who has submitted what is
// at home there.
func (n *Node) lastWords(ctx context.Context, from verifier.ChainID) (map[verifier.Address]LastWord, error) {
	home, ok := n.bound[from]
	if !ok {
		return nil, refuse("from", "this node has never anchored on %s", from)
	}
	type proven struct {
		evidence store.Evidence
		root     merkle.Hash // of the batch
	}
	newest := make(map[verifier.Address]proven)
	submissions := func(do func(*store.Batch, *store.Submission) error) error {
		for after := uint64(0); ctx.Err() == nil; {
			batches, err := n.store.Batches(after, 1000)
			if err != nil || len(batches) == 0 {
				return err
			}
			for i := range batches {
				after = batches[i].Number
				for sequence := batches[i].First; sequence <= batches[i].Last; sequence++ {
					s, err := n.store.SubmissionAt(sequence)
					if err == nil && s.Home() == home {
						err = do(&batches[i], &s)
					}
					if err != nil {
						return err
					}
				}
			}
		}
		return ctx.Err()
	}
	err := submissions(func(b *store.Batch, s *store.Submission) error {
		e, err := n.store.Evidence(from, b.Number, s.Issuer)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if before, ok := newest[s.Issuer]; !ok || e.Number > before.evidence.Number {
			newest[s.Issuer] = proven{e, b.Root}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	words := make(map[verifier.Address]LastWord, len(newest))
	retired := false
	for issuer, p := range newest {
		word := LastWord{Issuer: issuer, Home: home}
		if err := n.lastWord(ctx, &word, &p.evidence, p.root); err != nil {
			return nil, err
		}
		retired = retired || word.RetiredFrom != 0
		words[issuer] = word
	}
	if !retired {
		return words, nil
	}
	return words, submissions(func(b *store.Batch, s *store.Submission) error {
		word := words[s.Issuer]
		if word.RetiredFrom == 0 {
			return nil
		}
		e, err := n.store.Evidence(from, b.Number, s.Issuer)
		if err == nil {
			var state verifier.RegistryState
			if state, err = anchorOf(home, &e).Read(b.Root, s.Issuer); err == nil && state.AnchoredAt < word.RetiredFrom {
				return nil
			}
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		// What was never final there was not anchored in time either.
		word.Items = verifier.MergeStatusItems(word.Items, []verifier.StatusItem{{ID: s.Root, Code: verifier.StatusRevoked}})
		words[s.Issuer] = word
		return nil
	})
}

// lastWord completes the last word of an issuer from the newest evidence, which may
// be none, and from what is known beyond it.
func (n *Node) lastWord(ctx context.Context, word *LastWord, e *store.Evidence, batch merkle.Hash) error {
	from := word.Home.Chain
	if e.Number != 0 {
		state, err := anchorOf(word.Home, e).Read(batch, word.Issuer)
		if err != nil {
			return err
		}
		word.Root, word.RetiredFrom = state.StatusRoot, state.RetiredFrom
	}
	changed, err := n.store.Changed(from, word.Issuer)
	if err != nil {
		return err
	}
	word.Unsure = changed > e.Number
	if o, err := n.store.NewestOperation(from, word.Issuer); err == nil && State(o.State) != Failed && o.Block.Number > e.Number {
		switch o.Kind {
		case store.KindStatus:
			word.Root, word.Unsure = o.Root, changed > o.Block.Number
		case store.KindRetire:
			word.RetiredFrom, word.Unsure = o.From, changed > o.Block.Number
		default:
		}
	} else if err != nil && !missing(err) {
		return err
	}
	if !n.outOfReach(from) {
		if r, _, err := n.writerOf(from).issuerAtHead(ctx, word.Issuer); err == nil {
			word.Root, word.RetiredFrom, word.Unsure = r.StatusRoot, r.RetiredFrom, false
		}
	}
	if word.Known = word.Root.IsZero(); word.Known {
		return nil
	}
	list, err := n.list(ctx, word.Issuer, word.Root)
	if missing(err) {
		return nil
	}
	if err == nil {
		word.Known, word.Items = true, slices.Clone(list.items)
	}
	return err
}
