package verifier

import (
	"encoding/binary"

	"github.com/hallmark-node/hallmark/merkle"
)

// AnchorSlot returns the storage slot of AnchorRegistry that records root:
// mapping slot 0, one word.
func AnchorSlot(root Hash) Hash { return mappingSlot(word(root), 0) }

// IssuerSlots returns the two storage slots of AnchorRegistry that hold an
// issuer's state: the status root, and the word of retiredFrom, version and
// updatedAt. Mapping slot 1.
func IssuerSlots(issuer Address) (status, times Hash) {
	status = mappingSlot(addressWord(issuer), 1)
	times = status
	for i := len(times) - 1; i >= 0; i-- {
		times[i]++
		if times[i] != 0 {
			break
		}
	}
	return status, times
}

// mappingSlot is Solidity's storage slot of key in the mapping declared at slot.
func mappingSlot(key word, slot uint64) Hash {
	at := uintWord(slot)
	return merkle.Keccak256(key[:], at[:])
}

// anchorRecord is the word of an anchored root.
type anchorRecord struct {
	Publisher   Address
	Timestamp   uint64 // Unix seconds
	BlockNumber uint64 // as the chain said: on an L2 it may be the parent chain's
}

func parseAnchorRecord(w word) anchorRecord {
	var r anchorRecord
	copy(r.Publisher[:], w[12:])
	var eight [8]byte
	copy(eight[2:], w[6:12])
	r.Timestamp = binary.BigEndian.Uint64(eight[:])
	copy(eight[2:], w[:6])
	r.BlockNumber = binary.BigEndian.Uint64(eight[:])
	return r
}

// issuerRecord is an issuer's state in the registry.
type issuerRecord struct {
	StatusRoot  Hash
	RetiredFrom uint64 // Unix seconds; 0: not retired
	Version     uint64
	UpdatedAt   uint64 // Unix seconds of the last status change
}

func parseIssuerRecord(status, times word) issuerRecord {
	return issuerRecord{
		StatusRoot:  status,
		RetiredFrom: binary.BigEndian.Uint64(times[24:]),
		Version:     binary.BigEndian.Uint64(times[16:24]),
		UpdatedAt:   binary.BigEndian.Uint64(times[8:16]),
	}
}
