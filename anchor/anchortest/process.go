package anchortest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/internal/child"
)

// Process is a node that is a process of its own.
type Process struct {
	*child.Process
	URL    string // where it serves
	Client *client.Client
}

// Launch starts a node and waits until it serves: the first line that it prints is its URL.
// A node that ends instead is an error. Each line of its log goes to logged, unless that is
// nil.
func Launch(cmd *exec.Cmd, logged func(line string)) (*Process, error) {
	ready := make(chan string, 1)
	said := func(line string) {
		select {
		case ready <- line:
		default: // the one after the first: nobody waits
		}
	}
	p := &Process{}
	var err error
	if p.Process, err = child.Start(cmd, said, logged); err != nil {
		return nil, err
	}
	select {
	case p.URL = <-ready:
	case <-p.Exited():
		return nil, fmt.Errorf("the node ended: %w\n%s", p.Wait(), p)
	}
	if p.Client, err = client.New(p.URL); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// Get returns the status and the body of an answer.
func (p *Process) Get(ctx context.Context, path string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), errors.Join(err, response.Body.Close())
}
