package car

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	dagpb "github.com/ipld/go-codec-dagpb"
	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/datamodel"
	cidlink "github.com/ipld/go-ipld-prime/linking/cid"
	"github.com/ipld/go-ipld-prime/node/basicnode"
	"github.com/ipld/go-ipld-prime/traversal"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// ErrCodec says that links cannot be followed from a block, since its codec is not one of
// raw, dag-cbor and dag-pb.
var ErrCodec = errors.New("links are only followed in raw, dag-cbor and dag-pb blocks")

// ErrMalformed says that the bytes of a block, which are those that its CID names, are not of
// the codec that the CID says.
var ErrMalformed = errors.New("its bytes are not of the codec in its CID")

// maxWaiting bounds the links that a walk has found and not followed yet: those of two full
// pages. Published batches are pages of blocks of leaves, and stay far below.
const maxWaiting = 64 << 10

// Walk fetches all blocks below root, itself the first, depth first and in the order of the
// links. It hands each to put, which reports whether to go on below it. A block that is
// linked to twice comes twice, unless skip says that it is not to be fetched. Identity CIDs hold their
// data themselves, and are passed over as blocks, but what they link to is not.
//
// What get returns is believed. An error of get and put is returned as it is, wrapped.
func Walk(ctx context.Context, get publish.Getter, root cid.Cid, skip func(cid.Cid) bool, put func(publish.Block) error) error {
	return WalkAll(ctx, get, []cid.Cid{root}, skip, put)
}

// WalkAll is [Walk] from several blocks on.
func WalkAll(ctx context.Context, get publish.Getter, from []cid.Cid, skip func(cid.Cid) bool, put func(publish.Block) error) error {
	waiting := reversed(nil, from) // the next one is the last
	for len(waiting) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		data, inline := Inline(c)
		if !inline {
			if skip(c) {
				continue
			}
			var err error
			if data, err = get(ctx, c); err != nil {
				return fmt.Errorf("block %s: %w", c, err)
			}
			if err := put(publish.Block{CID: c, Data: data}); err != nil {
				return err
			}
		}
		links, err := Links(c, data)
		if err != nil {
			return err
		}
		if waiting = reversed(waiting, links); len(waiting) > maxWaiting+len(from) {
			return fmt.Errorf("block %s: more than %d links wait to be followed: this is no published batch", c, maxWaiting)
		}
	}
	return nil
}

func reversed(to, links []cid.Cid) []cid.Cid {
	for i := len(links) - 1; i >= 0; i-- {
		to = append(to, links[i])
	}
	return to
}

// Inline returns the data that an identity CID holds itself.
func Inline(c cid.Cid) (data []byte, ok bool) {
	if c.Prefix().MhType != multihash.IDENTITY {
		return nil, false
	}
	decoded, err := multihash.Decode(c.Hash())
	if err != nil { // a CID that was read is well formed
		return nil, false
	}
	return decoded.Digest, true
}

// Links returns what a block links to, in its order.
func Links(c cid.Cid, data []byte) ([]cid.Cid, error) {
	if c.Prefix().Codec == cid.Raw {
		return nil, nil
	}
	node, err := Decode(c, data)
	if err != nil {
		return nil, err
	}
	return NodeLinks(node)
}

// NodeLinks returns what a part of a block links to, in its order.
func NodeLinks(node datamodel.Node) (all []cid.Cid, err error) {
	links, err := traversal.SelectLinks(node)
	for _, link := range links {
		if l, ok := link.(cidlink.Link); ok {
			all = append(all, l.Cid)
		}
	}
	return all, err
}

// Decode reads a block. It takes memory in proportion to the length of the data.
func Decode(c cid.Cid, data []byte) (datamodel.Node, error) {
	var (
		builder datamodel.NodeBuilder
		err     error
	)
	switch c.Prefix().Codec {
	case cid.Raw:
		return basicnode.NewBytes(data), nil
	case cid.DagCBOR:
		builder = basicnode.Prototype.Any.NewBuilder()
		err = dagcbor.Decode(builder, bytes.NewReader(data))
	case cid.DagProtobuf:
		builder = dagpb.Type.PBNode.NewBuilder()
		err = dagpb.DecodeBytes(builder, data)
	default:
		return nil, fmt.Errorf("block %s: %w", c, ErrCodec)
	}
	if err != nil {
		return nil, fmt.Errorf("block %s: %w: %w", c, ErrMalformed, err)
	}
	return builder.Build(), nil
}
