package dnstest

import (
	"net"
	"testing"

	"github.com/miekg/dns"
)

// ServeDNS answers as a resolver does that asks the tree's zones: with signatures if they
// are asked for, and cut short by UDP where it does not fit.
func (t *Tree) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(question)
	reply.RecursionAvailable = true
	asked := question.Question[0]
	if asked.Qtype == dns.TypeDNSKEY {
		if z := t.zones[dns.CanonicalName(asked.Name)]; z != nil {
			reply.Answer = append(z.Keys(), z.Sign(t.tb, z.Keys(), nil))
		}
	} else {
		reply.Answer, reply.Ns = t.Answer(asked.Name, asked.Qtype)
	}
	size := dns.MinMsgSize
	if opt := question.IsEdns0(); opt != nil && opt.Do() {
		size = int(opt.UDPSize())
		reply.SetEdns0(opt.UDPSize(), true)
	} else {
		reply.Answer, reply.Ns = unsigned(reply.Answer), nil
	}
	for i, rr := range reply.Answer { // a resolver counts the seconds down
		rr = dns.Copy(rr)
		rr.Header().Ttl /= 2
		reply.Answer[i] = rr
	}
	if w.RemoteAddr().Network() == "udp" {
		reply.Truncate(size)
	}
	if err := w.WriteMsg(reply); err != nil {
		t.tb.Log(err)
	}
}

func unsigned(records []dns.RR) []dns.RR {
	var kept []dns.RR
	for _, rr := range records {
		if rr.Header().Rrtype != dns.TypeRRSIG {
			kept = append(kept, rr)
		}
	}
	return kept
}

// Listen serves a handler, such as a tree, by UDP and TCP on a port of this host until the
// test ends, and returns host and port.
func Listen(tb testing.TB, handler dns.Handler) string {
	tb.Helper()
	var listen net.ListenConfig
	for range 20 { // the port of the one may be taken for the other
		packets, err := listen.ListenPacket(tb.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		address := packets.LocalAddr().String()
		streams, err := listen.Listen(tb.Context(), "tcp", address)
		if err != nil {
			_ = packets.Close()
			continue
		}
		for _, server := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: streams, Handler: handler}} {
			ready, done := make(chan struct{}), make(chan error, 1)
			server.NotifyStartedFunc = func() { close(ready) }
			go func() { done <- server.ActivateAndServe() }()
			<-ready
			tb.Cleanup(func() {
				if err := server.Shutdown(); err != nil {
					tb.Error(err)
				}
				if err := <-done; err != nil {
					tb.Error(err)
				}
			})
		}
		return address
	}
	tb.Fatal("no port is free for both")
	return ""
}
