package verifier

// RegistryState is what the evidence of an anchor proves of a registry, as of its
// header. Whether the header is one of the chain is for the caller to know.
type RegistryState struct {
	Header Header

	Anchored    bool   // the batch root is recorded
	AnchoredAt  uint64 // Unix seconds, by the chain's clock
	StatusRoot  Hash   // of the issuer; zero while it has no list
	Version     uint64 // of the issuer's list
	RetiredFrom uint64 // Unix seconds; zero: the issuer's key is not retired
}

// Read walks the proofs of a down from its header and returns what they prove of a
// batch and an issuer. Nodes call it on evidence before they store it. An error
// means that something is not proven, either way; it is the only one.
func (a *Anchor) Read(batchRoot Hash, issuer Address) (RegistryState, error) {
	s := new(evidenceCache).readRegistry(a, batchRoot, issuer)
	if s.anchorErr != nil {
		return RegistryState{}, s.anchorErr
	}
	if s.issuerErr != nil {
		return RegistryState{}, s.issuerErr
	}
	return RegistryState{
		Header: s.header, Anchored: s.anchored, AnchoredAt: s.record.Timestamp,
		StatusRoot: s.issuer.StatusRoot, Version: s.issuer.Version, RetiredFrom: s.issuer.RetiredFrom,
	}, nil
}
