package api

import (
	"bytes"
	"context"
	"net"
)

// Listener wraps the listener that a server of [NewServer] is given, so that answers of the
// size of a proof leave in one piece: package http writes what is longer than 4 KiB in two,
// which costs both sides another system call, and the client another wake-up.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c}, nil
}

// connection holds back the pieces of an answer whose length is known until it is
// whole. The server writes one answer after the other, from one goroutine at a time.
type connection struct {
	net.Conn
	body int    // bytes of the body that is expected, until its head is written; 0: none is
	rest int    // bytes of the answer that are still to come
	held []byte // of it
}

type connectionKey struct{}

// withConnection lets handlers find the connection; for [http.Server.ConnContext].
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*connection); ok {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	return ctx
}

// expect says that the answer to a request, of which ctx is, has a body of that many
// bytes, all of which are going to be written.
func expect(ctx context.Context, body int) {
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		c.body = body
	}
}

func (c *connection) Write(p []byte) (int, error) {
	if c.body > 0 { // this is the head, with some of the body
		if head := bytes.Index(p, []byte("\r\n\r\n")); head >= 0 {
			c.rest = head + 4 + c.body
		}
		c.body = 0
	}
	if c.rest <= len(p) && len(c.held) == 0 {
		c.rest = 0
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	if c.rest -= len(p); c.rest > 0 {
		return len(p), nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
