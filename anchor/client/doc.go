// Package client talks to a node of Hallmark over HTTP.
//
// Call [New] with the node's URL, or [NewHinted] if a stranger named it, as a proof does in
// its hints. [Client.Submit] hands in a submission, [Client.Watch] waits until it is final,
// [Client.ProofIn] gets what completes a proof; [Client.SetStatus], [Client.Retire] and
// [Client.SetController] hand in statements, and [Client.AwaitIssuer] waits for them.
//
// The JSON forms of requests and answers are types of this package, which the server uses
// too: wire.go, health.go, request.go; binary.go has the binary form of submissions. What
// they are made of is in package anchor/publish. Neither links the node, its database or
// its chain.
//
// What a node answers is not verified here: that is for package verifier.
package client
