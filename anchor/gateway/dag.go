package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-unixfsnode"
	"github.com/ipfs/go-unixfsnode/data"
	dagpb "github.com/ipld/go-codec-dagpb"
	_ "github.com/ipld/go-ipld-prime/codec/raw" // of the parts of UnixFS files
	"github.com/ipld/go-ipld-prime/datamodel"
	"github.com/ipld/go-ipld-prime/linking"
	cidlink "github.com/ipld/go-ipld-prime/linking/cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// reader reads the parts of a DAG through fetch, in the order in which they are needed. It
// is used once, by one goroutine.
type reader struct {
	fetch publish.Getter
	fault error // of fetch, which the libraries wrap as they like
	links linking.LinkSystem
}

func newReader(ctx context.Context, fetch publish.Getter) *reader {
	r := &reader{fetch: fetch, links: cidlink.DefaultLinkSystem()}
	r.links.TrustedStorage = true
	r.links.StorageReadOpener = func(_ linking.LinkContext, link datamodel.Link) (io.Reader, error) {
		l, ok := link.(cidlink.Link)
		if !ok {
			return nil, fmt.Errorf("a link to %s, which is no CID", link)
		}
		data, err := r.block(ctx, l.Cid)
		return bytes.NewReader(data), err
	}
	unixfsnode.AddUnixFSReificationToLinkSystem(&r.links)
	return r
}

func (r *reader) block(ctx context.Context, c cid.Cid) ([]byte, error) {
	if data, ok := car.Inline(c); ok {
		return data, nil
	}
	data, err := r.fetch(ctx, c)
	if err != nil {
		r.fault = err
	}
	return data, err
}

// node reads the block of a CID, as UnixFS if it is that.
func (r *reader) node(ctx context.Context, c cid.Cid) (datamodel.Node, error) {
	data, err := r.block(ctx, c)
	if err != nil {
		return nil, err
	}
	return car.Decode(c, data)
}

// target is where a path leads.
type target struct {
	roots []cid.Cid      // for each segment, and the root: the block that it ends in
	last  cid.Cid        // the block of the end
	part  datamodel.Node // the end, if that is a part within last, which has been read then; else nil, and last is not read yet
}

// resolve follows a path. The blocks on the way are fetched, but not the last one if the
// path ends at it. A path that leads nowhere is a refusal with 404.
func (r *reader) resolve(ctx context.Context, root cid.Cid, segments []string) (*target, error) {
	t := &target{last: root}
	for i, segment := range segments {
		t.roots = append(t.roots, t.last)
		node := t.part
		if node == nil {
			block, err := r.node(ctx, t.last)
			if err != nil {
				return nil, err
			}
			if node, err = unixfsnode.Reify(linking.LinkContext{Ctx: ctx}, block, &r.links); err != nil {
				return nil, errors.Join(r.fault, err)
			}
		}
		next, err := node.LookupBySegment(datamodel.PathSegmentOfString(segment))
		if r.fault != nil {
			return nil, r.fault
		}
		if err != nil {
			return nil, refuse(http.StatusNotFound, "there is no %q in %s", clip(segment), t.last)
		}
		if t.part = next; next.Kind() != datamodel.Kind_Link {
			continue
		}
		link, err := next.AsLink()
		if err != nil {
			return nil, err
		}
		l, ok := link.(cidlink.Link)
		if !ok {
			return nil, fmt.Errorf("segment %d links to %s, which is no CID", i, link)
		}
		t.last, t.part = l.Cid, nil
	}
	t.roots = append(t.roots, t.last)
	return t, nil
}

// entity reads what makes up a UnixFS file, or the part of it in a span, or a directory; of
// all else its block.
func (r *reader) entity(ctx context.Context, c cid.Cid, s *span) error {
	block, err := r.node(ctx, c)
	if err != nil {
		return err
	}
	pb, ok := block.(dagpb.PBNode)
	if !ok || !pb.FieldData().Exists() {
		return nil
	}
	fs, err := data.DecodeUnixFSData(pb.Data.Must().Bytes())
	if err != nil {
		return nil //nolint:nilerr // it is not UnixFS
	}
	lctx := linking.LinkContext{Ctx: ctx}
	switch fs.FieldDataType().Int() {
	case data.Data_HAMTShard:
		_, err = r.links.KnownReifiers["unixfs-preload"](lctx, block, &r.links)
	case data.Data_File:
		err = r.file(lctx, block, s)
	}
	if r.fault != nil {
		return r.fault
	}
	return err
}

// file reads the blocks of a file that hold a span of it.
func (r *reader) file(lctx linking.LinkContext, block datamodel.Node, s *span) error {
	node, err := unixfsnode.Reify(lctx, block, &r.links)
	if err != nil {
		return err
	}
	large, ok := node.(datamodel.LargeBytesNode)
	if !ok {
		return errors.New("a file that cannot be read")
	}
	f, err := large.AsLargeBytes()
	if err != nil {
		return err
	}
	from, length := int64(0), int64(-1)
	if s != nil {
		end, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		if from = s.from; from < 0 {
			from = max(end+from, 0)
		}
		if to := s.to; !s.open {
			if to < 0 {
				to += end
			}
			if length = min(to, end-1) - from + 1; length <= 0 {
				return nil // nothing: the block tells how long the file is
			}
		}
		if from >= end {
			return nil
		}
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err
	}
	if length < 0 {
		_, err = io.Copy(io.Discard, f)
	} else {
		_, err = io.CopyN(io.Discard, f, length)
	}
	return err
}
