package anchor

// Checkpoint writes all that the node has on disk, as it is now, into the folder
// dir, which must not be there: a data folder with which a node can go on. It holds
// every submission that was acknowledged before the call. The node runs on.
//
// A node that goes on with an older state is safe, since it decides from the chain
// and its records alone: an anchor that is there is found in the registry, a nonce
// that was used since is skipped, and a transaction that is still on its way with a
// nonce that is chosen again is overtaken or survived. What was accepted after the
// checkpoint is unknown to it, and has to be submitted again.
func (n *Node) Checkpoint(dir string) error { return n.store.Folder().Checkpoint(dir) }
