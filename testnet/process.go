package testnet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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

// startProcess starts cmd. Its output goes to log, line by line; what follows mark on the
// first line that starts with it is sent to ready, which must have room for it.
func startProcess(cmd *exec.Cmd, log *slog.Logger, mark string, ready chan<- string) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
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
		last := logLines(out, log, mark, ready)
		if err = cmd.Wait(); err == nil {
			err = errors.New("exit status 0")
		}
		p.err = fmt.Errorf("%w: %s", err, last)
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// maxLine is how much of a line is logged at once.
const maxLine = 64 << 10

// logLines logs each line of a process's output until that ends, and returns the last ones.
func logLines(out io.Reader, log *slog.Logger, mark string, ready chan<- string) string {
	var last []string
	for r := bufio.NewReaderSize(out, maxLine); ; {
		line, _, err := r.ReadLine()
		text := strings.TrimSpace(string(line))
		if text != "" {
			log.Debug(text)
			last = append(last[max(0, len(last)-4):], text)
		}
		if after, found := strings.CutPrefix(text, mark); found && ready != nil {
			ready <- after
			ready = nil
		}
		if err != nil {
			return strings.Join(last, " / ")
		}
	}
}

// kill ends the process, if it has not ended, and waits for it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if the process has ended
	<-p.exited
}
