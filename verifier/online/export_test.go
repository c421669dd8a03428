package online

import "time"

// Wait is as if servers had been waited for so long, and returns for how long in all.
func (f *Fetcher) Wait(d time.Duration) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waited += d
	return f.waited
}
