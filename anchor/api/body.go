package api

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Bodies of requests. Memory is counted when it has arrived: who only announces a body
// holds nothing but a connection, and that for as long as the least rate lets it.
const (
	maxJSON       = 8 << 20  // submissions beyond it go in the binary form
	maxStatusJSON = 96 << 20 // a list of [verifier.MaxStatusItems] fits in it

	// Of all bodies under way; and of that what only those of at most smallBody use, so
	// that submissions as most are get through beside large ones. A client has room for
	// the largest body.
	maxBodies   = 192 << 20
	spareBodies = 32 << 20
	clientBody  = maxStatusJSON
	smallBody   = 64 << 10

	// Bodies at once. An empty one costs the node some 40 KB for its connection.
	maxOpen    = 2048
	clientOpen = 64

	// The leaves of a binary submission are hashed and written as they come, so that it
	// holds no more than this however large it is, see Receive of package intake.
	maxBinary = 18 << 20

	// bodyPiece is what has to arrive in each Config.BodyTime, unless the body ends.
	bodyPiece = 128 << 10

	// maxToken is the longest value in a JSON body, in bytes as it is written: the
	// decoder holds a value until it is whole. The longest of use is the signature of a
	// contract.
	maxToken = 32 << 10
)

// Errors that end the reading of a body.
var (
	errBodies  = later(http.StatusServiceUnavailable, errors.New("the node is reading as many bodies as it can hold: try again later"))
	errOwnBody = later(http.StatusTooManyRequests, errors.New("the node is reading as much from your address as it may at once: "+
		"wait for the answers, or send fewer at a time"))
	errToken = errors.New("a value of it is too long")
)

// bodyReader is the body of a request as handlers read it: in time, without white space that
// means nothing, and counted. JSON takes less memory when decoded than it has bytes
// without white space, since each element of a list has at least a hash in it.
type bodyReader struct {
	io.ReadCloser // no longer than it may be
	control       *http.ResponseController
	bodies        *shares
	client        remote
	most          int64    // of what is counted
	squeeze       *squeeze // nil: bytes are passed on as they are

	time  time.Duration
	until time.Time // by when the piece that is awaited must be there
	last  time.Time // when the last read ended
	piece int       // bytes of it so far

	held int64
}

func newBody(from io.ReadCloser, control *http.ResponseController, l *limits, client remote, exact bool) *bodyReader {
	b := &bodyReader{
		ReadCloser: from, control: control, bodies: l.bodies, client: client,
		time: l.config.BodyTime, most: maxBinary, last: time.Now(),
	}
	if !exact {
		b.most, b.squeeze = maxStatusJSON, new(squeeze)
	}
	b.await(b.last)
	return b
}

// await gives the next piece its time.
func (b *bodyReader) await(now time.Time) {
	b.piece, b.until = 0, now.Add(b.time)
	_ = b.control.SetReadDeadline(b.until) // every net/http connection can
}

// Read implements [io.Reader].
func (b *bodyReader) Read(p []byte) (int, error) {
	for {
		n, err := b.arrive(p)
		if b.squeeze != nil {
			var long error
			if n, long = b.squeeze.in(p[:n]); long != nil {
				return n, long
			}
		}
		if full := b.count(int64(n)); full != nil {
			return 0, full
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// arrive reads what comes in time.
func (b *bodyReader) arrive(p []byte) (int, error) {
	now := time.Now()
	if pause := now.Sub(b.last); pause > 100*time.Millisecond {
		// The node was busy with what it has; that is not the client's time.
		b.until = b.until.Add(pause)
		_ = b.control.SetReadDeadline(b.until)
	}
	n, err := b.ReadCloser.Read(p)
	b.last = time.Now()
	switch b.piece += n; {
	case err == io.EOF:
		_ = b.control.SetReadDeadline(time.Time{}) // the connection is watched while the answer is made
	case b.piece >= bodyPiece:
		b.await(b.last)
	}
	return n, err
}

// count takes n more bytes from the budget.
func (b *bodyReader) count(n int64) error {
	n = min(n, b.most-b.held)
	if n <= 0 {
		return nil
	}
	spare := int64(0)
	if b.held+n > smallBody {
		spare = min(spareBodies, b.bodies.total/4)
	}
	err := b.bodies.take(b.client, n, spare, errOwnBody, errBodies)
	if err == nil {
		b.held += n
	}
	return err
}

// release gives back what was counted, once it is no longer needed.
func (b *bodyReader) release() { b.bodies.give(b.client, b.held) }

// squeeze shortens each run of white space between JSON tokens to one byte, since the
// decoder holds on to it, and refuses tokens that are too long. Whether what it passes
// on is JSON is for the decoder to say.
type squeeze struct {
	quoted, escaped, blank bool
	token                  int // bytes of the one that has begun
}

// in shortens p in place and returns how much is left of it.
func (s *squeeze) in(p []byte) (int, error) {
	n := 0
	for _, c := range p {
		switch {
		case s.quoted:
			s.token++
			switch {
			case s.escaped:
				s.escaped = false
			case c == '\\':
				s.escaped = true
			case c == '"':
				s.quoted = false
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if s.blank {
				continue
			}
			s.blank, s.token = true, 0
			p[n] = c
			n++
			continue
		case c == '[' || c == ']' || c == '{' || c == '}' || c == ',' || c == ':':
			s.token = 0
		default:
			s.quoted = c == '"'
			s.token++
		}
		if s.blank = false; s.token > maxToken {
			return n, errToken
		}
		p[n] = c
		n++
	}
	return n, nil
}
