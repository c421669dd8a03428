package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// program is the name by which this program speaks.
const program = "hallmark-load"

// say tells the person at the terminal something, on standard error. Texts of servers
// and files may hold anything; what would move the cursor is escaped.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s: %s\n", program, credential.Printable(fmt.Sprintf(format, args...)))
}

// sayError tells an error, and its remedy if it has one.
func sayError(err error) {
	say("%s", err)
	if e := (*fault.Error)(nil); errors.As(err, &e) && e.Remedy != "" {
		fmt.Fprintln(os.Stderr, "hint: "+credential.Printable(e.Remedy))
	}
}

// sayHome tells what a signature will be for, before it is made.
func sayHome(home verifier.Home) {
	say("home registry: %s (it alone decides time and status)", home)
	if home.Registry != verifier.RegistryAddress {
		say("warning: this is not the address at which the published registry is on every chain, %s", verifier.RegistryAddress)
	}
}

// progressEvery is how often long work is told of.
const progressEvery = 10 * time.Second

// progress tells now and then how far long work has come. Many goroutines may use it.
type progress struct {
	what  string
	total int // 0: not known

	mu   sync.Mutex // guards what follows
	done int
	told time.Time
}

func newProgress(what string, total int) *progress {
	return &progress{what: what, total: total, told: time.Now()}
}

// step counts one more thing as done.
func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if time.Since(p.told) < progressEvery {
		return
	}
	p.told = time.Now()
	if p.total > 0 {
		say("%s: %d of %d", p.what, p.done, p.total)
	} else {
		say("%s: %d", p.what, p.done)
	}
}
