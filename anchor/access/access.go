// Package access decides who may use a node, and how much: by its configuration, and by what its
// operators decided about issuers while it runs, which is in the store.
//
//   - access.go: whose submissions are taken, and whose statements;
//   - operator.go: what operators decide and look at.
//
// Several processes may share a store. What one of them decides holds in all of them within
// [fresh]; what an issuer has left of its quota is known only to the write that accepts a
// submission, so it holds exactly.
package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config is what the configuration of a node says of who may use it.
type Config struct {
	Open    bool               // anyone may submit
	Issuers []verifier.Address // those whom the operator lists
}

// Access decides who may use a node. Its methods may be called by many goroutines.
type Access struct {
	config  Config
	store   *store.Store
	log     *slog.Logger
	issuers *cache[verifier.Address, store.Issuer]
	keys    *cache[store.APIKeyID, store.APIKey]
}

// New returns what decides by a configuration and a store.
func New(config Config, s *store.Store, log *slog.Logger) *Access {
	return &Access{config: config, store: s, log: log, issuers: newCache(s.Issuer), keys: newCache(s.APIKey)}
}

// ErrKey says that a submission lacks an API key that counts.
var ErrKey = errors.New("an API key is needed")

// refusal is an error that is told as it stands, and is of a kind.
type refusal struct {
	kind error
	text string
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

func refuse(kind error, format string, args ...any) error {
	return &refusal{kind, fmt.Sprintf(format, args...)}
}

// keyOf is where a context holds the text of an API key.
type keyOf struct{}

// WithKey says that a request was made with an API key, which may be no key at all.
func WithKey(ctx context.Context, text string) context.Context {
	return context.WithValue(ctx, keyOf{}, text)
}

// Check returns an error that wraps [role.ErrNotAllowed] if statements of an issuer are not
// relayed. Those of an issuer that may no longer submit are: what it has issued can be revoked.
func (a *Access) Check(issuer verifier.Address) error {
	if a.configured(issuer) {
		return nil
	}
	switch _, known, err := a.issuers.get(issuer); {
	case err != nil:
		return err
	case !known:
		return fmt.Errorf("issuer %s: %w", issuer, role.ErrNotAllowed)
	}
	return nil
}

// Lists reports whether an issuer is one of those whom the operator knows, and lets submit.
func (a *Access) Lists(issuer verifier.Address) (bool, error) {
	is, known, err := a.issuers.get(issuer)
	if err != nil || known {
		return known && !is.Disabled, err
	}
	return slices.Contains(a.config.Issuers, issuer), nil
}

func (a *Access) configured(issuer verifier.Address) bool {
	return a.config.Open || slices.Contains(a.config.Issuers, issuer)
}

// Admit returns the quota of an issuer that may submit, with the API key of ctx if there is one.
// Errors wrap [role.ErrNotAllowed] or [ErrKey]; any other one says that it is not known.
func (a *Access) Admit(ctx context.Context, issuer verifier.Address) (store.Quota, error) {
	is, known, err := a.issuers.get(issuer)
	text, _ := ctx.Value(keyOf{}).(string)
	switch {
	case err != nil:
		return store.Quota{}, err
	case !known && !a.configured(issuer):
		return store.Quota{}, fmt.Errorf("issuer %s: %w", issuer, role.ErrNotAllowed)
	case is.Disabled:
		return store.Quota{}, refuse(role.ErrNotAllowed,
			"issuer %s may not submit to this node at present: ask its operator; what was submitted can still be revoked", issuer)
	case text == "" && is.NeedsKey:
		return store.Quota{}, refuse(ErrKey,
			"this node takes submissions of issuer %s only with an API key: send the one that its operator gave you, or ask for one", issuer)
	case text != "":
		err = a.checkKey(text, issuer)
	}
	return is.Quota, err
}

// checkKey checks an API key, which somebody gave though it may not be needed: otherwise a
// client would not learn that its key has ended before it is.
func (a *Access) checkKey(text string, issuer verifier.Address) error {
	given, err := client.ParseAPIKey(text)
	if err != nil {
		return refuse(ErrKey, "what was sent as an API key is none, or not a whole one: copy it again")
	}
	kept, _, err := a.keys.get(given.ID)
	if err != nil {
		return err
	}
	// Compared also with the zero hash of a key that is not there, so that it takes as long.
	hash := given.Hash()
	if subtle.ConstantTimeCompare(hash[:], kept.Secret[:]) != 1 {
		return refuse(ErrKey, "the API key %s is not one of this node: check which node it is for, or ask its operator for one", given)
	}
	now := time.Now()
	switch {
	case kept.RevokedAt != 0:
		return refuse(ErrKey, "the API key %s was revoked by this node's operator: ask for another one", given)
	case kept.ExpiresAt != 0 && now.UnixMilli() >= kept.ExpiresAt:
		return refuse(ErrKey, "the API key %s expired on %s: ask this node's operator for another one",
			given, role.Millis(kept.ExpiresAt).Format(time.DateOnly))
	case !slices.Contains(kept.Issuers, issuer):
		return refuse(role.ErrNotAllowed, "the API key %s is not for issuer %s: use another one, or ask this node's operator", given, issuer)
	}
	a.noteUse(&kept, now)
	return nil
}

// useEvery is how exact the time of the last use of a key is: each note of it is a write.
const useEvery = time.Hour

// noteUse writes down when a key was used. That it could not be written holds up nobody.
func (a *Access) noteUse(k *store.APIKey, now time.Time) {
	hour := now.Truncate(useEvery).UnixMilli()
	if k.UsedAt >= hour {
		return
	}
	err := a.store.Update(func(tx *store.Tx) error {
		current, err := tx.APIKey(k.ID)
		if err != nil || current.UsedAt >= hour {
			return err
		}
		current.UsedAt = hour
		return tx.PutAPIKey(&current)
	})
	a.keys.forget(k.ID)
	if err != nil {
		a.log.Warn("the use of an API key could not be noted", "key", client.APIKeyName(k.ID), "err", err)
	}
}

// Room returns an error if a submission of so many credentials is beyond the quota of its issuer
// now, so that it need not be read: it wraps [role.ErrQuota] if there is room on another day, and
// else [role.ErrTooLarge].
func (a *Access) Room(issuer verifier.Address, q store.Quota, credentials uint64) error {
	if q == (store.Quota{}) {
		return nil
	}
	if q.Credentials != 0 && credentials > q.Credentials {
		return refuse(role.ErrTooLarge, "issuer %s may submit %d credentials a day to this node, and these are %d: "+
			"submit them on several days, or ask the operator for more", issuer, q.Credentials, credentials)
	}
	u, err := a.store.UsageOf(issuer, time.Now())
	if err != nil || u.Fits(q, credentials) {
		return err
	}
	return UsedUp(issuer, q, u)
}

// UsedUp says that an issuer has no room for a submission in what is left of a day.
func UsedUp(issuer verifier.Address, q store.Quota, u store.Usage) error {
	if q.Submissions != 0 && u.Submissions >= q.Submissions {
		return refuse(role.ErrQuota, "issuer %s may submit %d times a day (UTC) to this node, and has done so today: "+
			"wait for tomorrow, submit more credentials at once, or ask the operator for more", issuer, q.Submissions)
	}
	return refuse(role.ErrQuota, "issuer %s may submit %d credentials a day (UTC) to this node, and %d are left today: "+
		"wait for tomorrow, submit fewer, or ask the operator for more", issuer, q.Credentials, q.Credentials-min(u.Credentials, q.Credentials))
}
