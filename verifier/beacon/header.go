package beacon

import "encoding/binary"

// HeaderSize is the length of a [Header] in bytes.
const HeaderSize = 112

// Header is a BeaconBlockHeader. Its encoding is that of SSZ: the fields in this order,
// integers little-endian.
type Header struct {
	Slot, Proposer          uint64
	Parent, State, BodyRoot Root
}

// Root returns the hash tree root, by which a beacon block is named.
func (h *Header) Root() Root {
	return merkleize(uintChunk(h.Slot), uintChunk(h.Proposer), h.Parent, h.State, h.BodyRoot)
}

func (h *Header) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, h.Slot)
	dst = binary.LittleEndian.AppendUint64(dst, h.Proposer)
	return appendRoots(dst, []Root{h.Parent, h.State, h.BodyRoot})
}

func (d *decoder) header() Header {
	return Header{d.uint64(), d.uint64(), d.root(), d.root(), d.root()}
}
