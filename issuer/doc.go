// Package issuer is what an issuer does: it submits credentials to a node, completes their
// proofs, and keeps the proofs' evidence up to date.
//
// A [Submitter] hands in credentials: those that [Submitter.SubmitFiles] or [Sources] find,
// with proofs in files of their own ([Submitter.Submit]) or in one archive
// ([Submitter.SubmitArchive]). Whatever interrupts it, it may be called again.
//
// [ReadProofs] reads proofs wherever they are: in files, in credentials that carry them, in
// QR codes and in archives. [CompleteAll] and [WaitAll] complete those that are pending,
// [ProofFile.Refresh] brings newer evidence from a node or a chain, [ProofFile.AskWitnesses]
// and [ProofFile.Rehang] better vouchers for what is there. What nodes and chains say is
// checked before it is written, and files are replaced all at once.
//
// [Identity] is evidence that a domain named the issuer's key: kept in files, chosen with
// [Choose], and part of each submission that [Submitter.Evidence] gives it to.
//
// A [Registry] changes what the issuer says in its home registry: revoked and suspended
// credentials, what replaces them, the end of its key, its controller. When the chain of its home has died,
// [ReadHomeRecord] and [Registry.Carry] repeat on another one what was said last.
//
// Errors that a person can do something about are of type [Error].
//
// Read the code in this order: inputs.go, identity.go, submission.go, submitter.go,
// submit_archive.go, proof.go, archive.go, complete.go, refresh.go, vouchers.go, witness.go,
// rehang.go; then rpc.go, registry.go, statuslist.go, replace.go, carry.go, carry_list.go.
package issuer

import (
	"errors"

	"github.com/hallmark-node/hallmark/internal/fault"
)

// Error is an error with its remedy.
type Error = fault.Error

// What a caller can choose otherwise.
var (
	// ErrNodeNeeded says that a chain has only the root of a status list, which a node has.
	ErrNodeNeeded = errors.New("the chain has only its root")
	// ErrInTheWay says that something that is not a proof is where a new one is to be.
	ErrInTheWay = errors.New("is in the way")
	// ErrOtherwise says that pending proofs are made otherwise than the caller asks for now.
	ErrOtherwise = errors.New("the pending proofs are made otherwise")
	// ErrWhichProof says that an archive holds several proofs where one is wanted.
	ErrWhichProof = errors.New("and one is wanted")
)
