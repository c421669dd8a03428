// Package sharing keeps credentials that their holders chose to show, and the pages on which they
// are shown: what a node knows of a credential as of now, beside the badge that was uploaded.
//
// A node that shares takes a badge from whoever has it with its proof, if it anchored that itself.
// It gives out a token once, with which it is taken down again. Of the proof it keeps the CID and
// the salt: the rest it has, and newer.
//
// In the order of the data:
//
//   - sharing.go: what is taken, kept and taken down;
//   - view.go: what a share shows now: the proof with the newest evidence, verified;
//   - media.go: its picture, and the card by which networks preview it;
//   - page.go, words.go, linkedin.go: the page, in the reader's language.
package sharing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// MaxBadge bounds a badge that is shared, in bytes.
const MaxBadge = 8 << 20

// Config says what a node shares.
type Config struct {
	Limit uint64        // bytes of all badges together
	For   time.Duration // how long a share stays; 0: until it is taken down

	// Trust is what the verdicts on pages rest on, beside the built-in defaults; nil for nothing.
	Trust *verifier.Trust
}

// Proofs is where the proofs of what this node anchored come from; see package serving.
type Proofs interface {
	Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (client.LeafProof, error)
}

// Sharing keeps what is shared. Its methods may be called by many goroutines.
type Sharing struct {
	config   Config
	store    *store.Store
	disk     *role.Disk
	proofs   Proofs
	leases   *role.Leases // it removes what has ended while it holds the one named shares
	log      *slog.Logger
	now      func() time.Time // other in tests
	verifier *verifier.Verifier
	seen     *seen
	drawing  *drawing
	viewing  *semaphore.Weighted

	mu      sync.Mutex // held while shares change here; those of other processes are seen in the store
	used    uint64     // bytes of all badges; guarded by mu
	changes uint64     // of the store by other processes, when they were added up
	added   time.Time  // when that was
}

// viewsAtOnce bounds the badges that are held in memory to be verified.
const viewsAtOnce = 4

// Errors on which callers decide.
var (
	ErrNotShared = errors.New("nothing is shared here under that name: it was never shared on this node, or was taken down")
	ErrShared    = errors.New("it is shared already: take it down first, or give the token of that time")
	ErrToken     = errors.New("that is not the token which was given out when it was shared")
	ErrFull      = errors.New("there is no more room for shared credentials: ask the operator of the node for more")
	ErrPending   = errors.New("it is not final yet: share it once its proof is complete")
)

// Open returns what shares from a store. homes are the registries of the node.
func Open(
	config Config, s *store.Store, disk *role.Disk, proofs Proofs, homes role.Homes, leases *role.Leases, log *slog.Logger,
) (*Sharing, error) {
	chains, err := s.Chains()
	if err != nil {
		return nil, err
	}
	sh := &Sharing{
		config: config, store: s, disk: disk, proofs: proofs, leases: leases, log: log, now: time.Now, seen: newSeen(chains),
		viewing: semaphore.NewWeighted(viewsAtOnce),
	}
	if sh.drawing, err = newDrawing(); err != nil {
		return nil, err
	}
	sh.verifier, err = verifier.New(verifier.Options{
		Trust: trustFor(config.Trust, homes), Now: func() time.Time { return sh.now() }, Finality: sh.seen.final, AllowTest: true,
	})
	if err != nil {
		return nil, err
	}
	return sh, sh.addUp()
}

// addUpAgain is how old may be the sum of what is shared by all processes together.
const addUpAgain = 10 * time.Second

// addUp adds up all badges, unless nothing can have changed since, or a moment ago. The caller
// holds mu, or is alone.
func (sh *Sharing) addUp() error {
	changes := sh.store.Changes()
	if !sh.added.IsZero() && (changes == sh.changes || time.Since(sh.added) < addUpAgain) {
		return nil
	}
	used := uint64(0)
	err := sh.store.EachShare(nil, func(_ merkle.Hash, r *store.Share) bool {
		used += r.Size
		return true
	})
	if err == nil {
		sh.used, sh.changes, sh.added = used, changes, time.Now()
	}
	return err
}

// sweepEvery is how often what has ended is removed. It is not shown from its end on.
const sweepEvery = time.Hour

// Run removes what has ended, until ctx is done, while this process holds the lease for that.
func (sh *Sharing) Run(ctx context.Context) error { return sh.leases.Run(ctx, "shares", sh.lead) }

func (sh *Sharing) lead(ctx context.Context, _ *role.Term) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := sh.sweep(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweep removes the shares that have ended.
func (sh *Sharing) sweep(ctx context.Context) error {
	var ended []merkle.Hash
	err := sh.store.EachShare(nil, func(leaf merkle.Hash, r *store.Share) bool {
		if sh.ended(r) {
			ended = append(ended, leaf)
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	for _, leaf := range ended {
		if err := sh.drop(ctx, leaf, sh.ended); err != nil && !errors.Is(err, ErrNotShared) {
			return err
		}
	}
	return nil
}

func (sh *Sharing) ended(r *store.Share) bool { return r.Until != 0 && sh.now().UnixMilli() >= r.Until }

// Upload is what somebody shares.
type Upload struct {
	Leaf  merkle.Hash
	Proof []byte // a proof file, as JSON
	Badge []byte
	client.ShareOptions

	// Token is to take it down: one of [client.NewShareToken], or that of an earlier share of the same
	// leaf, which this one replaces. Empty: the node makes one. Who gives one can repeat an upload whose
	// answer was lost.
	Token string
}

// Put shares a credential, and returns the token that takes it down, of which only the digest is
// kept, and the record. Errors: [*role.RefusedError], [role.ErrNotFound] for what this node did not
// anchor, [ErrPending], [ErrShared], [ErrToken], [ErrFull], and those of the disk.
func (sh *Sharing) Put(ctx context.Context, u *Upload) (token string, r *store.Share, err error) {
	p, err := check(u)
	if err != nil {
		return "", nil, err
	}
	leaf := u.Leaf
	known, err := sh.proofs.Proof(ctx, leaf, false)
	if err != nil {
		return "", nil, err
	}
	if known.State != publish.Final {
		return "", nil, ErrPending
	}
	done, err := sh.disk.Admit(len(u.Badge)/merkle.Size + 1) // it is counted in leaves
	if err != nil {
		return "", nil, err
	}
	defer done()
	if token = u.Token; token == "" {
		token = client.NewShareToken()
	}
	now := sh.now()
	r = &store.Share{
		CID: p.Credential.Bytes(), Salt: p.Salt, Token: sha256.Sum256([]byte(token)), SharedAt: now.UnixMilli(), Size: uint64(len(u.Badge)),
		ShowName: u.ShowName, Index: u.Index,
	}
	if sh.config.For > 0 {
		r.Until = now.Add(sh.config.For).UnixMilli()
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if err := sh.addUp(); err != nil {
		return "", nil, err
	}
	var used uint64
	err = sh.store.Update(func(tx *store.Tx) error {
		old, err := tx.Share(leaf)
		switch {
		case role.Missing(err) || err == nil && sh.ended(&old):
			if secret, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(secret) != client.ShareTokenSize {
				return role.Refuse("token", "want %d random bytes in base64url, or none", client.ShareTokenSize)
			}
		case err != nil:
			return err
		case u.Token == "":
			return ErrShared
		case !opens(&old, u.Token):
			return ErrToken
		}
		if used = sh.used - min(sh.used, old.Size) + r.Size; used > sh.config.Limit {
			return ErrFull
		}
		return tx.PutShare(r, u.Badge)
	})
	if err != nil {
		return "", nil, err
	}
	sh.used = used
	sh.drawing.forget(leaf)
	return token, r, nil
}

// check reads an upload: the proof is well formed, and is about the badge.
func check(u *Upload) (*verifier.Proof, error) {
	switch {
	case len(u.Proof) == 0:
		return nil, role.Refuse("proof", "it is missing: send the proof file of the badge")
	case len(u.Badge) == 0:
		return nil, role.Refuse("badge", "it is missing: send the file that the proof is about")
	case len(u.Badge) > MaxBadge:
		return nil, role.Refuse("badge", "it is larger than the %d MiB that are shared here", MaxBadge>>20)
	case len(u.Proof) > verifier.MaxProofSize:
		return nil, role.Refuse("proof", "it is larger than any proof")
	}
	p, err := verifier.ParseProof(u.Proof)
	if err != nil {
		return nil, role.Refuse("proof", "%v", err)
	}
	if p.Leaf() != u.Leaf {
		return nil, role.Refuse("leaf", "it is not that of the proof")
	}
	switch covers, err := credential.Matches(p.Credential, bytes.NewReader(u.Badge)); {
	case err != nil:
		return nil, role.Refuse("badge", "it cannot be read as the file that the proof is about: %v", err)
	case covers == credential.CoversNothing:
		return nil, role.Refuse("badge", "it is not the file that the proof is about, or it was changed since")
	}
	return p, nil
}

func opens(r *store.Share, token string) bool {
	digest := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(digest[:], r.Token[:]) == 1
}

// Remove takes a share down. Errors: [ErrNotShared], [ErrToken].
func (sh *Sharing) Remove(ctx context.Context, leaf merkle.Hash, token string) error {
	if r, err := sh.Get(leaf); err != nil {
		return err
	} else if !opens(&r, token) {
		return ErrToken
	}
	return sh.drop(ctx, leaf, func(r *store.Share) bool { return opens(r, token) })
}

// TakeDown takes a share down without its token, for the operator. Errors: [ErrNotShared].
func (sh *Sharing) TakeDown(ctx context.Context, leaf merkle.Hash) error {
	return sh.drop(ctx, leaf, func(*store.Share) bool { return true })
}

// drop removes a share if it is still one that is meant.
func (sh *Sharing) drop(ctx context.Context, leaf merkle.Hash, meant func(*store.Share) bool) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	var r store.Share
	err := sh.store.Update(func(tx *store.Tx) (err error) {
		r, err = tx.Share(leaf)
		switch {
		case role.Missing(err) || err == nil && !meant(&r):
			return ErrNotShared
		case err != nil:
			return err
		}
		return tx.RemoveShare(leaf)
	})
	if err != nil {
		return err
	}
	sh.used -= min(sh.used, r.Size)
	sh.drawing.forget(leaf)
	if err := sh.store.DropBadge(context.WithoutCancel(ctx), leaf); err != nil { // it is not shown any more all the same
		sh.log.Warn("the bytes of a badge that was taken down are still in a file of the data folder", "err", err)
	}
	return nil
}

// Get returns what is kept of a share, or [ErrNotShared].
func (sh *Sharing) Get(leaf merkle.Hash) (store.Share, error) {
	r, err := sh.store.Share(leaf)
	if role.Missing(err) || err == nil && sh.ended(&r) {
		return store.Share{}, ErrNotShared
	}
	return r, err
}

// maxFound bounds what is returned of shares with one short code, of which nobody has two by chance.
const maxFound = 10

// Find returns the leaves of shares with a short code.
func (sh *Sharing) Find(short qrproof.Short) (leaves []merkle.Hash, err error) {
	err = sh.store.EachShare(short[:], func(leaf merkle.Hash, r *store.Share) bool {
		if !sh.ended(r) {
			leaves = append(leaves, leaf)
		}
		return len(leaves) < maxFound
	})
	return leaves, err
}

// Badge returns the file that is shared of a leaf, or [ErrNotShared].
func (sh *Sharing) Badge(leaf merkle.Hash) ([]byte, error) {
	if _, err := sh.Get(leaf); err != nil {
		return nil, err
	}
	badge, err := sh.store.Badge(leaf)
	if role.Missing(err) {
		return nil, ErrNotShared
	}
	return badge, err
}

// Proof returns the whole proof file of a share, with the newest evidence that this node has.
// With fresh it is that of the newest final block.
func (sh *Sharing) Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (*verifier.Proof, error) {
	r, err := sh.Get(leaf)
	if err != nil {
		return nil, err
	}
	return sh.proof(ctx, leaf, &r, fresh)
}

func (sh *Sharing) proof(ctx context.Context, leaf merkle.Hash, r *store.Share, fresh bool) (*verifier.Proof, error) {
	c, err := credential.CIDFromBytes(r.CID)
	if err != nil {
		return nil, fmt.Errorf("the data folder is damaged: share of %s: %w", leaf, err)
	}
	known, err := sh.proofs.Proof(ctx, leaf, fresh)
	if err != nil {
		return nil, err
	}
	return &verifier.Proof{
		Credential: c, Salt: r.Salt, Submission: known.Submission, Batch: known.Batch, Anchors: known.Anchors, Hints: known.Hints,
	}, nil
}
