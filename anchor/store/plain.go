package store

import (
	"encoding/binary"
	"math"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/verifier"
)

// decode reads a record. Sealing reads all of them and a look-up of a leaf one, and nearly
// all are of the one form that is read without reflection, which takes a tenth of the time.
func (r *Submission) decode(record []byte) error {
	*r = Submission{}
	if r.decodePlain(record) {
		return nil
	}
	*r = Submission{}
	return cbor.Unmarshal(record, r)
}

// decodePlain reads the record of a submission of at most 1,024 leaves as this program
// writes it: nine members in order. It reports false, and leaves anything in r, if the
// record is of any other form.
func (r *Submission) decodePlain(record []byte) bool {
	if len(record) == 0 || record[0] != 0xa0+9 {
		return false
	}
	p := plainReader{rest: record[1:]}
	r.Sequence = p.uint(1)
	p.bytes(2, r.Issuer[:])
	r.Chain = verifier.ChainID(p.uint(3))
	p.bytes(4, r.Registry[:])
	p.bytes(5, r.Root[:])
	r.Count = p.uint(6)
	r.IssuedAt = p.uint(7)
	p.bytes(8, r.Signature[:])
	acceptedAt := p.uint(9)
	r.AcceptedAt = int64(acceptedAt)
	return !p.other && len(p.rest) == 0 && acceptedAt <= math.MaxInt64
}

// plainReader reads the members of a CBOR map of which the keys are small integers.
type plainReader struct {
	rest  []byte
	other bool // the record is not of the form that was asked for; what was read is of no use
}

// head reads the key and the head of a member, and returns the argument of the head.
func (p *plainReader) head(key, major byte) uint64 {
	if len(p.rest) < 2 || p.rest[0] != key || p.rest[1]>>5 != major {
		p.other = true
		return 0
	}
	short := p.rest[1] & 31
	p.rest = p.rest[2:]
	if short < 24 {
		return uint64(short)
	}
	size := 1 << (short - 24)
	if short > 27 || len(p.rest) < size {
		p.other = true
		return 0
	}
	var n [8]byte
	copy(n[8-size:], p.rest)
	p.rest = p.rest[size:]
	return binary.BigEndian.Uint64(n[:])
}

func (p *plainReader) uint(key byte) uint64 { return p.head(key, 0) }

func (p *plainReader) bytes(key byte, dst []byte) {
	if p.head(key, 2) != uint64(len(dst)) || len(p.rest) < len(dst) {
		p.other = true
		return
	}
	p.rest = p.rest[copy(dst, p.rest):]
}
