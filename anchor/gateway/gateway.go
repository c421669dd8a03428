// Package gateway serves blocks over HTTP as a trustless gateway of IPFS does
// (https://specs.ipfs.tech/http-gateways/trustless-gateway/): one block, or a CAR with all
// below it. Whoever asks checks every block against its CID, and needs to trust nobody.
//
// Published batches and status lists are raw and dag-cbor blocks. A path below a CID leads
// through any blocks, through UnixFS as well, since mirrors and tools of IPFS ask so. What
// is not served: anything unpacked (406), IPNS, and CAR files of version 2.
package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// unchanging is what caches may do with what a CID names.
const unchanging = "public, max-age=29030400, immutable"

// blockTime is how long a client may take for each block of a CAR.
const blockTime = time.Minute

// Handler answers requests below /ipfs/. It may be used by many goroutines, and holds a few
// blocks at a time for each request.
type Handler struct {
	get publish.Getter
	log *slog.Logger
}

// New serves the blocks that get returns. Errors of get that wrap [role.ErrNotFound] are
// answered with 404, those that wrap [role.ErrUnavailable], [role.ErrBusy] or [store.ErrUnavailable]
// with 503, others are logged and answered with 500.
func New(get publish.Getter, log *slog.Logger) *Handler { return &Handler{get, log} }

// ServeHTTP answers GET and HEAD.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.fail(w, r, refuse(http.StatusMethodNotAllowed, "only GET and HEAD are possible here"))
		return
	}
	if err := h.answer(w, r); err != nil {
		h.fail(w, r, err)
	}
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	path := strings.TrimPrefix(r.URL.Path, "/ipfs/")
	setPath(w.Header(), path)
	query := r.URL.Query()
	req, err := parse(path, query, r.Header)
	if err != nil {
		return err
	}
	if r.Header.Get("Cache-Control") == "only-if-cached" {
		if done, err := h.onlyIfCached(w, r, req); done || err != nil {
			return err
		}
	}
	header := w.Header()
	if req.location != "" {
		header.Set("Content-Location", req.location)
	}
	header.Set("Vary", "Accept")
	header.Set("X-Content-Type-Options", "nosniff")
	if req.car {
		return h.sendCAR(w, r, req)
	}
	return h.sendBlock(w, r, req)
}

// setPath says what is answered, as far as a header can hold it.
func setPath(header http.Header, path string) {
	printable := strings.IndexFunc(path, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if printable {
		header.Set("X-Ipfs-Path", "/ipfs/"+path)
	}
	name, rest, below := strings.Cut(path, "/")
	c, err := cid.Decode(name)
	if err != nil {
		return
	}
	text, err := cid.NewCidV1(c.Type(), c.Hash()).StringOfBase(multibase.Base32)
	if err != nil {
		return
	}
	if below {
		text += "/" + strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(rest), "+", "%20"), "%2F", "/")
	}
	header.Set("Ipfs-Uri", "ipfs://"+text)
}

// onlyIfCached answers 412 if the first block is not there, and a HEAD at once if it is.
// All that a node has is cached in that sense.
func (h *Handler) onlyIfCached(w http.ResponseWriter, r *http.Request, req *request) (done bool, err error) {
	if _, inline := car.Inline(req.root); !inline {
		_, err := h.get(r.Context(), req.root)
		if errors.Is(err, role.ErrNotFound) {
			return false, refuse(http.StatusPreconditionFailed, "block %s is not here", req.root)
		}
		if err != nil {
			return false, err
		}
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return true, nil
	}
	return false, nil
}

// sendBlock sends one block, or ranges of it.
func (h *Handler) sendBlock(w http.ResponseWriter, r *http.Request, req *request) error {
	data, inline := car.Inline(req.root)
	if !inline {
		var err error
		if data, err = h.get(r.Context(), req.root); err != nil {
			return err
		}
	}
	header := w.Header()
	header.Set("Content-Type", RawType)
	header.Set("X-Ipfs-Roots", req.root.String())
	header.Set("Cache-Control", unchanging)
	header.Set("ETag", `"`+req.root.String()+`.raw"`)
	setName(header, req.name, req.root.String()+".bin")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// setName says under which name to save an answer: that of the client, or another.
func setName(header http.Header, name, other string) {
	if name == "" {
		name = other
	}
	ascii := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '_'
		}
		return r
	}, name)
	header.Set("Content-Disposition",
		fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, url.PathEscape(ascii), url.PathEscape(name)))
}

// sendCAR streams a CAR. Once its first block is known to be there, the status is 200; a
// fault after that breaks the connection, so that no client takes the part for the whole.
func (h *Handler) sendCAR(w http.ResponseWriter, r *http.Request, req *request) error {
	ctx := r.Context()
	header := w.Header()
	etag := carTag(req)
	header.Set("ETag", etag)
	header.Set("Cache-Control", unchanging)
	if matches(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	look := newReader(ctx, h.get)
	end, err := look.resolve(ctx, req.root, req.segments)
	if err == nil && end.part == nil {
		var data []byte
		if data, err = look.block(ctx, end.last); err == nil && (req.scope == scopeAll || end.last.Prefix().Codec == cid.DagProtobuf) {
			_, err = car.Decode(end.last, data)
		}
	}
	if err != nil {
		return err
	}
	header.Set("X-Ipfs-Roots", join(end.roots))
	header.Set("Content-Type", CARType+"; version=1; order="+req.order+"; dups="+yesNo(req.dups))
	header.Set("Accept-Ranges", "none")
	name := req.root.String()
	if n := len(req.segments); n > 0 {
		name += "_" + req.segments[n-1]
	}
	setName(header, req.name, name+".car")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := h.stream(ctx, w, req, end.last); err != nil {
		if ctx.Err() == nil {
			h.log.Warn("a CAR was broken off", "root", req.root.String(), "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// stream sends the blocks of a CAR.
func (h *Handler) stream(ctx context.Context, w http.ResponseWriter, req *request, root cid.Cid) error {
	out, err := car.NewWriter(w, []cid.Cid{root})
	if err != nil {
		return err
	}
	control := http.NewResponseController(w)
	sent := make(map[string]struct{}) // by CID; empty with dups
	put := func(b publish.Block) error {
		if _, again := sent[b.CID.KeyString()]; again {
			return nil
		}
		if !req.dups {
			sent[b.CID.KeyString()] = struct{}{}
		}
		_ = control.SetWriteDeadline(time.Now().Add(blockTime)) // every net/http connection can
		return out.Put(b)
	}
	read := newReader(ctx, func(ctx context.Context, c cid.Cid) ([]byte, error) {
		data, err := h.get(ctx, c)
		if err == nil {
			err = put(publish.Block{CID: c, Data: data})
		}
		return data, err
	})
	end, err := read.resolve(ctx, req.root, req.segments)
	if err != nil {
		return err
	}
	switch {
	case req.scope == scopeAll:
		below := []cid.Cid{end.last}
		if end.part != nil {
			if below, err = car.NodeLinks(end.part); err != nil {
				return err
			}
		}
		skip := func(c cid.Cid) bool { _, again := sent[c.KeyString()]; return again }
		return car.WalkAll(ctx, h.get, below, skip, put)
	case end.part != nil: // within a block that was sent
	case req.scope == scopeEntity && end.last.Prefix().Codec == cid.DagProtobuf:
		return read.entity(ctx, end.last, req.span)
	default:
		_, err = read.block(ctx, end.last)
	}
	return err
}

// carTag returns the entity tag of a CAR, which is of all that decides what is in it. It is
// weak: another version of this program may send the same blocks in another order.
func carTag(req *request) string {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%q %s %t %s", req.segments, req.scope, req.dups, req.order)
	if req.span != nil {
		fmt.Fprintf(sum, " %d %d %t", req.span.from, req.span.to, req.span.open)
	}
	return `W/"` + req.root.String() + ".car." + string(req.scope) + "." + strconv.FormatUint(sum.Sum64(), 36) + `"`
}

// matches reports whether If-None-Match names a tag, compared weakly.
func matches(values []string, tag string) bool {
	for _, line := range values {
		for v := range strings.SplitSeq(line, ",") { // our tags have no comma
			if v = strings.TrimSpace(v); v == "*" || strings.TrimPrefix(v, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

func join(roots []cid.Cid) string {
	texts := make([]string, len(roots))
	for i, c := range roots {
		texts[i] = c.String()
	}
	return strings.Join(texts, ",")
}

func yesNo(b bool) string {
	if b {
		return "y"
	}
	return "n"
}

// fail answers with a sentence.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "the gateway failed at this request; its operator finds the reason in its log"
	var refused *refusal
	header := w.Header()
	switch {
	case errors.As(err, &refused):
		status, text = refused.status, refused.text
	case errors.Is(err, role.ErrNotFound):
		status, text = http.StatusNotFound, "not here: "+err.Error()
	case errors.Is(err, car.ErrMalformed):
		status, text = http.StatusBadRequest, "the CID asks for a block in another codec than it is in"
	case errors.Is(err, car.ErrCodec):
		status, text = http.StatusNotImplemented, err.Error()
	case errors.Is(err, role.ErrUnavailable), errors.Is(err, role.ErrBusy), errors.Is(err, store.ErrUnavailable):
		status, text = http.StatusServiceUnavailable, err.Error()
		if errors.Is(err, store.ErrUnavailable) { // whose words are for the operator
			h.log.Error("request failed", "path", r.URL.Path, "error", err)
			text = role.ErrStore.Error()
		}
		header.Set("Retry-After", strconv.Itoa(int(role.RetryAfter.Seconds())))
	case r.Context().Err() != nil:
		status, text = http.StatusServiceUnavailable, "the request was given up"
	default:
		h.log.Error("request failed", "path", r.URL.Path, "error", err)
	}
	for _, name := range []string{"ETag", "Content-Location", "X-Ipfs-Roots", "Content-Disposition"} {
		header.Del(name)
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // the client may have gone
}
