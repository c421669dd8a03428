// Package child runs processes that do not outlive this one (on Linux).
package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Process is a child process. Its methods may be called by several goroutines.
type Process struct {
	Log // the last lines of its output

	cmd    *exec.Cmd
	exited chan struct{} // closed once the process has ended and its output is read
	err    error         // why it ended; set before exited is closed
}

// Start starts cmd. Each line of its standard output goes to said and each of its standard
// error to logged, unless that is nil; a goroutine for each calls them, the last time before
// the process counts as ended.
func Start(cmd *exec.Cmd, said, logged func(line string)) (*Process, error) {
	p := &Process{cmd: cmd, exited: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
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
		var output sync.WaitGroup
		output.Go(func() { p.read(stdout, said) })
		output.Go(func() { p.read(stderr, logged) })
		output.Wait()
		p.err = cmd.Wait()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Alive reports whether the process has not ended.
func (p *Process) Alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Wait waits until the process has ended, and returns what [exec.Cmd.Wait] does.
func (p *Process) Wait() error {
	<-p.exited
	return p.err
}

// Ended waits until the process has ended, and is the error of one that was not to: how it
// ended, and its last words.
func (p *Process) Ended() error {
	err := p.Wait()
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%w: %s", err, strings.Join(p.Last(5), " / "))
}

// Kill ends the process, if it has not ended, and waits.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only if the process has ended
	<-p.exited
}

// Stop interrupts the process, as ^C does, and waits as Wait does. One that takes longer than
// a minute is killed, and that is the error.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.exited:
		return p.err
	case <-time.After(time.Minute):
		p.Kill()
		return fmt.Errorf("process %d was interrupted and did not end within a minute", p.PID())
	}
}

// maxLines is how many lines a Log keeps at most, maxLine how much of one is taken at once.
const (
	maxLines = 400
	maxLine  = 64 << 10
)

// Log is the last lines of what a process prints.
type Log struct {
	mu    sync.Mutex
	lines []string
}

func (l *Log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines = append(l.lines, line); len(l.lines) > maxLines {
		l.lines = slices.Clone(l.lines[maxLines/2:])
	}
}

// Last returns up to n last lines.
func (l *Log) Last(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines[max(0, len(l.lines)-n):])
}

func (l *Log) String() string { return strings.Join(l.Last(maxLines), "\n") }

// Has reports whether one of the lines holds all of the texts.
func (l *Log) Has(texts ...string) bool {
	return slices.ContainsFunc(l.Last(maxLines), func(line string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) })
	})
}

// read keeps each line, and hands it to take.
func (l *Log) read(from io.Reader, take func(line string)) {
	for r := bufio.NewReaderSize(from, maxLine); ; {
		text, _, err := r.ReadLine()
		if line := strings.TrimSpace(string(text)); line != "" {
			l.add(line)
			if take != nil {
				take(line)
			}
		}
		if err != nil {
			return
		}
	}
}
