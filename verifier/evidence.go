package verifier

import (
	"errors"
	"fmt"
)

// registryState is what one anchor's evidence proves of the registry, as of the
// header. What could not be proven either way has an error instead of a value.
type registryState struct {
	header Header

	anchored  bool // the batch root is recorded, in record
	record    anchorRecord
	anchorErr error // why anchored is not known: errMissingNode, errMalformed or errUnknownFormat

	issuer    issuerRecord
	issuerErr error // why issuer is not known
}

// readRegistry walks the state and storage proofs of a down from its header. It
// trusts nothing: what it returns holds if the header is one of the chain.
func readRegistry(a *Anchor, batchRoot Hash, issuer Address) (s registryState) {
	fail := func(err error) registryState {
		s.anchorErr, s.issuerErr = err, err
		return s
	}
	var err error
	if s.header, err = ParseHeader(a.Header); err != nil {
		return fail(err)
	}
	s.header.Chain = a.Chain
	accounts, slots := newTrieNodes(a.AccountProof), newTrieNodes(a.StorageProof)
	account, err := accounts.lookup(s.header.StateRoot, a.Registry[:])
	if err != nil {
		return fail(fmt.Errorf("account proof: %w", err))
	}
	if err := accounts.checkUsed(); err != nil {
		return fail(fmt.Errorf("account proof: %w", err))
	}
	if account == nil {
		return s // nothing is there, so nothing is recorded
	}
	storageRoot, err := registryStorage(account)
	if err != nil {
		return fail(err)
	}

	anchor, err := slots.slot(storageRoot, AnchorSlot(batchRoot))
	if err != nil {
		s.anchorErr = fmt.Errorf("storage proof of the anchor: %w", err)
	} else if anchor != (word{}) {
		s.anchored, s.record = true, parseAnchorRecord(anchor)
	}
	statusSlot, timesSlot := IssuerSlots(issuer)
	status, err1 := slots.slot(storageRoot, statusSlot)
	times, err2 := slots.slot(storageRoot, timesSlot)
	if err := errors.Join(err1, err2); err != nil {
		s.issuerErr = errMissingNode
		if errors.Is(err, errMalformed) {
			s.issuerErr = errMalformed
		}
		s.issuerErr = fmt.Errorf("storage proof of the issuer: %w", s.issuerErr)
	} else {
		s.issuer = parseIssuerRecord(status, times)
	}
	// While a lookup is short of a node others may serve none only because of that.
	if s.anchorErr == nil && s.issuerErr == nil {
		if err := slots.checkUsed(); err != nil {
			s.anchorErr = fmt.Errorf("storage proof: %w", err)
		}
	}
	return s
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
