package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
)

// progress shows how far long work has come: a bar on a terminal, and elsewhere a
// plain line now and then. Short work shows nothing. It may be used by several
// goroutines at once.
type progress struct {
	c     *cli.Context
	what  string
	total int // 0: not known
	bar   bool
	began time.Time

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

// showProgress shows how far work has come.
func showProgress(c *cli.Context) issuer.Progress {
	return func(what string, total int) (add func(int), end func()) {
		now := time.Now()
		p := &progress{c: c, what: what, total: total, bar: stderrIsTerminal(c), began: now, shown: now.Add(progressAfter)}
		return p.add, p.end
	}
}

// add counts n more things as done.
func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	pause := progressLine
	if p.bar {
		pause = progressBar
	}
	if time.Since(p.shown) < pause {
		return
	}
	p.shown = time.Now()
	text := fmt.Sprint(p.done)
	if p.total > 0 {
		text += fmt.Sprintf(" of %d", p.total)
	}
	if !p.bar {
		say(p.c, "%s: %s", p.what, text)
		return
	}
	p.drawn = true
	if p.total > 0 {
		full := progressWidth * min(p.done, p.total) / p.total
		text = fmt.Sprintf("[%-*s] %s", progressWidth, strings.Repeat("=", full), text)
		if p.done < p.total {
			spent := time.Since(p.began).Seconds()
			text += fmt.Sprintf(", %.0f s left", spent*float64(p.total-p.done)/float64(p.done))
		}
	}
	fmt.Fprintf(run.Exact(p.c.App.ErrWriter), "\r\033[Khallmark: %s %s ", p.what, text)
}

// end takes the bar off the screen.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(run.Exact(p.c.App.ErrWriter), "\r\033[K")
	}
}
