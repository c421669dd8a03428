package api

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// statusList answers with an issuer's status list in one registry, beside what its chain says
// of the issuer.
func (s *server) statusList(w http.ResponseWriter, r *http.Request) error {
	issuer, err := pathValue[verifier.Address](r, "address")
	if err != nil {
		return err
	}
	home, err := queryValue[verifier.Home](r, "home")
	if err != nil {
		return err
	}
	status, err := s.node.Serving.StatusList(r.Context(), home, issuer)
	if err != nil {
		return err
	}
	// A slow reader holds a long list until it has it.
	return s.limits.sendList(r, &status, func() error {
		w.Header().Set("Content-Type", "application/json")
		return json.MarshalWrite(w, status)
	})
}

// publishedList answers where the blocks of an issuer's status list are: of any version that
// was published here, whatever its chain says now or whether it still answers.
func (s *server) publishedList(w http.ResponseWriter, r *http.Request) error {
	issuer, err := pathValue[verifier.Address](r, "address")
	if err != nil {
		return err
	}
	root, err := pathValue[merkle.Hash](r, "root")
	if err != nil {
		return err
	}
	list, err := s.node.Serving.PublishedList(issuer, root)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, client.PublishedList{
		Issuer: list.Issuer, Version: list.Version, Root: list.Root,
		Manifest: list.List, ManifestCID: publish.ManifestCID(list.List).String(),
	})
	return nil
}

// setStatus takes a new status list, and the statement about it.
func (s *server) setStatus(w http.ResponseWriter, r *http.Request) error {
	var body publish.StatusUpdate
	if err := readStatement(r, &body, &body.Issuer); err != nil {
		return err
	}
	return relayed(w, body.Issuer, s.node.Pipeline.SetStatus(r.Context(), body))
}

// retire takes a statement that an issuer's key is not to be believed from a time on.
func (s *server) retire(w http.ResponseWriter, r *http.Request) error {
	var body publish.Retirement
	if err := readStatement(r, &body, &body.Issuer); err != nil {
		return err
	}
	return relayed(w, body.Issuer, s.node.Pipeline.Retire(r.Context(), body))
}

// setController takes a statement that makes another address the controller of an issuer's
// status.
func (s *server) setController(w http.ResponseWriter, r *http.Request) error {
	var body publish.ControllerChange
	if err := readStatement(r, &body, &body.Issuer); err != nil {
		return err
	}
	return relayed(w, body.Issuer, s.node.Pipeline.SetController(r.Context(), body))
}

// readStatement reads a statement about the issuer in the path.
func readStatement[P interface{ Missing() string }](r *http.Request, body P, issuer *verifier.Address) (err error) {
	if *issuer, err = pathValue[verifier.Address](r, "address"); err != nil {
		return err
	}
	switch mediaType(r.Header.Get("Content-Type")) {
	case "application/json", "":
	default:
		return problem(http.StatusUnsupportedMediaType, "content type %s is not read here: send application/json",
			r.Header.Get("Content-Type"))
	}
	if p := readJSON(r.Body, body); p != nil {
		return p
	}
	return nil
}

// relayed answers that a statement about an issuer is on disk, unless err says why not.
func relayed(w http.ResponseWriter, issuer verifier.Address, err error) error {
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusAccepted, client.Relayed{Issuer: issuer})
	return nil
}
