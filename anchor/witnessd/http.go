package witnessd

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/hallmark-node/hallmark/merkle"
)

// maxRequests bounds how many requests are worked on at once.
const maxRequests = 16

// Handler serves
//
//	GET /v1/key                                        the public key, as a line
//	GET /v1/cosignatures/{chain}/{number}/{hash}       the signed note for a block
//
// The chain is in CAIP-2 form. 404 says that the block is not known to be final, 409 that
// another one of its height was signed, 503 that it cannot be told now.
func (w *Witness) Handler() http.Handler {
	busy := make(chan struct{}, maxRequests)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/key", func(rw http.ResponseWriter, _ *http.Request) { say(rw, http.StatusOK, w.Key().String()+"\n") })
	mux.HandleFunc("GET /v1/cosignatures/{chain}/{number}/{hash}", func(rw http.ResponseWriter, r *http.Request) {
		number, err := strconv.ParseUint(r.PathValue("number"), 10, 53)
		hash, err2 := merkle.ParseHash(r.PathValue("hash"))
		if err != nil || err2 != nil {
			say(rw, http.StatusBadRequest, "want the number of a block and its hash\n")
			return
		}
		if r.PathValue("chain") != w.chain.String() {
			say(rw, http.StatusNotFound, "this witness is for "+w.chain.String()+"\n")
			return
		}
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
		default:
			rw.Header().Set("Retry-After", "5")
			say(rw, http.StatusServiceUnavailable, "too many requests at once\n")
			return
		}
		note, err := w.Cosign(number, hash)
		switch {
		case err == nil:
			say(rw, http.StatusOK, note)
		case errors.Is(err, ErrConflict):
			say(rw, http.StatusConflict, ErrConflict.Error()+"\n")
		case errors.Is(err, ErrNotFinal):
			say(rw, http.StatusNotFound, err.Error()+"\n")
		default:
			say(rw, http.StatusServiceUnavailable, "it cannot be told now\n")
		}
	})
	return mux
}

func say(rw http.ResponseWriter, status int, text string) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write([]byte(text)) // who asked may be gone
}
