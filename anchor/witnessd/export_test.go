package witnessd

// SetNewest tells a witness of a block that it did not sign.
func (w *Witness) SetNewest(number uint64) { w.newest.Store(number) }
