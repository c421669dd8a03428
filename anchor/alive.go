package anchor

import (
	"fmt"
	"sync"
	"time"
)

// stuckAfter is how long a loop of a role may take for one round. Each call of
// an RPC server and each wait has a bound of its own that is far shorter, so whatever
// takes longer never ends.
const stuckAfter = 10 * time.Minute

// heartbeats tell whether intake and pipeline move. A loop that waits on an outage, of a
// server or of the disk, still beats.
type heartbeats struct {
	mu    sync.Mutex
	last  map[string]time.Time // of each loop that runs
	ended string               // the error with which Run has returned
}

// beat says that a loop is alive.
func (h *heartbeats) beat(loop string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = make(map[string]time.Time)
	}
	h.last[loop] = time.Now()
}

// rest says that a loop has ended, and that nothing is expected of it until it beats again.
func (h *heartbeats) rest(loop string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.last, loop)
}

// end says that Run has returned: for an error, or because it was told to.
func (h *heartbeats) end(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = nil
	if err != nil {
		h.ended = "the node has stopped: " + err.Error()
	}
}

// Dead says why the process should be restarted, or returns an empty text if it
// should not: work has ended, or hangs. It waits for nothing, not even the disk.
func (n *Node) Dead() string {
	h := &n.beats
	h.mu.Lock()
	defer h.mu.Unlock()
	for loop, at := range h.last {
		if age := time.Since(at); age > stuckAfter {
			return fmt.Sprintf("%s has hung for %s", loop, age.Round(time.Second))
		}
	}
	return h.ended
}
