package witnessd

import "time"

// SetNewest tells a witness of a block that it did not sign.
func (w *Witness) SetNewest(number uint64) { w.newest.Store(number) }

// SetLooked tells a witness when its servers last told something.
func (w *Witness) SetLooked(at time.Time) { w.looked.Store(at.Unix()) }
