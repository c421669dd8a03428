package mirror_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// source is a gateway of a test. CAR files it sends only if answerCAR is set.
func source(t *testing.T, answer, answerCAR func(w http.ResponseWriter, r *http.Request, c cid.Cid)) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		c, err := cid.Parse(strings.TrimPrefix(r.URL.Path, "/ipfs/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		if r.URL.Query().Get("format") == "car" {
			if answerCAR == nil {
				http.Error(w, "no", http.StatusNotAcceptable)
				return
			}
			answerCAR(w, r, c)
			return
		}
		answer(w, r, c)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// A source that does something that no honest one does is named and not asked again; one that fails
// is asked again. Either way everything comes from another one.
func TestLyingSources(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	b, revoked := newBadge(t, 1), newBadge(t, 2)
	w.issue(t, w.node, some(40_000, 1), b, revoked)
	w.issue(t, w.node, some(10, 2))
	w.setStatus(t, 1, verifier.StatusItem{ID: revoked.leaf, Code: verifier.StatusRevoked})
	block := func(c cid.Cid) []byte {
		data, err := w.node.Serving.Block(t.Context(), c)
		if err != nil {
			return nil
		}
		return data
	}
	carOf := func(out io.Writer, roots []cid.Cid, below cid.Cid, change func(publish.Block) publish.Block) {
		file, err := car.NewWriter(out, roots)
		if err != nil {
			t.Error(err)
			return
		}
		none := func(cid.Cid) bool { return false }
		_ = car.Walk(t.Context(), w.node.Serving.Block, below, none, func(b publish.Block) error { return file.Put(change(b)) })
	}
	same := func(b publish.Block) publish.Block { return b }
	asCAR := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/vnd.ipld.car; version=1")
	}
	endless := func(w io.Writer) {
		for chunk := bytes.Repeat([]byte{1}, 64<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	type answer = func(w http.ResponseWriter, r *http.Request, c cid.Cid)
	honest := func(w http.ResponseWriter, _ *http.Request, c cid.Cid) { _, _ = w.Write(block(c)) }
	for name, x := range map[string]struct {
		raw, car answer
		state    string
		says     string
	}{
		"other bytes": {
			raw: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				data := bytes.Clone(block(c))
				data[len(data)/2] ^= 1
				_, _ = w.Write(data)
			}, state: client.SourceLying, says: "is not that block",
		},
		"a page for people": {
			raw: func(w http.ResponseWriter, _ *http.Request, _ cid.Cid) {
				_, _ = io.WriteString(w, "<html>Please sign in</html>")
			}, state: client.SourceLying, says: "is not that block",
		},
		"nothing": {
			raw: func(http.ResponseWriter, *http.Request, cid.Cid) {}, state: client.SourceLying, says: "0 bytes",
		},
		"without end": {
			raw:   func(w http.ResponseWriter, _ *http.Request, _ cid.Cid) { endless(w) },
			state: client.SourceLying, says: "without end",
		},
		"too much, as announced": {
			raw: func(w http.ResponseWriter, _ *http.Request, _ cid.Cid) {
				w.Header().Set("Content-Length", "99999999999")
				w.WriteHeader(http.StatusOK)
			}, state: client.SourceLying, says: "99999999999 bytes",
		},
		"a bomb": {
			raw: func(w http.ResponseWriter, _ *http.Request, _ cid.Cid) {
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				zeros := make([]byte, 1<<20)
				for range 100 {
					if _, err := z.Write(zeros); err != nil {
						return
					}
				}
			}, state: client.SourceLying, says: `packed as "gzip"`,
		},
		"cut short": {
			raw: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				data := block(c)
				w.Header().Set("Content-Length", fmt.Sprint(len(data)))
				_, _ = w.Write(data[:len(data)/2])
			}, state: client.SourceFailing, says: "cut short",
		},
		"to itself": {
			raw: func(w http.ResponseWriter, r *http.Request, _ cid.Cid) {
				http.Redirect(w, r, r.URL.String(), http.StatusFound)
			}, state: client.SourceFailing, says: "sends elsewhere",
		},
		"busy": {
			raw: func(w http.ResponseWriter, _ *http.Request, _ cid.Cid) {
				w.Header().Set("Retry-After", "100")
				w.WriteHeader(http.StatusServiceUnavailable)
			}, state: client.SourceFailing, says: "503",
		},
		"a CAR file with another root": {
			raw: honest, car: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				asCAR(w)
				carOf(w, []cid.Cid{publish.ManifestCID([32]byte{1})}, c, same)
			}, state: client.SourceLying, says: "other roots",
		},
		"a CAR file with another block": {
			raw: honest, car: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				asCAR(w)
				carOf(w, []cid.Cid{c}, c, func(b publish.Block) publish.Block {
					b.Data = append(bytes.Clone(b.Data), 1)
					return b
				})
			}, state: client.SourceLying, says: "does not have the bytes",
		},
		"a CAR file with more blocks": {
			raw: honest, car: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				asCAR(w)
				out, err := car.NewWriter(w, []cid.Cid{c})
				for i := 0; err == nil; i++ { // each of them is what its CID says
					data := []byte(fmt.Sprint("block ", i))
					sum, _ := cid.Prefix{Version: 1, Codec: cid.Raw, MhType: 0x12, MhLength: 32}.Sum(data)
					err = out.Put(publish.Block{CID: sum, Data: data})
				}
			}, state: client.SourceLying, says: "nothing before it links",
		},
		"a CAR file over and over": {
			raw: honest, car: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				asCAR(w)
				out, err := car.NewWriter(w, []cid.Cid{c})
				for err == nil {
					err = out.Put(publish.Block{CID: c, Data: block(c)})
				}
			}, state: client.SourceLying, says: "twice",
		},
		"no CAR file": {
			raw: honest, car: func(w http.ResponseWriter, _ *http.Request, _ cid.Cid) {
				asCAR(w)
				endless(w)
			}, state: client.SourceFailing, says: "damaged",
		},
		"a CAR file that is cut short": {
			raw: honest, car: func(w http.ResponseWriter, _ *http.Request, c cid.Cid) {
				asCAR(w)
				var whole bytes.Buffer
				carOf(&whole, []cid.Cid{c}, c, same)
				_, _ = w.Write(whole.Bytes()[:whole.Len()-20])
			}, state: client.SourceFailing, says: "cut short",
		},
	} {
		t.Run(name, func(t *testing.T) {
			liar, asked := source(t, x.raw, x.car)
			good, _ := source(t, honest, nil)
			config := w.mirrorConfig(t, liar, good)
			m := w.mirrored(t, config, 2)
			w.want(t, m, b, verifier.Valid)
			w.want(t, m, revoked, verifier.Invalid)
			h := m.Health(t.Context()).Mirror.Sources
			state := h[0].State
			if x.state == client.SourceFailing && state == client.SourceOK {
				state = x.state // it may be asked again by now
			}
			if state != x.state || !strings.Contains(h[0].Error, x.says) || h[1].State != client.SourceOK || h[1].Error != "" {
				t.Errorf("%+v", h)
			}
			if n := asked.Load(); x.state == client.SourceLying && n > 10 {
				t.Errorf("who lies was asked %d times", n)
			}
		})
	}
}

// A CAR file that breaks off, or turns into a lie, does not make a liar of the next source, which sends
// all of it once more.
func TestNextSourceSendsAgain(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	b := newBadge(t, 1)
	w.issue(t, w.node, some(40_000, 1), b)
	for name, last := range map[string]func(publish.Block) publish.Block{
		"broken off": func(b publish.Block) publish.Block { return publish.Block{CID: b.CID} },
		"a lie": func(b publish.Block) publish.Block {
			b.Data = append(bytes.Clone(b.Data), 1)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad, _ := source(t, func(w http.ResponseWriter, r *http.Request, _ cid.Cid) { http.NotFound(w, r) },
				func(out http.ResponseWriter, r *http.Request, c cid.Cid) {
					out.Header().Set("Content-Type", "application/vnd.ipld.car; version=1")
					file, err := car.NewWriter(out, []cid.Cid{c})
					if err != nil {
						return
					}
					n := 0
					_ = car.Walk(r.Context(), w.node.Serving.Block, c, func(cid.Cid) bool { return false }, func(b publish.Block) error {
						switch n++; {
						case n < 3:
							return file.Put(b)
						case len(last(b).Data) == 0:
							_ = http.NewResponseController(out).Flush()
							panic(http.ErrAbortHandler)
						}
						return errors.Join(file.Put(last(b)), io.EOF)
					})
				})
			m := w.mirrored(t, w.mirrorConfig(t, bad, w.node.URL), 1)
			w.want(t, m, b, verifier.Valid)
			if h := m.Health(t.Context()).Mirror.Sources; h[0].State == client.SourceOK || h[1].State != client.SourceOK || h[1].Error != "" {
				t.Errorf("%+v", h)
			}
		})
	}
}

// A source that sends byte for byte does not hold up the others for longer than a block may take.
func TestSlowSource(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	b := newBadge(t, 1)
	w.issue(t, w.node, nil, b)
	slow, _ := source(t, func(out http.ResponseWriter, r *http.Request, _ cid.Cid) {
		for r.Context().Err() == nil {
			_, _ = out.Write([]byte{1})
			_ = http.NewResponseController(out).Flush()
			time.Sleep(10 * time.Millisecond) // that is what it is about
		}
	}, nil)
	config := w.mirrorConfig(t, slow, w.node.URL)
	config.Mirror.BlockTime = 300 * time.Millisecond
	m := w.mirrored(t, config, 1)
	w.want(t, m, b, verifier.Valid)
}
