package chain

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

// The URL's secrets are in no error, log or health, though the servers repeat them.
func TestPoolHidesSecrets(t *testing.T) {
	headers := branch(10, 0, "")
	s := startEth(t, headers, 8)
	secrets := []string{"us3r-name", "pa55-word", "t0ken-in-path", "k3y%20in-query", "k3y in-query"}
	path := "/v3/t0ken-in-path?apikey=k3y%20in-query"
	echo := "no project for us3r-name pa55-word t0ken-in-path k3y in-query k3y%20in-query"
	address := strings.Replace(s.url, "http://", "http://us3r-name:pa55-word@", 1) + path
	dead := "http://us3r-name:pa55-word@127.0.0.1:1" + path
	c, err := Dial(address, dead, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var out syncBuffer
	c.LogTo(slog.New(slog.NewTextHandler(&out, nil)))
	c.every = 0
	c.Expect(ID{Chain: 7})
	ctx := t.Context()
	for _, fault := range []func(http.ResponseWriter, *http.Request) bool{
		nil, status(401), func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, echo, http.StatusForbidden)
			return true
		},
		func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, path+"&more", http.StatusPermanentRedirect)
			return true
		},
		say(echo), say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":%q}}`, echo)),
		say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":%q}`, echo)),
	} {
		s.set(func(s *ethServer) { s.fault = fault })
		forgiveAll(c)
		var errs []error
		_, err := c.Head(ctx)
		errs = append(errs, err)
		_, err = c.ID(ctx)
		errs = append(errs, err)
		_, err = c.Look(ctx)
		errs = append(errs, err, c.Send(ctx, []byte{1}))
		_, err = c.TransactionStatus(ctx, merkle.Hash{1})
		errs = append(errs, err)
		for _, err := range errs {
			_, _ = fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
			for ; err != nil; err = errors.Unwrap(err) {
				_, _ = fmt.Fprintf(&out, "%#v\n", err)
			}
		}
		_, _ = fmt.Fprintf(&out, "%+v\n", c.Servers())
	}
	s.set(func(s *ethServer) { s.fault, s.chainID = nil, 9 })
	c.Expect(ID{Chain: 7})
	_, err = c.ID(ctx)
	_, _ = fmt.Fprintf(&out, "%v\n%+v\n", err, c.Servers())
	for _, secret := range secrets {
		if strings.Contains(out.String(), secret) {
			t.Errorf("shows %q in\n%s", secret, out.String())
		}
	}
	host := strings.TrimPrefix(s.url, "http://")
	if !strings.Contains(out.String(), host) || !strings.Contains(out.String(), host+"#2") {
		t.Errorf("does not name the server:\n%s", out.String())
	}
}

func TestDialSeveral(t *testing.T) {
	if _, err := Dial(); err == nil {
		t.Error("no URL was taken")
	}
	if _, err := Dial("http://localhost", "ftp://user:s3cret@host"); err == nil || strings.Contains(err.Error(), "s3cret") ||
		!strings.Contains(err.Error(), "URL 2 of 2") {
		t.Errorf("got %v", err)
	}
}
