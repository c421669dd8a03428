package verifier

// ShareCache makes v remember what evidence proved together with o.
func (v *Verifier) ShareCache(o *Verifier) { v.cache = o.cache }

// Forget empties the cache of v, all of it or the signatures in it.
func (v *Verifier) Forget()           { v.cache = newEvidenceCache() }
func (v *Verifier) ForgetSignatures() { v.cache.signers = cache[signer]{} }

// CacheSize returns how many entries the cache of v has.
func (v *Verifier) CacheSize() int {
	return v.cache.accounts.size() + v.cache.storages.size() + v.cache.roots.size() + v.cache.signers.size()
}

func (c *cache[V]) size() int {
	if c.lru == nil {
		return 0
	}
	return c.lru.Len()
}

// Policy returns the options of v.
func (v *Verifier) Policy() Options { return v.opts }
