package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// health is the node's, and what holds up intake here.
func (s *server) health(ctx context.Context) client.Health {
	h := s.node.Health(ctx)
	if h.Ready && (s.limits.bodies.left() < smallBody || s.limits.open.left() < 1) {
		h.Ready, h.Intake, h.Fault = false, publish.IntakeMemoryFull, errBodies.Error()
		h.Faults = anchor.FaultsOf(&h)
	}
	return h
}

// info answers with what a client needs to know before it submits.
func (s *server) info(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, s.node.Info())
	return nil
}

// status answers with what an operator needs to know.
func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	writeJSON(w, http.StatusOK, s.shortHealth(r.Context()))
	return nil
}

// shortHealth is the health in the length in which it is sent.
func (s *server) shortHealth(ctx context.Context) client.Health {
	h := s.health(ctx)
	for i := range h.Chains {
		shorten(&h.Chains[i])
	}
	return h
}

// maxInFlight is how many operations are listed: whoever submits adds to them.
const maxInFlight = 100

func shorten(c *client.ChainHealth) {
	if more := len(c.InFlight) - maxInFlight; more > 0 {
		c.InFlight, c.LeftOut = c.InFlight[:maxInFlight], more
	}
}

// healthz fails if the process should be restarted: its work has ended, or hangs. It does not
// fail while the node waits for a chain, for fees or for disk space, which a restart would not bring.
func (s *server) healthz(w http.ResponseWriter, _ *http.Request) error {
	if why := s.node.Dead(); why != "" {
		return later(http.StatusServiceUnavailable, errors.New("restart the node: "+why))
	}
	writeJSON(w, http.StatusOK, client.Alive{OK: true})
	return nil
}

// readyz fails if submissions should not be sent here now.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) error {
	select {
	case <-s.done:
		return later(http.StatusServiceUnavailable, errors.New("not ready: the node shuts down"))
	default:
	}
	h := s.health(r.Context())
	if !h.Ready {
		return later(http.StatusServiceUnavailable, errors.New("not ready: "+h.Fault))
	}
	writeJSON(w, http.StatusOK, client.Ready{OK: true, Warning: h.Fault})
	return nil
}
