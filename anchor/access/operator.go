package access

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// Errors of what operators ask for.
var (
	ErrUnknown = errors.New("there is none")
	ErrThere   = errors.New("it is there already")
)

// Most bytes of texts, and issuers of an API key, that are kept.
const (
	maxText       = 1000
	maxWho        = 200
	maxKeyIssuers = 1000
)

// checkTexts refuses texts that are too long or no texts.
func checkTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxText || !utf8.ValidString(text) {
			return role.Refuse("text", "a name, note or label has at most %d bytes of UTF-8", maxText)
		}
	}
	return nil
}

// Add adds an issuer.
func (a *Access) Add(who string, n *client.NewIssuer) (client.Issuer, error) {
	if err := checkTexts(n.Name, n.Note); err != nil {
		return client.Issuer{}, err
	}
	is := store.Issuer{
		Address: n.Address, Name: n.Name, Note: n.Note, NeedsKey: n.NeedsKey, AddedAt: time.Now().UnixMilli(),
		Quota: store.Quota{Submissions: n.SubmissionsPerDay, Credentials: n.CredentialsPerDay},
	}
	err := a.store.Update(func(tx *store.Tx) error {
		switch _, err := tx.Issuer(n.Address); {
		case err == nil:
			return refuse(ErrThere, "issuer %s is there already: change it instead", n.Address)
		case !role.Missing(err):
			return err
		}
		return errors.Join(tx.PutIssuer(&is), audit(tx, who, "issuer added", n.Address, describe(&is)))
	})
	a.issuers.forget(n.Address)
	return formOf(&is), err
}

// Change changes what is there of an issuer.
func (a *Access) Change(who string, issuer verifier.Address, change *client.IssuerChange) (client.Issuer, error) {
	for _, text := range []*string{change.Name, change.Note} {
		if text != nil {
			if err := checkTexts(*text); err != nil {
				return client.Issuer{}, err
			}
		}
	}
	var is store.Issuer
	err := a.store.Update(func(tx *store.Tx) (err error) {
		if is, err = tx.Issuer(issuer); err != nil {
			return noIssuer(issuer, err)
		}
		before := is
		set(&is.Name, change.Name)
		set(&is.Note, change.Note)
		set(&is.Disabled, change.Disabled)
		set(&is.NeedsKey, change.NeedsKey)
		set(&is.Quota.Submissions, change.SubmissionsPerDay)
		set(&is.Quota.Credentials, change.CredentialsPerDay)
		if is == before {
			return nil
		}
		return errors.Join(tx.PutIssuer(&is), audit(tx, who, "issuer changed", issuer, describe(&is)))
	})
	a.issuers.forget(issuer)
	return formOf(&is), err
}

func set[T any](value *T, to *T) {
	if to != nil {
		*value = *to
	}
}

func noIssuer(issuer verifier.Address, err error) error {
	if role.Missing(err) {
		return refuse(ErrUnknown, "nothing was recorded of issuer %s: add it first", issuer)
	}
	return err
}

// Remove removes what is there of an issuer, and makes its keys be for others only.
func (a *Access) Remove(who string, issuer verifier.Address) error {
	err := a.store.Update(func(tx *store.Tx) error {
		is, err := tx.Issuer(issuer)
		if err != nil {
			return noIssuer(issuer, err)
		}
		return errors.Join(tx.RemoveIssuer(issuer, time.Now()), audit(tx, who, "issuer removed", issuer, describe(&is)))
	})
	a.issuers.forget(issuer)
	a.keys.clear()
	return err
}

// Issuer returns what is there of an issuer, and what it has used today.
func (a *Access) Issuer(issuer verifier.Address) (client.Issuer, error) {
	is, err := a.store.Issuer(issuer)
	if err != nil {
		return client.Issuer{}, noIssuer(issuer, err)
	}
	return a.withUsage(&is)
}

// Issuers returns up to limit issuers after one.
func (a *Access) Issuers(after verifier.Address, limit int) (client.IssuerPage, error) {
	var records []store.Issuer
	page := client.IssuerPage{Issuers: []client.Issuer{}}
	err := a.store.EachIssuer(after, func(is *store.Issuer) bool {
		records = append(records, *is)
		return len(records) < limit
	})
	if err != nil {
		return page, err
	}
	for i := range records {
		form, err := a.withUsage(&records[i])
		if err != nil {
			return page, err
		}
		page.Issuers = append(page.Issuers, form)
	}
	if len(records) == limit {
		page.Next = records[limit-1].Address
	}
	return page, nil
}

func (a *Access) withUsage(is *store.Issuer) (client.Issuer, error) {
	form := formOf(is)
	u, err := a.store.UsageOf(is.Address, time.Now())
	form.Today = &client.DayUsage{Submissions: u.Submissions, Credentials: u.Credentials}
	return form, err
}

func formOf(is *store.Issuer) client.Issuer {
	return client.Issuer{
		Address: is.Address, Name: is.Name, Note: is.Note, AddedAt: role.Millis(is.AddedAt),
		Disabled: is.Disabled, NeedsKey: is.NeedsKey,
		SubmissionsPerDay: is.Quota.Submissions, CredentialsPerDay: is.Quota.Credentials,
	}
}

// describe says in the audit log what holds for an issuer.
func describe(is *store.Issuer) string {
	limit := func(n uint64) string {
		if n == 0 {
			return "any number of"
		}
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%q, %s, by %s, %s submissions and %s credentials a day", is.Name,
		map[bool]string{true: "may not submit", false: "may submit"}[is.Disabled],
		map[bool]string{true: "signature and API key", false: "signature"}[is.NeedsKey],
		limit(is.Quota.Submissions), limit(is.Quota.Credentials))
}

// NewKey makes an API key for issuers of whom something is recorded.
func (a *Access) NewKey(who string, n *client.NewKey) (client.MadeKey, error) {
	now := time.Now()
	switch {
	case len(n.Issuers) > maxKeyIssuers:
		return client.MadeKey{}, role.Refuse("issuers", "an API key is for at most %d issuers", maxKeyIssuers)
	case n.ExpiresAt != nil && !n.ExpiresAt.After(now):
		return client.MadeKey{}, role.Refuse("expiresAt", "that time is over already")
	}
	if err := checkTexts(n.Label); err != nil {
		return client.MadeKey{}, err
	}
	issuers := slices.Clone(n.Issuers)
	slices.SortFunc(issuers, func(x, y verifier.Address) int { return bytes.Compare(x[:], y[:]) })
	issuers = slices.Compact(issuers)
	var key client.APIKey
	record := store.APIKey{Issuers: issuers, Label: n.Label, CreatedAt: now.UnixMilli()}
	if n.ExpiresAt != nil {
		record.ExpiresAt = n.ExpiresAt.UnixMilli()
	}
	err := a.store.Update(func(tx *store.Tx) error {
		for _, issuer := range issuers {
			if _, err := tx.Issuer(issuer); err != nil {
				return noIssuer(issuer, err)
			}
		}
		for {
			key = client.NewAPIKey()
			if _, err := tx.APIKey(key.ID); role.Missing(err) {
				break
			} else if err != nil {
				return err
			}
		}
		record.ID, record.Secret = key.ID, key.Hash()
		return errors.Join(tx.PutAPIKey(&record), auditKey(tx, who, "key made", &record))
	})
	if err != nil {
		return client.MadeKey{}, err
	}
	a.keys.forget(key.ID)
	return client.MadeKey{Key: key.Text(), Info: keyForm(&record)}, nil
}

// RevokeKey ends an API key. One that is revoked already stays so.
func (a *Access) RevokeKey(who, name string) error {
	id, err := client.ParseAPIKeyName(name)
	if err != nil {
		return role.Refuse("name", "%v", err)
	}
	err = a.store.Update(func(tx *store.Tx) error {
		k, err := tx.APIKey(id)
		if role.Missing(err) {
			return refuse(ErrUnknown, "there is no API key %s", name)
		}
		if err != nil || k.RevokedAt != 0 {
			return err
		}
		k.RevokedAt = time.Now().UnixMilli()
		return errors.Join(tx.PutAPIKey(&k), auditKey(tx, who, "key revoked", &k))
	})
	a.keys.forget(id)
	return err
}

// Keys returns up to limit API keys after one, by its name; empty: from the first on.
func (a *Access) Keys(after string, limit int) (client.KeyPage, error) {
	page := client.KeyPage{Keys: []client.KeyInfo{}}
	var begin *store.APIKeyID
	if after != "" {
		id, err := client.ParseAPIKeyName(after)
		if err != nil {
			return page, role.Refuse("after", "%v", err)
		}
		begin = (*store.APIKeyID)(&id)
	}
	err := a.store.EachAPIKey(begin, func(k *store.APIKey) bool {
		page.Keys = append(page.Keys, keyForm(k))
		return len(page.Keys) < limit
	})
	if len(page.Keys) == limit {
		page.Next = page.Keys[limit-1].Name
	}
	return page, err
}

func keyForm(k *store.APIKey) client.KeyInfo {
	at := func(t int64) *time.Time {
		if t == 0 {
			return nil
		}
		return new(role.Millis(t))
	}
	return client.KeyInfo{
		Name: client.APIKeyName(k.ID), Issuers: k.Issuers, Label: k.Label, CreatedAt: role.Millis(k.CreatedAt),
		ExpiresAt: at(k.ExpiresAt), RevokedAt: at(k.RevokedAt), UsedAt: at(k.UsedAt),
	}
}

// Usage returns up to limit records of what was accepted in the UTC days from to to, of all
// issuers or, unless it is zero, of one, after the end of a page before; empty: from the first on.
func (a *Access) Usage(from, to time.Time, issuer verifier.Address, after string, limit int) (client.UsagePage, error) {
	page := client.UsagePage{Usage: []client.Usage{}}
	var begin *store.Usage
	if after != "" {
		var err error
		if begin, err = parsePlace(after); err != nil {
			return page, err
		}
	}
	add := func(u *store.Usage) bool {
		page.Usage = append(page.Usage, client.Usage{
			Day: dayText(u.Day), Issuer: u.Issuer, Submissions: u.Submissions, Credentials: u.Credentials,
		})
		if len(page.Usage) == limit {
			page.Next = dayText(u.Day) + "." + u.Issuer.String()
		}
		return len(page.Usage) < limit
	}
	if issuer.IsZero() {
		return page, a.store.EachUsage(dayOf(from), dayOf(to), begin, add)
	}
	for day := from; dayOf(day) <= dayOf(to); day = day.Add(24 * time.Hour) {
		if begin != nil && dayOf(day) <= begin.Day {
			continue
		}
		u, err := a.store.UsageOf(issuer, day)
		if err != nil {
			return page, err
		}
		if u.Submissions > 0 && !add(&u) {
			break
		}
	}
	return page, nil
}

func dayOf(t time.Time) uint64 { return uint64(max(0, t.Unix()/86400)) }

func dayText(day uint64) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

// parsePlace reads the end of a page of usage.
func parsePlace(text string) (*store.Usage, error) {
	day, issuer, _ := strings.Cut(text, ".")
	t, err := time.Parse(time.DateOnly, day)
	address, wrong := verifier.ParseAddress(issuer)
	if cmp.Or(err, wrong) != nil {
		return nil, role.Refuse("after", "want what the page before has as next")
	}
	return &store.Usage{Day: dayOf(t), Issuer: address}, nil
}

// Audit returns up to limit entries of the audit log after one.
func (a *Access) Audit(after uint64, limit int) (client.AuditPage, error) {
	page := client.AuditPage{Entries: []client.AuditEntry{}}
	err := a.store.EachAuditEntry(after, func(e *store.AuditEntry) bool {
		page.Entries = append(page.Entries, client.AuditEntry{
			Number: e.Number, Time: role.Millis(e.Time), Who: e.Who, What: e.What, Issuer: e.Issuer, Detail: e.Detail,
			Before: e.Before, Hash: e.Hash,
		})
		return len(page.Entries) < limit
	})
	if len(page.Entries) == limit {
		page.Next = page.Entries[limit-1].Number
	}
	return page, err
}

// audit notes what an operator did, in the same write.
func audit(tx *store.Tx, who, what string, issuer verifier.Address, detail string) error {
	if len(who) > maxWho || !utf8.ValidString(who) {
		who = strings.ToValidUTF8(who[:min(len(who), maxWho)], "?")
	}
	return tx.Audit(store.AuditEntry{Time: time.Now().UnixMilli(), Who: who, What: what, Issuer: issuer, Detail: detail})
}

func auditKey(tx *store.Tx, who, what string, k *store.APIKey) error {
	detail := fmt.Sprintf("%s %q", client.APIKeyName(k.ID), k.Label)
	if k.ExpiresAt != 0 {
		detail += ", until " + role.Millis(k.ExpiresAt).Format(time.RFC3339)
	}
	if len(k.Issuers) == 1 {
		return audit(tx, who, what, k.Issuers[0], detail)
	}
	return audit(tx, who, what, verifier.Address{}, fmt.Sprintf("%s, for %d issuers", detail, len(k.Issuers)))
}
