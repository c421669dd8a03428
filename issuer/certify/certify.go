package certify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/hallmark-node/hallmark/internal/fault"
)

// LetsEncrypt is the directory of an authority that everybody may use.
const LetsEncrypt = acme.LetsEncryptURL

// Request says what is to be certified, and by whom. It must not change during a call.
type Request struct {
	Name      string         // the DNS name
	Directory string         // of the authority, a URL; empty: [LetsEncrypt]
	Roots     *x509.CertPool // for the authority's own server; nil: those of the system
	Contact   string         // e-mail address for the authority; may be empty

	// Terms is asked whether the authority's terms, at a URL, are agreed to.
	Terms func(url string) bool

	Solver Solver
	Say    func(string) // is told, for people, how far it is; may be nil
}

// ErrTerms says that the authority's terms were not agreed to.
var ErrTerms = errors.New("the authority's terms of service were not agreed to")

// Obtain gets a certificate and returns it with its chain, DER, leaf first and without the
// root. Errors are of type [fault.Error] where there is a remedy.
func (r *Request) Obtain(ctx context.Context) ([][]byte, error) {
	account, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: r.Roots, MinVersion: tls.VersionTLS12}
	defer transport.CloseIdleConnections()
	client := &acme.Client{
		Key: account, DirectoryURL: r.Directory, RetryBackoff: backoff, UserAgent: "hallmark",
		HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	}
	chain, err := r.obtain(ctx, client)
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	return chain, nil
}

// backoff tells the client how long to wait before it tries again. A rate limit lasts for
// hours: that is for a person to wait for.
func backoff(n int, _ *http.Request, answer *http.Response) time.Duration {
	if n > 5 || answer != nil && answer.StatusCode == http.StatusTooManyRequests {
		return -1
	}
	return time.Duration(n) * time.Second / 2
}

func (r *Request) obtain(ctx context.Context, client *acme.Client) ([][]byte, error) {
	directory, err := client.Discover(ctx)
	if err != nil {
		return nil, fmt.Errorf("the authority does not answer: %w", err)
	}
	if directory.Terms != "" && !r.Terms(directory.Terms) {
		return nil, fmt.Errorf("%w: %s", ErrTerms, directory.Terms)
	}
	account := &acme.Account{}
	if r.Contact != "" {
		account.Contact = []string{"mailto:" + r.Contact}
	}
	if _, err := client.Register(ctx, account, acme.AcceptTOS); err != nil {
		return nil, err
	}
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(r.Name))
	if err != nil {
		return nil, err
	}
	for _, url := range order.AuthzURLs {
		if err := r.authorize(ctx, client, url); err != nil {
			return nil, err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	csr, err := signingRequest(r.Name, key)
	if err != nil {
		return nil, err
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, csr, true)
	if err != nil {
		return nil, err
	}
	return withoutRoot(chain), nil
}

// signingRequest asks for a name alone: common names end at 64 characters.
func signingRequest(name string, key crypto.Signer) ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, key)
}

// withoutRoot drops what signed itself from the end of a chain.
func withoutRoot(chain [][]byte) [][]byte {
	if n := len(chain); n > 1 {
		if last, err := x509.ParseCertificate(chain[n-1]); err == nil && bytes.Equal(last.RawIssuer, last.RawSubject) {
			return chain[:n-1]
		}
	}
	return chain
}

// authorize proves to the authority that the caller controls a name.
func (r *Request) authorize(ctx context.Context, client *acme.Client, url string) error {
	auth, err := client.GetAuthorization(ctx, url)
	if err != nil || auth.Status == acme.StatusValid {
		return err
	}
	var chosen *acme.Challenge
	for _, c := range auth.Challenges {
		if c.Type == r.Solver.kind {
			chosen = c
		}
	}
	if chosen == nil {
		return fault.Remedy(fmt.Errorf("the authority does not offer the challenge %s for %s", r.Solver.kind, r.Name),
			"prove it otherwise")
	}
	c, err := challengeOf(client, r.Name, chosen)
	if err != nil {
		return err
	}
	withdraw, err := r.Solver.present(ctx, c)
	if withdraw != nil {
		defer withdraw()
	}
	if err != nil {
		return err
	}
	r.say("the authority checks %s", r.Name)
	if _, err := client.Accept(ctx, chosen); err != nil {
		return err
	}
	_, err = client.WaitAuthorization(ctx, url)
	return err
}

func (r *Request) say(format string, args ...any) {
	if r.Say != nil {
		r.Say(fmt.Sprintf(format, args...))
	}
}
