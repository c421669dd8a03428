package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	reachTimeout = 10 * time.Second
	maxAnswer    = 64 << 10

	skewWarn = 10 * time.Second
	skewFail = 2 * time.Minute

	headOld     = 10 * time.Minute
	finalityOld = 2 * time.Hour
)

// serverName is what findings call a server: its host, since the rest of the URL may
// be a secret.
func serverName(address string, i int) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return fmt.Sprintf("URL %d", i+1)
}

// reachable asks a server one question by hand, so that whatever stands between here
// and an answer has a name.
func (e *examination) reachable(ctx context.Context, name, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address,
		strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}`))
	if err != nil {
		return e.fail("rpc", name, "it is not a URL", "write the server's URL as http://host:port or https://host/path")
	}
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	begin := e.now()
	response, err := client.Do(request)
	if err != nil {
		text, remedy := linkFault(err)
		return e.fail("rpc", name, text, remedy)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	end := e.now()
	if err != nil {
		return e.fail("rpc", name, "its answer breaks off", "look for a proxy or a limit in between; try again")
	}
	if text, remedy := answerFault(response, body); text != "" {
		return e.fail("rpc", name, text, remedy)
	}
	e.ok("rpc", name, "answers within %s", end.Sub(begin).Round(time.Millisecond))
	e.clock(name, response.Header.Get("Date"), begin, end)
	return true
}

// linkFault names what keeps an answer from coming.
func linkFault(err error) (text, remedy string) {
	var (
		dns      *net.DNSError
		host     x509.HostnameError
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		network  net.Error
		operator *url.Error
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no host of that name", "correct the URL, or this machine's name servers"
	case errors.As(err, &dns):
		return "the host's name cannot be looked up", "check this machine's network and name servers"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at that host and port", "start the RPC server, or correct the URL"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to that host", "check this machine's network and routes"
	case errors.As(err, &host):
		return "its certificate is for another host", "correct the host in the URL"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or this machine's clock is wrong",
			"set the clock; if it is right, have the server's certificate renewed"
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return "its certificate is not signed by anybody whom this machine trusts",
			"install the CA certificates of this machine (package ca-certificates), or the server's own CA"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks no TLS", "write http:// instead of https://"
	case errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("no answer within %s", reachTimeout), "look for a firewall in between, or use a faster server"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "it hangs up without an answer", "is this the port of JSON-RPC over HTTP? look into the server's log"
	}
	if errors.As(err, &operator) {
		err = operator.Err // without the URL
	}
	return "no answer: " + err.Error(), "check the URL and the network"
}

// answerFault names what is wrong with an answer; empty if it is one of JSON-RPC.
func answerFault(response *http.Response, body []byte) (text, remedy string) {
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return fmt.Sprintf("it refuses us (HTTP %d)", code), "correct the key in the URL, or have this machine's address allowed"
	case code == http.StatusPaymentRequired, code == http.StatusTooManyRequests:
		return fmt.Sprintf("it has had enough requests of us (HTTP %d)", code), "wait, or take a larger plan or another provider"
	case code == http.StatusNotFound:
		return "there is nothing at that path (HTTP 404)",
			"correct the path of the URL; is it JSON-RPC of an execution client, not the beacon API?"
	case code/100 == 3:
		return fmt.Sprintf("it sends us elsewhere (HTTP %d)", code), "write the URL to which it redirects, often https:// instead of http://"
	case bytes.Contains(body, []byte("HTTP request to an HTTPS server")), bytes.Contains(body, []byte("HTTP request was sent to HTTPS port")):
		return "it wants TLS", "write https:// instead of http://"
	case code == http.StatusMethodNotAllowed:
		return "it takes no POST (HTTP 405): it is no JSON-RPC server", "correct the URL"
	case code/100 == 5:
		return fmt.Sprintf("it is out of order (HTTP %d)", code), "wait, or use another server"
	}
	var answer struct {
		Result *string `json:"result"`
		Error  *struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	switch err := json.Unmarshal(body, &answer); {
	case err != nil || answer.Result == nil && answer.Error == nil:
		return fmt.Sprintf("what answers there (HTTP %d) speaks no JSON-RPC", response.StatusCode),
			"correct the URL: want that of an execution client, not of a web page or the beacon API"
	case answer.Error != nil && answer.Error.Code == -32601:
		return "it does not know eth_chainId", "is it an Ethereum execution client? with geth, allow the eth API (--http.api eth)"
	case answer.Error != nil:
		return "it refuses: " + endpoint.OneLine(answer.Error.Message), "do as its words say, or use another server"
	}
	return "", ""
}

// clock compares this machine's clock with a server's, which HTTP tells to the
// second.
func (e *examination) clock(name, date string, begin, end time.Time) {
	there, err := http.ParseTime(date)
	if err != nil {
		return // the newest block tells something too
	}
	ahead := max(0, begin.Sub(there.Add(time.Second))) // by at least that
	if behind := there.Sub(end); behind > 0 {
		ahead = -behind
	}
	e.skew(name, ahead, "the server's")
}

func (e *examination) skew(name string, ahead time.Duration, whose string) {
	how := "ahead of"
	if ahead < 0 {
		how = "behind"
	}
	size := max(ahead, -ahead)
	text := fmt.Sprintf("this machine's clock is %s %s %s", size.Round(time.Second), how, whose)
	const remedy = "set the clock, and have it kept (systemd-timesyncd, chrony); if it is right, the server's is wrong"
	switch {
	case size >= skewFail:
		e.fail("clock", name, text, remedy)
	case size >= skewWarn:
		e.warn("clock", name, text, remedy)
	default:
		e.ok("clock", name, "agrees with %s", whose)
	}
}

// server asks a server for everything that a node needs of it.
func (e *examination) server(ctx context.Context, name string, client *chain.Client, c Chain) (id chain.ID, usable bool) {
	id, err := client.ID(ctx)
	if errors.Is(err, chain.ErrWrongChain) {
		return chain.ID{}, e.fail("chain id", name, err.Error(), "correct --chain, or use a server of that chain")
	}
	if err != nil {
		return chain.ID{}, e.fail("chain id", name, "which chain this is cannot be told: "+err.Error(),
			"use a server that answers eth_chainId, and eth_getBlockByNumber of block 0")
	}
	head, err := client.Head(ctx)
	if err != nil {
		return id, e.fail("blocks", name, "the newest block cannot be read: "+err.Error(), "is the server still starting? use another one")
	}
	age := e.now().Sub(time.Unix(int64(head.Time), 0))
	switch {
	case age < -skewWarn:
		e.skew(name, age, "the newest block's, which cannot be of the future")
	case head.Number == 0:
		e.warn("blocks", name, "there is no block but the first: the server has not begun to synchronise, or the chain is new",
			"wait until it has synchronised")
	case age > headOld:
		e.warn("blocks", name, fmt.Sprintf("the newest block, %d, is %s old", head.Number, age.Round(time.Second)),
			"is the server synchronised, and does the chain go on? compare with a block explorer")
	default:
		e.ok("blocks", name, "the newest is %d, %s old", head.Number, max(0, age).Round(time.Second))
	}
	usable = e.fees(ctx, name, client)

	final, err := client.Final(ctx, c.Confirmations, head)
	switch {
	case errors.Is(err, chain.ErrNoBlock) && (c.Confirmations == chain.Finalized || c.Confirmations == chain.Safe):
		e.warn("finality", name, fmt.Sprintf("no block is %s yet", c.Confirmations),
			"if this lasts, the chain has no such tag, or the server's consensus client is not there: set --confirmations to a number of blocks")
		final = head
	case errors.Is(err, chain.ErrNoBlock):
		e.warn("finality", name, fmt.Sprintf("the chain has fewer than %s blocks", c.Confirmations), "wait")
		final = head
	case err != nil:
		return id, e.fail("finality", name, fmt.Sprintf("the newest block that is %s cannot be read: %v", c.Confirmations, err),
			"use a server that knows it, or set --confirmations to a number of blocks")
	default:
		lag := time.Duration(head.Time-min(head.Time, final.Time)) * time.Second
		text := fmt.Sprintf("block %d is final (by %s), %s behind the newest", final.Number, c.Confirmations, lag)
		if lag > finalityOld {
			e.warn("finality", name, text,
				"the chain does not finalise, or the server's consensus client is out of step: see the chain's status page")
		} else {
			e.ok("finality", name, "%s", text)
		}
	}
	return id, e.proof(ctx, name, client, c.Registry, final) && usable
}

func (e *examination) fees(ctx context.Context, name string, client *chain.Client) bool {
	fees, base, err := client.Fees(ctx)
	if err != nil {
		return e.fail("fees", name, "eth_feeHistory does not work: "+err.Error(), "use a server and a chain with EIP-1559")
	}
	e.ok("fees", name, "base fee %s, tip %s per gas", chain.Gwei(base), chain.Gwei(fees.Tip))
	return true
}

// proof has a block's state proven, as for evidence. The client checks that the proof
// is of that block.
func (e *examination) proof(ctx context.Context, name string, client *chain.Client, registry verifier.Address, at chain.Block) bool {
	_, err := client.Prove(ctx, at.Hash, registry, []merkle.Hash{verifier.AnchorSlot(merkle.Hash{1})})
	switch {
	case errors.Is(err, chain.ErrLie):
		e.fail("evidence", name, fmt.Sprintf("what it gives as proof of the state of block %d does not hold: %v", at.Number, err),
			"do not trust this server: use another one")
	case err != nil:
		e.fail("evidence", name, fmt.Sprintf("the state of block %d cannot be proven: %v", at.Number, err),
			"use a server that answers eth_getProof by block hash for final blocks: an own full node does for its newest 128 blocks, "+
				"an archive node always")
	default:
		e.ok("evidence", name, "the state of block %d can be proven", at.Number)
	}
	return err == nil
}
