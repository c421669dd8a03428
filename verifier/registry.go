package verifier

import (
	"encoding/binary"
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
)

// RegistryCodeHash is the keccak-256 hash of the deployed code of AnchorRegistry.
// Evidence from a contract with other code proves nothing: its constructor could
// have filled the storage.
var RegistryCodeHash = must(merkle.ParseHash("0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7"))

// RegistryAddress is where the deterministic deployer puts AnchorRegistry, the
// same on every EVM-equivalent chain.
var RegistryAddress = must(ParseAddress("0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"))

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

// anchoredAt reads the word of an anchored root: 6 bytes block number, 6 bytes Unix
// seconds, 20 bytes publisher.
func anchoredAt(w word) uint64 { return binary.BigEndian.Uint64(w[4:12]) & (1<<48 - 1) }

// issuerRecord is an issuer's state in the registry.
type issuerRecord struct {
	StatusRoot  Hash
	RetiredFrom uint64 // Unix seconds; 0: not retired
	Version     uint64
}

func parseIssuerRecord(status, times word) issuerRecord {
	return issuerRecord{
		StatusRoot:  status,
		RetiredFrom: binary.BigEndian.Uint64(times[24:]),
		Version:     binary.BigEndian.Uint64(times[16:24]),
	}
}

// registryStorage reads an account of the state trie, which must be an
// AnchorRegistry, and returns its storage root.
func registryStorage(account []byte) (root Hash, err error) {
	fields, err := rlpList(account, 4)
	if err != nil || len(fields) != 4 {
		return root, fmt.Errorf("%w: the account is not one", errMalformed)
	}
	root, err1 := fields[2].hash()
	code, err2 := fields[3].hash()
	if err1 != nil || err2 != nil {
		return root, fmt.Errorf("%w: the account is not one", errMalformed)
	}
	if code != RegistryCodeHash {
		return root, fmt.Errorf("%w: the contract there has code %s, not that of the published registry", errUnknownFormat, code)
	}
	return root, nil
}

// slot reads one storage word under root: zero if the nodes prove it absent.
func (t *trieNodes) slot(root, slot Hash) (w word, err error) {
	value, err := t.lookup(root, slot[:])
	if err != nil || value == nil {
		return w, err
	}
	item, rest, err := rlpNext(value)
	if err != nil || item.list || len(rest) != 0 || len(item.content) == 0 || len(item.content) > len(w) || item.content[0] == 0 {
		return w, fmt.Errorf("%w: a storage value is not a word", errMalformed)
	}
	copy(w[len(w)-len(item.content):], item.content)
	return w, nil
}
