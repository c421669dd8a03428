package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
)

const (
	typeRaw = "application/vnd.ipld.raw"
	typeCAR = "application/vnd.ipld.car"

	blockTime = 30 * time.Second
	maxWait   = 10 * time.Minute // that a server may ask to be left alone
)

// gateway is a trustless gateway of IPFS, or a web server with published blocks as files. It is
// asked for what its hash proves, and for nothing compressed: what comes is never unpacked.
type gateway struct {
	base string
	http *http.Client
	time time.Duration // that a block may take, and each next one of a CAR file
}

func newGateway(address string, patience time.Duration) (g *gateway, name string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, "", errors.New("the URL of a source cannot be used: want http:// or https:// and a host")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	transport.MaxIdleConnsPerHost = 16
	transport.MaxResponseHeaderBytes = 64 << 10
	return &gateway{
		base: strings.TrimRight(address, "/"), time: patience,
		http: &http.Client{
			Transport: transport,
			// A server must not choose which other one is asked.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, withoutSecrets(u), nil
}

func (g *gateway) close() error {
	g.http.CloseIdleConnections()
	return nil
}

func (g *gateway) block(ctx context.Context, c cid.Cid) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, g.time)
	defer cancel()
	response, err := g.ask(ctx, c, "format=raw", typeRaw)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.ContentLength > publish.MaxBlock {
		return nil, lie("it sends %d bytes for block %s, and no block has more than %d", response.ContentLength, c, publish.MaxBlock)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, publish.MaxBlock+1))
	switch {
	case err != nil:
		return nil, unread(ctx, err)
	case len(data) > publish.MaxBlock:
		return nil, lie("it sends without end for block %s: no block has more than %d bytes", c, publish.MaxBlock)
	}
	return data, nil
}

// ask makes a request, and returns an answer with the body still to be read.
func (g *gateway) ask(ctx context.Context, c cid.Cid, query, accept string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.base+"/ipfs/"+c.String()+"?"+query, nil)
	if err != nil {
		return nil, errors.New("its URL cannot be used")
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", "identity")
	response, err := g.http.Do(request)
	if err != nil {
		return nil, unread(ctx, err)
	}
	if err := status(response); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	return response, nil
}

// status is the error of an answer that is none.
func status(response *http.Response) error {
	code := response.StatusCode
	switch {
	case code == http.StatusNotFound, code == http.StatusGone:
		return errMissing
	case code == http.StatusOK:
		if encoding := response.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
			return lie("it sends something packed as %q, which it was not asked for", clip(encoding))
		}
		return nil
	case code >= 300 && code < 400:
		return errors.New("it sends elsewhere: name the address itself at which the blocks are")
	}
	err := fmt.Errorf("HTTP status %d %s", code, http.StatusText(code))
	if seconds, bad := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 31); bad == nil {
		return &waitError{err, min(time.Duration(seconds)*time.Second, maxWait)}
	}
	return err
}

// unread is the error of an answer that did not come, or not whole.
func unread(ctx context.Context, err error) error {
	var link *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &link) && link.Timeout():
		return errors.New("no answer in time, or too slow a one")
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the answer is cut short")
	case errors.As(err, &link):
		return fmt.Errorf("no answer: %w", fault.WithoutURL(link))
	}
	return errors.New("the answer could not be read to its end")
}

func clip(text string) string {
	if len(text) > 40 {
		text = text[:40]
	}
	return text
}

func (g *gateway) car(ctx context.Context, root cid.Cid, put func(publish.Block) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(g.time, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()
	response, err := g.ask(ctx, root, "format=car&dag-scope=all", typeCAR+"; version=1; order=dfs; dups=n")
	if err != nil {
		if code := (*waitError)(nil); !errors.As(err, &code) && strings.HasPrefix(err.Error(), "HTTP status 4") {
			return errNoCAR
		}
		return inTime(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	if is, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || is != typeCAR {
		return errNoCAR // a web server, which has the block alone
	}
	reader, err := car.NewReader(response.Body)
	if err != nil {
		return inTime(ctx, unpacked(err))
	}
	if roots := reader.Roots(); len(roots) != 1 || roots[0] != root {
		return lie("it was asked for the blocks below %s, and sends a CAR file with other roots", root)
	}
	for {
		block, err := reader.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return inTime(ctx, unpacked(err))
		}
		late.Reset(g.time)
		if err := put(block); err != nil {
			return err
		}
	}
}

// inTime is an error of a request of which the time has run out, or another one.
func inTime(ctx context.Context, err error) error {
	if context.Cause(ctx) == context.DeadlineExceeded { //nolint:errorlint // given as it is
		return errors.New("no answer in time, or too slow a one")
	}
	return err
}

// unpacked is the error of a CAR file that is none, or that is cut short.
func unpacked(err error) error {
	if bad := (*car.BadBlockError)(nil); errors.As(err, &bad) {
		return lieError("in a CAR file it sent " + bad.Error())
	}
	return errors.New("the CAR file that it sent is damaged, or cut short")
}
