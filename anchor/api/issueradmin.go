package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/verifier"
)

// What operators decide about issuers, and look at. All of it is for operators only.

// maxUsageDays bounds the days of which usage is told at once.
const maxUsageDays = 366

// who names an operator in the audit log: the user name that came with the password, which
// operators choose themselves, and from where.
func (s *server) who(r *http.Request) string {
	name, _, _ := r.BasicAuth()
	if name = strings.TrimSpace(name); name == "" {
		name = "operator"
	}
	if onThisMachine(r) {
		return name + ", this machine"
	}
	return name + ", " + remoteOf(r, s.config.Proxies).addr.String()
}

// adminProblem turns errors about what an operator asked for into what it is told; nil: it is none.
func adminProblem(err error) *Problem {
	switch {
	case errors.Is(err, access.ErrUnknown):
		return problem(http.StatusNotFound, "%v", err)
	case errors.Is(err, access.ErrThere):
		return problem(http.StatusConflict, "%v", err)
	}
	return nil
}

func (s *server) issuers(w http.ResponseWriter, r *http.Request) error {
	limit, err := pageLimit(r)
	if err != nil {
		return err
	}
	after, err := queryValue[verifier.Address](r, "after")
	if err != nil {
		return err
	}
	page, err := s.node.Access.Issuers(after, limit)
	return answer(w, http.StatusOK, page, err)
}

func (s *server) issuer(w http.ResponseWriter, r *http.Request) error {
	issuer, err := pathValue[verifier.Address](r, "address")
	if err != nil {
		return err
	}
	is, err := s.node.Access.Issuer(issuer)
	return answer(w, http.StatusOK, is, err)
}

func (s *server) addIssuer(w http.ResponseWriter, r *http.Request) error {
	var body client.NewIssuer
	if p := readJSON(r.Body, &body); p != nil {
		return p
	}
	is, err := s.node.Access.Add(s.who(r), &body)
	return answer(w, http.StatusCreated, is, err)
}

func (s *server) changeIssuer(w http.ResponseWriter, r *http.Request) error {
	issuer, err := pathValue[verifier.Address](r, "address")
	if err != nil {
		return err
	}
	var body client.IssuerChange
	if p := readJSON(r.Body, &body); p != nil {
		return p
	}
	is, err := s.node.Access.Change(s.who(r), issuer, &body)
	return answer(w, http.StatusOK, is, err)
}

func (s *server) removeIssuer(w http.ResponseWriter, r *http.Request) error {
	issuer, err := pathValue[verifier.Address](r, "address")
	if err == nil {
		err = s.node.Access.Remove(s.who(r), issuer)
	}
	return nothing(w, err)
}

func (s *server) apiKeys(w http.ResponseWriter, r *http.Request) error {
	limit, err := pageLimit(r)
	if err != nil {
		return err
	}
	page, err := s.node.Access.Keys(r.URL.Query().Get("after"), limit)
	return answer(w, http.StatusOK, page, err)
}

func (s *server) newAPIKey(w http.ResponseWriter, r *http.Request) error {
	var body client.NewKey
	if p := readJSON(r.Body, &body); p != nil {
		return p
	}
	made, err := s.node.Access.NewKey(s.who(r), &body)
	w.Header().Set("Cache-Control", momentary) // it holds a secret
	return answer(w, http.StatusCreated, made, err)
}

func (s *server) revokeAPIKey(w http.ResponseWriter, r *http.Request) error {
	return nothing(w, s.node.Access.RevokeKey(s.who(r), r.PathValue("name")))
}

func (s *server) usage(w http.ResponseWriter, r *http.Request) error {
	limit, err := pageLimit(r)
	if err != nil {
		return err
	}
	issuer, err := queryValue[verifier.Address](r, "issuer")
	if err != nil {
		return err
	}
	query, today := r.URL.Query(), time.Now().UTC().Truncate(24*time.Hour)
	days := map[string]time.Time{"from": today, "to": today}
	for name := range days {
		if text := query.Get(name); text != "" {
			if days[name], err = time.Parse(time.DateOnly, text); err != nil || days[name].Unix() < 0 {
				return problem(http.StatusUnprocessableEntity, "%s: want a day as in 2026-11-30", name)
			}
		}
	}
	from, to := days["from"], days["to"]
	if to.Before(from) || to.Sub(from) >= maxUsageDays*24*time.Hour {
		return problem(http.StatusUnprocessableEntity, "from and to: want at most %d days, the earlier one first", maxUsageDays)
	}
	page, err := s.node.Access.Usage(from, to, issuer, query.Get("after"), limit)
	return answer(w, http.StatusOK, page, err)
}

func (s *server) audit(w http.ResponseWriter, r *http.Request) error {
	after, limit, err := cursor(r, "after", "an entry")
	if err != nil {
		return err
	}
	page, err := s.node.Access.Audit(after, limit)
	return answer(w, http.StatusOK, page, err)
}

// answer answers with a value, unless err says why not.
func answer(w http.ResponseWriter, status int, v any, err error) error {
	if err == nil {
		writeJSON(w, status, v)
	}
	return err
}

// nothing answers that something was done, unless err says why not.
func nothing(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
