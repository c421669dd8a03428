package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/jackc/pgx/v5"

	"github.com/hallmark-node/hallmark/testnet/faultproxy"
)

// sent is one transaction that a process has sent.
type sent struct {
	server string
	pid    int
	at     time.Time
	tx     *types.Transaction
}

// sends are all of them, in the order in which they came. Its methods may be called by many
// goroutines.
type sends struct {
	mu   sync.Mutex
	list []sent
}

// watch returns what a proxy of a server's does to note what is sent through it.
func (s *sends) watch(of *server) faultproxy.Fault {
	return faultproxy.Fault{
		Methods: []string{"eth_sendRawTransaction"},
		Params: func(_ string, params json.RawMessage) json.RawMessage {
			at := time.Now()
			var raw []hexutil.Bytes
			tx := new(types.Transaction)
			if json.Unmarshal(params, &raw) != nil || len(raw) != 1 || tx.UnmarshalBinary(raw[0]) != nil {
				of.w.t.Errorf("%s sent something that is no transaction: %s", of.name, params)
				return params
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.list = append(s.list, sent{of.name, of.pid(), at, tx})
			return params
		},
	}
}

func (s *sends) all() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// term is the time for which a process held a lease, by the database's clock, which is the one of this
// machine.
type term struct {
	name, holder string
	epoch        int64
	from, to     time.Time
}

// keepHistory has a database write down who held which lease.
const keepHistory = `
CREATE TABLE history (name text, epoch bigint, holder text, at timestamptz, until timestamptz);
CREATE FUNCTION remember() RETURNS trigger AS $$ BEGIN
	INSERT INTO history VALUES (NEW.name, NEW.epoch, NEW.holder, clock_timestamp(), GREATEST(NEW.expires_at, '1970-01-01'));
	RETURN NULL;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER remember AFTER INSERT OR UPDATE ON leases FOR EACH ROW EXECUTE FUNCTION remember();`

// terms returns the history of leases.
func (w *world) terms(ctx context.Context) (terms []term, err error) {
	rows, err := w.admin(ctx, `SELECT name, epoch, max(holder), min(at),
		CASE WHEN bool_or(holder = '') THEN max(at) FILTER (WHERE holder = '') ELSE max(until) END
		FROM history GROUP BY name, epoch ORDER BY name, epoch`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t term, err error) {
		return t, row.Scan(&t.name, &t.epoch, &t.holder, &t.from, &t.to)
	})
}

// checkSends holds what was sent against the leases: one process at a time sends, and no nonce is used
// for two things.
func (w *world) checkSends() {
	w.t.Helper()
	terms, err := w.terms(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for i, a := range terms {
		if i > 0 && terms[i-1].name == a.name && a.from.Before(terms[i-1].to) {
			w.t.Errorf("%s of %s begins at %v, and that of %s ends at %v", a.name, a.holder, a.from, terms[i-1].holder, terms[i-1].to)
		}
	}
	for of, first := range w.firsts() {
		for _, s := range first[1:] {
			if !bytes.Equal(s.tx.Data(), first[0].tx.Data()) {
				w.t.Errorf("nonce %d is used for two things, by %s and %s", of, first[0].server, s.server)
			}
		}
	}
	for _, s := range w.sends.all() {
		if !slices.ContainsFunc(terms, func(t term) bool {
			return strings.HasPrefix(t.name, "chain:") && strings.Contains(t.holder, fmt.Sprintf("/%d/", s.pid)) &&
				!s.at.Before(t.from) && !s.at.After(t.to)
		}) {
			w.t.Errorf("%s (process %d) sent nonce %d at %v, and held no lease then", s.server, s.pid, s.tx.Nonce(), s.at)
		}
	}
}

// firsts returns what was sent, by nonce.
func (w *world) firsts() map[uint64][]sent {
	by := make(map[uint64][]sent)
	for _, s := range w.sends.all() {
		by[s.tx.Nonce()] = append(by[s.tx.Nonce()], s)
	}
	return by
}
