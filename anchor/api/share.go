package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// This file takes credentials that are shared, and takes them down; sharepage.go shows them.

const (
	formType       = "multipart/form-data"
	maxOptions     = 4 << 10
	maxShareUpload = sharing.MaxBadge + verifier.MaxProofSize + maxOptions + 16<<10 // with what is between the parts
)

// shares returns what keeps shares, or that this node has none.
func (s *server) shares() (*sharing.Sharing, error) {
	if s.node.Sharing == nil {
		return nil, problem(http.StatusNotFound, "this node shares no credentials: its operator allows it with --shares")
	}
	return s.node.Sharing, nil
}

// shareOf returns what shares, and the leaf that a request is about.
func (s *server) shareOf(r *http.Request) (*sharing.Sharing, merkle.Hash, error) {
	sh, err := s.shares()
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	leaf, err := pathValue[merkle.Hash](r, "leaf")
	return sh, leaf, err
}

// share takes a credential to be shown on a page.
func (s *server) share(w http.ResponseWriter, r *http.Request) error {
	sh, leaf, err := s.shareOf(r)
	if err != nil {
		return err
	}
	u, err := readUpload(r)
	if err != nil {
		return err
	}
	u.Leaf, u.Token = leaf, bearer(r)
	token, kept, err := sh.Put(r.Context(), u)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", momentary) // a secret is in it
	writeJSON(w, http.StatusCreated, client.Shared{
		Leaf: leaf, URL: s.site(r).Page(leaf), ShortCode: qrproof.ShortOf(leaf).String(), DeleteToken: token, Until: until(kept),
	})
	return nil
}

// readUpload reads the parts of a form, each once and in any order.
func readUpload(r *http.Request) (*sharing.Upload, error) {
	if media := mediaType(r.Header.Get("Content-Type")); media != formType {
		return nil, problem(http.StatusUnsupportedMediaType, "a credential is shared as %s with the parts proof, badge and options", formType)
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, bodyProblem(formType, err)
	}
	u := new(sharing.Upload)
	var options []byte
	parts := map[string]struct {
		into  *[]byte
		limit int64
	}{
		client.PartProof:   {&u.Proof, verifier.MaxProofSize},
		client.PartBadge:   {&u.Badge, sharing.MaxBadge},
		client.PartOptions: {&options, maxOptions},
	}
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, formProblem(err)
		}
		known, ok := parts[part.FormName()]
		switch {
		case !ok:
			return nil, problem(http.StatusBadRequest, "the form has a part that does not belong here: want proof, badge and options")
		case *known.into != nil:
			return nil, problem(http.StatusBadRequest, "the part %s is there twice", part.FormName())
		}
		data, err := readPart(part, known.limit)
		if err != nil {
			return nil, err
		}
		*known.into = data
	}
	if len(options) > 0 {
		if err := json.Unmarshal(options, &u.ShareOptions, json.RejectUnknownMembers(true)); err != nil {
			return nil, problem(http.StatusBadRequest, "options: %s", plain(err))
		}
	}
	return u, nil
}

func readPart(part *multipart.Part, limit int64) ([]byte, error) {
	var data bytes.Buffer
	switch n, err := data.ReadFrom(io.LimitReader(part, limit+1)); {
	case err != nil:
		return nil, formProblem(err)
	case n > limit:
		return nil, problem(http.StatusRequestEntityTooLarge, "the part %s is larger than %d bytes", part.FormName(), limit)
	}
	if data.Len() == 0 {
		return []byte{}, nil // it was there
	}
	return data.Bytes(), nil
}

// formProblem is [bodyProblem] for forms, whose library says little of use.
func formProblem(err error) error {
	p := bodyProblem(formType, err)
	if p.Status == http.StatusBadRequest {
		p = problem(http.StatusBadRequest, "the body is not the %s that its content type promises, or it ends too early", formType)
	}
	return p
}

// bearer returns the token of a request, empty if it has none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// unshare takes a page down.
func (s *server) unshare(w http.ResponseWriter, r *http.Request) error {
	sh, leaf, err := s.shareOf(r)
	if err != nil {
		return err
	}
	if err := sh.Remove(r.Context(), leaf, bearer(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// shared answers with what is kept of a share, but for the badge and the salt.
func (s *server) shared(w http.ResponseWriter, r *http.Request) error {
	sh, leaf, err := s.shareOf(r)
	if err != nil {
		return err
	}
	one, err := s.describeShare(r, sh, leaf)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, one)
	return nil
}

// sharedBy answers with the shares that have a short code.
func (s *server) sharedBy(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shares()
	if err != nil {
		return err
	}
	short, err := qrproof.ParseShort(r.URL.Query().Get("code"))
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "code: %v", err)
	}
	leaves, err := sh.Find(short)
	if err != nil {
		return err
	}
	list := client.ShareList{Shares: []client.Share{}}
	for _, leaf := range leaves {
		one, err := s.describeShare(r, sh, leaf)
		if errors.Is(err, sharing.ErrNotShared) {
			continue // taken down in between
		}
		if err != nil {
			return err
		}
		list.Shares = append(list.Shares, one)
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

func (s *server) describeShare(r *http.Request, sh *sharing.Sharing, leaf merkle.Hash) (one client.Share, err error) {
	kept, err := sh.Get(leaf)
	if err != nil {
		return one, err
	}
	c, err := credential.CIDFromBytes(kept.CID)
	if err != nil {
		return one, fmt.Errorf("share of %s: %w", leaf, err)
	}
	return client.Share{
		Leaf: leaf, URL: s.site(r).Page(leaf), ShortCode: qrproof.ShortOf(leaf).String(), Credential: c.String(), Size: kept.Size,
		SharedAt: role.Millis(kept.SharedAt), Until: until(&kept), ShowName: kept.ShowName, Index: kept.Index,
	}, nil
}

func until(kept *store.Share) *time.Time {
	if kept.Until == 0 {
		return nil
	}
	t := role.Millis(kept.Until)
	return &t
}

// shareProblem is [server.problemOf] for what concerns shares; nil for all else.
func shareProblem(err error) *Problem {
	switch {
	case errors.Is(err, sharing.ErrNotShared):
		return problem(http.StatusNotFound, "%v", sharing.ErrNotShared)
	case errors.Is(err, sharing.ErrShared), errors.Is(err, sharing.ErrPending):
		return problem(http.StatusConflict, "%v", err)
	case errors.Is(err, sharing.ErrToken):
		return problem(http.StatusForbidden, "%v", err)
	case errors.Is(err, sharing.ErrFull):
		return later(http.StatusInsufficientStorage, err)
	}
	return nil
}
