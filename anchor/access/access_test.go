package access

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

var ada, bob, eve = verifier.Address{1}, verifier.Address{2}, verifier.Address{3}

// open opens a store, and two processes' access to it.
func open(t *testing.T, config Config) (s *store.Store, here, there *Access) {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	return s, New(config, s, log), New(config, s, log)
}

func add(t *testing.T, a *Access, n client.NewIssuer) {
	t.Helper()
	if _, err := a.Add("anna", &n); err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T, a *Access, n client.NewKey) client.MadeKey {
	t.Helper()
	made, err := a.NewKey("anna", &n)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// What is recorded of an issuer goes before the configuration, and a key that was given has to
// count, whether it is needed or not.
func TestAdmit(t *testing.T) {
	s, a, _ := open(t, Config{Issuers: []verifier.Address{ada}})
	yes := true
	add(t, a, client.NewIssuer{Address: bob, NeedsKey: true})
	good := newKey(t, a, client.NewKey{Issuers: []verifier.Address{bob}}).Key
	revoked := newKey(t, a, client.NewKey{Issuers: []verifier.Address{bob}})
	if err := a.RevokeKey("anna", revoked.Info.Name); err != nil {
		t.Fatal(err)
	}
	parsed, err := client.ParseAPIKey(newKey(t, a, client.NewKey{Issuers: []verifier.Address{bob}}).Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(tx *store.Tx) error {
		k, err := tx.APIKey(parsed.ID)
		k.ExpiresAt = time.Now().UnixMilli()
		return errors.Join(err, tx.PutAPIKey(&k))
	}); err != nil {
		t.Fatal(err)
	}
	other := client.NewAPIKey()
	guessed, err := client.ParseAPIKey(good)
	if err != nil {
		t.Fatal(err)
	}
	guessed.Secret[0]++
	for _, c := range []struct {
		name   string
		issuer verifier.Address
		key    string
		want   error
		says   string
	}{
		{"of the configuration", ada, "", nil, ""},
		{"of nobody", eve, "", role.ErrNotAllowed, "ask its operator"},
		{"without a key", bob, "", ErrKey, "only with an API key"},
		{"with its key", bob, good, nil, ""},
		{"another's key, which is not needed", ada, good, role.ErrNotAllowed, "not for issuer"},
		{"a key that is not there", bob, other.Text(), ErrKey, "not one of this node"},
		{"a guessed secret", bob, guessed.Text(), ErrKey, "not one of this node"},
		{"half a key", bob, good[:30], ErrKey, "copy it again"},
		{"no key at all", bob, "hmk_", ErrKey, "copy it again"},
		{"a revoked key", bob, revoked.Key, ErrKey, "was revoked"},
		{"an expired key", bob, parsed.Text(), ErrKey, "expired on"},
	} {
		ctx := t.Context()
		if c.key != "" {
			ctx = WithKey(ctx, c.key)
		}
		_, err := a.Admit(ctx, c.issuer)
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %v with %q", c.name, err, c.want, c.says)
		}
		if err != nil && c.key != "" && len(c.key) > 12 && strings.Contains(err.Error(), c.key[12:]) {
			t.Errorf("%s: the error holds the key: %v", c.name, err)
		}
	}

	// Who is closed out may still say what became of what it issued.
	add(t, a, client.NewIssuer{Address: ada})
	if _, err := a.Change("anna", ada, &client.IssuerChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Admit(t.Context(), ada); !errors.Is(err, role.ErrNotAllowed) {
		t.Errorf("a disabled issuer: %v", err)
	}
	if err := a.Check(ada); err != nil {
		t.Errorf("statements of a disabled issuer: %v", err)
	}
	if listed, err := a.Lists(ada); err != nil || listed {
		t.Errorf("a disabled issuer is listed: %v, %v", listed, err)
	}
	if err := a.Check(eve); !errors.Is(err, role.ErrNotAllowed) {
		t.Errorf("statements of nobody: %v", err)
	}
	if err := a.Remove("anna", ada); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Admit(t.Context(), ada); err != nil {
		t.Errorf("once removed, the configuration decides: %v", err)
	}
}

// What one process decides holds in another one within a second.
func TestDecisionsHoldEverywhere(t *testing.T) {
	_, here, there := open(t, Config{})
	within := func(what string, want error, ctx context.Context) {
		t.Helper()
		for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			_, err := there.Admit(ctx, ada)
			if errors.Is(err, want) && (err == nil) == (want == nil) {
				return
			}
			if time.Since(begin) > time.Second {
				t.Fatalf("%s: %v a second later", what, err)
			}
		}
	}
	within("before", role.ErrNotAllowed, t.Context())
	add(t, here, client.NewIssuer{Address: ada})
	within("added", nil, t.Context())
	made := newKey(t, here, client.NewKey{Issuers: []verifier.Address{ada}})
	with := WithKey(t.Context(), made.Key)
	within("with its key", nil, with)
	if err := here.RevokeKey("anna", made.Info.Name); err != nil {
		t.Fatal(err)
	}
	within("revoked", ErrKey, with)
	if _, err := here.Admit(with, ada); !errors.Is(err, ErrKey) {
		t.Errorf("here it should hold at once: %v", err)
	}
	if err := here.Remove("anna", ada); err != nil {
		t.Fatal(err)
	}
	within("removed", role.ErrNotAllowed, t.Context())
}

// What can be said of a quota before leaves are read.
func TestRoom(t *testing.T) {
	_, a, _ := open(t, Config{})
	for _, c := range []struct {
		quota store.Quota
		n     uint64
		want  error
		says  string
	}{
		{store.Quota{}, 1 << 62, nil, ""},
		{store.Quota{Credentials: 10}, 10, nil, ""},
		{store.Quota{Credentials: 10}, 11, role.ErrTooLarge, "these are 11"},
		{store.Quota{Submissions: 1}, 1 << 62, nil, ""},
	} {
		if err := a.Room(ada, c.quota, c.n); !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v, %d credentials: %v, want %v", c.quota, c.n, err, c.want)
		}
	}
	used := store.Usage{Submissions: 3, Credentials: 8}
	for says, q := range map[string]store.Quota{
		"may submit 3 times a day": {Submissions: 3}, "2 are left today": {Credentials: 10}, "and 0 are left today": {Credentials: 5},
	} {
		if err := UsedUp(ada, q, used); !errors.Is(err, role.ErrQuota) || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", q, err, says)
		}
	}
}

// All that operators do is in the audit log, once, with who did it; what changes nothing is not.
func TestOperators(t *testing.T) {
	s, a, _ := open(t, Config{})
	add(t, a, client.NewIssuer{Address: ada, Name: "School", CredentialsPerDay: 5})
	if _, err := a.Add("anna", &client.NewIssuer{Address: ada}); !errors.Is(err, ErrThere) {
		t.Errorf("added twice: %v", err)
	}
	name, limit, none := "University", uint64(7), uint64(0)
	is, err := a.Change("ben", ada, &client.IssuerChange{Name: &name, SubmissionsPerDay: &limit, CredentialsPerDay: &none})
	if err != nil || is.Name != name || is.SubmissionsPerDay != 7 || is.CredentialsPerDay != 0 || is.NeedsKey || is.Disabled {
		t.Errorf("changed to %+v, %v", is, err)
	}
	if _, err := a.Change("ben", ada, &client.IssuerChange{Name: &name}); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"change of nobody":  second(a.Change("ben", eve, &client.IssuerChange{Name: &name})),
		"removal of nobody": a.Remove("ben", eve),
		"look at nobody":    second(a.Issuer(eve)),
		"key for nobody":    second(a.NewKey("ben", &client.NewKey{Issuers: []verifier.Address{ada, eve}})),
		"no such key":       a.RevokeKey("ben", "hmk_aaaaaaaa"),
	} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	long, past := strings.Repeat("x", maxText+1), time.Now().Add(-time.Second)
	for what, err := range map[string]error{
		"a long name":      second(a.Add("ben", &client.NewIssuer{Address: eve, Name: long})),
		"a name of bytes":  second(a.Add("ben", &client.NewIssuer{Address: eve, Name: "\xff"})),
		"a long note":      second(a.Change("ben", ada, &client.IssuerChange{Note: &long})),
		"a key that ended": second(a.NewKey("ben", &client.NewKey{Issuers: []verifier.Address{ada}, ExpiresAt: &past})),
		"no name of a key": a.RevokeKey("ben", "x"),
		"too many issuers": second(a.NewKey("ben", &client.NewKey{Issuers: make([]verifier.Address, maxKeyIssuers+1)})),
	} {
		var refused *role.RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	add(t, a, client.NewIssuer{Address: bob})
	one := newKey(t, a, client.NewKey{Issuers: []verifier.Address{ada}, Label: "server 1"})
	two := newKey(t, a, client.NewKey{Issuers: []verifier.Address{bob, ada, bob}})
	if err := errors.Join(a.RevokeKey("ben", one.Info.Name), a.RevokeKey("ben", one.Info.Name)); err != nil {
		t.Error(err)
	}
	if err := a.Remove("ben", bob); err != nil {
		t.Fatal(err)
	}
	keys, err := a.Keys("", 100)
	if err != nil || len(keys.Keys) != 2 {
		t.Fatalf("%+v, %v", keys, err)
	}
	for _, k := range keys.Keys {
		if len(k.Issuers) != 1 || k.Issuers[0] != ada || (k.RevokedAt != nil) != (k.Name == one.Info.Name) {
			t.Errorf("key %s, of which %s is revoked: %+v", k.Name, one.Info.Name, k)
		}
	}
	if err := a.Remove("ben", ada); err != nil {
		t.Fatal(err)
	}
	if id, _ := client.ParseAPIKeyName(two.Info.Name); func() bool { k, err := s.APIKey(id); return err != nil || k.RevokedAt == 0 }() {
		t.Error("a key for nobody is not revoked")
	}
	log, err := a.Audit(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range log.Entries {
		got = append(got, e.Who+": "+e.What)
		if strings.Contains(e.Detail, one.Key) {
			t.Errorf("a key is in the audit log: %+v", e)
		}
	}
	want := "anna: issuer added, ben: issuer changed, anna: issuer added, anna: key made, anna: key made, ben: key revoked, " +
		"ben: issuer removed, ben: issuer removed"
	if strings.Join(got, ", ") != want {
		t.Errorf("the log says %q\nwant %q", got, want)
	}
	if _, err := s.Check(t.Context(), func(d store.Damage) { t.Error(d) }); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }
