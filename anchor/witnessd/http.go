package witnessd

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

// maxRequests bounds how many requests for cosignatures are worked on at once.
const maxRequests = 16

// answerHeader tells apart answers of one HTTP status.
const (
	answerHeader   = "Hallmark-Answer"
	answerNotFinal = "not-final"
)

// silence is how long the servers may tell nothing before the witness counts as ill.
const silence = 10 * time.Minute

// Handler serves
//
//	GET /v1/key                                        the public key, as a line
//	GET /v1/cosignatures/{chain}/{number}/{hash}       the signed note for a block
//	GET /healthz                                       200, or 503 with what is wrong
//
// The chain is in CAIP-2 form. 404 says that the block is not final yet, 409 that another one
// of its height is known, 503 that it cannot be told now.
func (w *Witness) Handler() http.Handler {
	busy := make(chan struct{}, maxRequests)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", w.healthz)
	mux.HandleFunc("GET /v1/key", func(rw http.ResponseWriter, _ *http.Request) { say(rw, http.StatusOK, w.Key().String()+"\n") })
	mux.HandleFunc("GET /v1/cosignatures/{chain}/{number}/{hash}", func(rw http.ResponseWriter, r *http.Request) {
		number, err := strconv.ParseUint(r.PathValue("number"), 10, 53)
		hash, err2 := merkle.ParseHash(r.PathValue("hash"))
		if err != nil || err2 != nil {
			say(rw, http.StatusBadRequest, "want the number of a block and its hash\n")
			return
		}
		if r.PathValue("chain") != w.Chain.String() {
			say(rw, http.StatusNotFound, "this witness is for "+w.Chain.String()+"\n")
			return
		}
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
		default:
			cannotTell(rw)
			return
		}
		note, err := w.Cosign(number, hash)
		switch {
		case err == nil:
			say(rw, http.StatusOK, note)
		case errors.Is(err, ErrConflict):
			say(rw, http.StatusConflict, ErrConflict.Error()+"\n")
		case errors.Is(err, ErrNotFinal):
			rw.Header().Set(answerHeader, answerNotFinal)
			say(rw, http.StatusNotFound, ErrNotFinal.Error()+"\n")
		default: // what it names is the operator's
			cannotTell(rw)
		}
	})
	return mux
}

func cannotTell(rw http.ResponseWriter) {
	rw.Header().Set("Retry-After", "10")
	say(rw, http.StatusServiceUnavailable, "it cannot be told now\n")
}

// health is the answer of /healthz.
type health struct {
	Chain   string    `json:"chain"`
	Newest  uint64    `json:"newest"` // number of the newest block that was signed since the start; 0: none
	Looked  time.Time `json:"looked"` // when the servers last told what is final
	Trouble string    `json:"trouble,omitempty"`
}

func (w *Witness) healthz(rw http.ResponseWriter, _ *http.Request) {
	h := health{Chain: w.Chain.String(), Newest: w.newest.Load(), Looked: time.Unix(w.looked.Load(), 0).UTC()}
	switch {
	case w.failed.Load():
		h.Trouble = "what is signed cannot be written"
	case time.Since(h.Looked) > silence:
		h.Trouble = "the servers do not tell what is final"
	}
	rw.Header().Set("Content-Type", "application/json")
	if h.Trouble != "" {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(rw).Encode(h) // who asked may be gone
}

func say(rw http.ResponseWriter, status int, text string) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write([]byte(text)) // who asked may be gone
}
