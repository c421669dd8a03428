package dnschain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	maxQuestions = 64 // for one capture
	tries        = 3  // by UDP, of one question
	patience     = 3 * time.Second
	udpSize      = 1232 // as resolvers agreed on DNS Flag Day 2020
)

// asker asks one resolver.
type asker struct {
	resolver string
	asked    int
}

func newAsker(resolver string) *asker {
	if _, _, err := net.SplitHostPort(resolver); err != nil {
		resolver = net.JoinHostPort(strings.Trim(resolver, "[]"), "53")
	}
	return &asker{resolver: resolver}
}

// ask returns the answer of the resolver with signatures, unchecked by it, by TCP if it does
// not fit.
func (a *asker) ask(ctx context.Context, name string, typ uint16) (*dns.Msg, error) {
	if a.asked++; a.asked > maxQuestions {
		return nil, fmt.Errorf("the records lead from zone to zone: at most %d questions are asked", maxQuestions)
	}
	question := new(dns.Msg)
	question.SetQuestion(name, typ)
	question.SetEdns0(udpSize, true)
	question.CheckingDisabled = true
	reply, err := a.exchange(ctx, question)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the resolver %s gave no answer on %s: %w; another resolver may", a.resolver, trim(name), plain(err))
	}
	switch {
	case len(reply.Question) != 1 || reply.Question[0].Qtype != typ || !strings.EqualFold(reply.Question[0].Name, name):
		return nil, fmt.Errorf("the resolver %s answers another question than that on %s", a.resolver, trim(name))
	case reply.Rcode == dns.RcodeNameError:
		return nil, fmt.Errorf("there is no record at %s", trim(name))
	case reply.Rcode != dns.RcodeSuccess:
		return nil, fmt.Errorf("the resolver %s refuses to answer on %s (%s): another resolver may",
			a.resolver, trim(name), dns.RcodeToString[reply.Rcode])
	}
	return reply, nil
}

func (a *asker) exchange(ctx context.Context, question *dns.Msg) (*dns.Msg, error) {
	udp := &dns.Client{Net: "udp", Timeout: patience, UDPSize: udpSize}
	var reply *dns.Msg
	err := errors.New("it was not asked")
	for n := 0; n < tries && err != nil; n++ {
		reply, _, err = udp.ExchangeContext(ctx, question, a.resolver)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if err == nil && !reply.Truncated {
		return reply, nil
	}
	tcp := &dns.Client{Net: "tcp", Timeout: patience}
	if reply, _, err = tcp.ExchangeContext(ctx, question, a.resolver); err == nil && reply.Truncated {
		err = errors.New("the answer is cut short by TCP too")
	}
	return reply, err
}

// plain says what happened to a connection without addresses, which the sentence has.
func plain(err error) error {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return errors.New("it took too long")
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
