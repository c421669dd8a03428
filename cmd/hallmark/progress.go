package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
)

// progress shows how far long work has come: a bar on a terminal, and elsewhere a
// plain line now and then. Short work shows nothing. It may be used by several
// goroutines at once.
type progress struct {
	c     *cli.Context
	what  string
	total int // 0: nobody knows
	bar   bool

	mu    sync.Mutex // guards what follows
	done  int
	shown time.Time // when it was last shown; at first, when work began
	drawn bool      // a bar is on the screen
}

// How long work may take before it is shown, and how often it is shown then.
const (
	progressAfter = time.Second
	progressBar   = 100 * time.Millisecond
	progressLine  = 10 * time.Second
	progressWidth = 30
)

func newProgress(c *cli.Context, what string, total int) *progress {
	return &progress{c: c, what: what, total: total, bar: stderrIsTerminal(c), shown: time.Now().Add(progressAfter)}
}

// step counts one more thing as done.
func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	pause := progressLine
	if p.bar {
		pause = progressBar
	}
	if time.Since(p.shown) < pause {
		return
	}
	p.shown = time.Now()
	count := fmt.Sprint(p.done)
	if p.total > 0 {
		count += fmt.Sprintf(" of %d", p.total)
	}
	if !p.bar {
		say(p.c, "%s: %s", p.what, count)
		return
	}
	p.drawn = true
	full := min(progressWidth*p.done/max(p.total, 1), progressWidth)
	fmt.Fprintf(p.c.App.ErrWriter, "\rhallmark: %s [%-*s] %s ", p.what, progressWidth, strings.Repeat("=", full), count)
}

// end takes the bar off the screen.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.c.App.ErrWriter, "\r\033[K")
	}
}
