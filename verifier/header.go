package verifier

import (
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

// Header is what a verifier needs of a block header.
type Header struct {
	Chain     ChainID
	Genesis   Hash // of the chain as the trust store knows it
	Hash      Hash // keccak-256 of the RLP encoding
	Number    uint64
	StateRoot Hash
	Time      uint64 // Unix seconds, as the chain said
}

// errMalformed marks evidence that could not be true on any chain.
var errMalformed = errors.New("malformed evidence")

// errUnknownFormat marks evidence that this version cannot judge: it may be of a
// later fork or of a later registry.
var errUnknownFormat = errors.New("this needs a newer verifier")

// Positions of the fields in a header's RLP list. Later forks append fields and
// never move these.
const (
	headerStateRoot = 3
	headerNumber    = 8
	headerTime      = 11
	headerMinFields = 15            // of the first Ethereum headers
	headerMaxFields = MaxHeaderSize // as many as fit
)

// ParseHeader reads a block header from its RLP encoding. It hashes the bytes
// as they are and takes fields by position, so fields that later forks append
// do no harm.
func ParseHeader(rlp []byte) (Header, error) {
	if len(rlp) > 0 && rlp[0] < 0x80 {
		return Header{}, fmt.Errorf("%w: block header of type %d", errUnknownFormat, rlp[0])
	}
	fields, err := rlpList(rlp, headerMaxFields)
	if err != nil {
		return Header{}, fmt.Errorf("%w: block header: %w", errMalformed, err)
	}
	if len(fields) < headerMinFields {
		return Header{}, fmt.Errorf("%w: block header has %d fields", errUnknownFormat, len(fields))
	}
	h := Header{Hash: merkle.Keccak256(rlp)}
	var errs [3]error
	h.StateRoot, errs[0] = fields[headerStateRoot].hash()
	h.Number, errs[1] = fields[headerNumber].uint64()
	h.Time, errs[2] = fields[headerTime].uint64()
	if err := errors.Join(errs[:]...); err != nil {
		return Header{}, fmt.Errorf("%w: block header: a field is out of shape", errUnknownFormat)
	}
	if h.Time > maxInteger || h.Number > maxInteger {
		return Header{}, fmt.Errorf("%w: block header: number or time out of range", errUnknownFormat)
	}
	return h, nil
}

func unix(t uint64) time.Time { return time.Unix(int64(min(t, maxInteger)), 0).UTC() }
