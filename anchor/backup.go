package anchor

import "errors"

// Checkpoint writes all that the node has on disk, as it is now, into the folder
// dir, which must not be there: a data folder with which a node can go on. It holds
// every submission that was acknowledged before the call. The node runs on.
//
// A node that goes on with an older state is safe, since it decides from the chain
// and its records alone: an anchor that is there is found in the registry, a nonce
// that was used since is skipped, and a transaction that is still on its way with a
// nonce that is chosen again is overtaken or survived. What was accepted after the
// checkpoint is unknown to it, and has to be submitted again.
// A store that is in no folder is backed up by other means, and refuses.
func (n *Node) Checkpoint(dir string) error {
	folder := n.store.Folder()
	if folder == nil {
		return errors.New("the node's state is in PostgreSQL and S3: back those up, as docs/operations/cluster.md says")
	}
	return folder.Checkpoint(dir)
}
