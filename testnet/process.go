package testnet

import (
	"bytes"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"strings"
)

// process is a child process that does not outlive this one (on Linux; see
// dieWithParent).
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed once the process has ended and its output is read
	err    error         // why it ended, with its last words; set before exited is closed
}

// startProcess starts cmd. Its output goes to log, line by line; what follows
// mark on the first line that starts with it is sent to ready, which must have
// room for it.
func startProcess(cmd *exec.Cmd, log *slog.Logger, mark string, ready chan<- string) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	out := &lines{log: log, mark: mark, ready: ready}
	cmd.Stdout, cmd.Stderr = out, out // the same writer: package exec uses one pipe and one goroutine
	dieWithParent(cmd)
	started := make(chan error)
	go func() {
		// The kernel takes the end of the thread that started the child for
		// the end of the parent. So that thread stays until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		if err = cmd.Wait(); err == nil {
			err = fmt.Errorf("exit status 0")
		}
		p.err = fmt.Errorf("%w: %s", err, out.lastWords())
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// kill ends the process, if it has not ended, and waits for it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if the process has ended
	<-p.exited
}

// lines is an io.Writer that logs each line and keeps the last ones. It is used
// by the one goroutine that copies the output, and read when that has ended.
type lines struct {
	log   *slog.Logger
	mark  string
	ready chan<- string // nil once the mark was seen

	partial []byte
	last    []string
}

// maxLine bounds a line that does not end.
const maxLine = 64 << 10

func (l *lines) Write(b []byte) (int, error) {
	l.partial = append(l.partial, b...)
	for {
		line, rest, found := bytes.Cut(l.partial, []byte("\n"))
		if !found && len(l.partial) < maxLine {
			return len(b), nil
		}
		l.line(strings.TrimSpace(string(line)))
		l.partial = rest
	}
}

func (l *lines) line(text string) {
	if text == "" {
		return
	}
	l.log.Debug(text)
	if l.last = append(l.last, text); len(l.last) > 5 {
		l.last = l.last[1:]
	}
	if after, found := strings.CutPrefix(text, l.mark); found && l.ready != nil {
		l.ready <- after
		l.ready = nil
	}
}

func (l *lines) lastWords() string {
	if rest := strings.TrimSpace(string(l.partial)); rest != "" {
		l.line(rest)
	}
	return strings.Join(l.last, " / ")
}
