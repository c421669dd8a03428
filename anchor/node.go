package anchor

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Node is a node of Hallmark. Open one, then Run it; all other methods may be
// called by many goroutines at once, from Open until Close.
type Node struct{}

var errTodo = errors.New("not there yet")

// Submit checks s, writes it to disk and returns once it is durable. The same
// submission again returns its present status. Errors: [*RefusedError],
// [ErrTooLarge], [ErrNotAllowed], [ErrBusy].
func (n *Node) Submit(ctx context.Context, s *Submission) (Status, error) { return Status{}, errTodo }

// Submission returns where a submission stands, or [ErrNotFound].
func (n *Node) Submission(ctx context.Context, id merkle.Hash) (Status, error) {
	return Status{}, errTodo
}

// Watch returns a submission's status now and after each change. The channel is
// closed once the submission is final, or ctx is done, or the node is closed.
func (n *Node) Watch(ctx context.Context, id merkle.Hash) (<-chan Status, error) { return nil, errTodo }

// Proof returns what a proof file says of a leaf, or [ErrNotFound].
func (n *Node) Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	return LeafProof{}, errTodo
}

// StatusList returns an issuer's status. [ErrUnavailable] while the chain cannot be read.
func (n *Node) StatusList(ctx context.Context, issuer verifier.Address) (IssuerStatus, error) {
	return IssuerStatus{}, errTodo
}

// SetStatus publishes a new status list. It returns once the list and the intent
// to relay it are durable; [Node.StatusList] shows how far it has come.
func (n *Node) SetStatus(ctx context.Context, u StatusUpdate) error { return errTodo }

// Retire relays a signed statement; as [Node.SetStatus].
func (n *Node) Retire(ctx context.Context, r RetireRequest) error { return errTodo }

// SetController relays a signed statement; as [Node.SetStatus].
func (n *Node) SetController(ctx context.Context, r ControllerRequest) error { return errTodo }

// Info returns what a client needs to know before it submits.
func (n *Node) Info() Info { return Info{} }

// Health returns what an operator needs to know.
func (n *Node) Health(ctx context.Context) Health { return Health{} }

// Batches lists up to limit batches in the order of sealing, after the one
// numbered after (zero: from the first).
func (n *Node) Batches(ctx context.Context, after uint64, limit int) ([]BatchInfo, error) {
	return nil, errTodo
}

// Batch returns a batch by its root, or [ErrNotFound].
func (n *Node) Batch(ctx context.Context, root merkle.Hash) (BatchInfo, error) {
	return BatchInfo{}, errTodo
}

// Block returns a published block by its CID, or [ErrNotFound].
func (n *Node) Block(ctx context.Context, c cid.Cid) ([]byte, error) { return nil, errTodo }
