package certify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// Solver proves to an authority that its user controls a name. The zero value is none: see
// [HTTP], [Webroot], [Hook] and [ByHand].
type Solver struct {
	kind string // of the challenge

	// present shows the authority what it wants to see. What it returns, unless that is nil, is
	// called afterwards, also if there is an error.
	present func(context.Context, challenge) (withdraw func(), err error)
}

// Kinds of challenges (RFC 8555, sections 8.3 and 8.4).
const (
	http01 = "http-01"
	dns01  = "dns-01"
)

// challenge is what an authority wants to see for a name.
type challenge struct {
	host  string // the name, which is what HTTP asks for
	token string // last part of the path of an HTTP request
	body  string // the answer to that

	record string // name of the TXT record, without a final dot
	value  string // its value
}

func challengeOf(client *acme.Client, name string, c *acme.Challenge) (challenge, error) {
	if strings.Trim(c.Token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" || c.Token == "" {
		return challenge{}, errors.New("the authority's challenge is none") // it becomes the name of a file
	}
	body, err := client.HTTP01ChallengeResponse(c.Token)
	if err != nil {
		return challenge{}, err
	}
	value, err := client.DNS01ChallengeRecord(c.Token)
	return challenge{host: name, token: c.Token, body: body, record: "_acme-challenge." + name, value: value}, err
}

// record says what DNS has to have for a challenge.
func (s Solver) record(name string) string {
	if s.kind == http01 {
		return fmt.Sprintf("%s needs an A or AAAA record, of the machine where the authority's request is answered", name)
	}
	return fmt.Sprintf("_acme-challenge.%s must be answered by every name server of the domain", name)
}

// wrong says what to look at if the authority saw something else than it wants to see.
func (s Solver) wrong(name string) string {
	if s.kind == http01 {
		return fmt.Sprintf("something else answers at http://%s/: does its record lead to this machine?", name)
	}
	return fmt.Sprintf("the TXT record _acme-challenge.%s had another value: it is a new one each time, and old ones may be cached", name)
}

const wellKnown = ".well-known/acme-challenge"

// What keeps [HTTP] from its address.
var (
	ErrBusy      = errors.New("another program listens")
	ErrForbidden = errors.New("this user may not listen")
)

// HTTP answers the authority's request itself, at an address such as ":80".
func HTTP(address string) Solver {
	return Solver{http01, func(ctx context.Context, c challenge) (func(), error) {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("%w at %s", ErrBusy, address)
		case errors.Is(err, os.ErrPermission):
			return nil, fmt.Errorf("%w at %s", ErrForbidden, address)
		case err != nil:
			return nil, fault.Input("cannot listen at %s", address)
		}
		server := &http.Server{ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/"+wellKnown+"/"+c.token {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.WriteString(w, c.body) // the authority asks again
		})
		served := make(chan struct{})
		go func() {
			_ = server.Serve(listener) // until Close
			close(served)
		}()
		return func() {
			_ = server.Close()
			<-served
		}, nil
	}}
}

// Webroot writes the answer into a folder that a web server serves at the root of the name.
func Webroot(folder string) Solver {
	return Solver{http01, func(_ context.Context, c challenge) (func(), error) {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return nil, fault.Input("there is no folder %s", folder)
		}
		at := filepath.Join(folder, filepath.FromSlash(wellKnown))
		if err := os.MkdirAll(at, 0o755); err != nil {
			return nil, err
		}
		path := filepath.Join(at, c.token)
		return func() { _ = os.Remove(path) }, os.WriteFile(path, []byte(c.body), 0o644)
	}}
}

// Hook has a program set a TXT record, and remove it: it is called as
//
//	PROGRAM present|cleanup RECORD VALUE
//
// with the record's name in full, and ends once the name servers answer with it.
func Hook(program string, output io.Writer) Solver {
	run := func(ctx context.Context, what string, c challenge) error {
		cmd := exec.CommandContext(ctx, program, what, c.record+".", c.value)
		cmd.Stdout, cmd.Stderr = output, output
		return cmd.Run()
	}
	return Solver{dns01, func(ctx context.Context, c challenge) (func(), error) {
		withdraw := func() { _ = run(context.WithoutCancel(ctx), "cleanup", c) }
		if err := run(ctx, "present", c); err != nil {
			return withdraw, fault.Remedy(fmt.Errorf("%s failed: %w", program, err),
				"it is called as %s present _acme-challenge.… VALUE, and must end with status 0", program)
		}
		return withdraw, nil
	}}
}

// ByHand has a person set a TXT record: show tells which, and wait returns once it is there.
func ByHand(show func(record, value string), wait func(ctx context.Context, record, value string) error) Solver {
	return Solver{dns01, func(ctx context.Context, c challenge) (func(), error) {
		show(c.record, c.value)
		return nil, wait(ctx, c.record, c.value)
	}}
}

// AwaitTXT asks a resolver, HOST:PORT or empty for the system's, again and again until a
// name has a TXT record of a value.
func AwaitTXT(ctx context.Context, resolver, name, value string, every time.Duration) error {
	asked := &net.Resolver{}
	if resolver != "" {
		asked.PreferGo = true
		asked.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, resolver)
		}
	}
	var last string
	for {
		values, err := asked.LookupTXT(ctx, name+".")
		for _, v := range values {
			if v == value {
				return nil
			}
		}
		switch {
		case err == nil:
			last = fmt.Sprintf("it has other values there: %s", credential.Printable(strings.Join(values, ", ")))
		case ctx.Err() == nil:
			last = "there is none"
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fault.Remedy(fmt.Errorf("the TXT record of %s did not come in time: %s", name, last),
				"run the same command again: it asks for another value")
		case <-time.After(every):
		}
	}
}
