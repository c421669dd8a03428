package merkle

// Nodes returns the 2n-1 nodes of the tree in the order of OpenZeppelin's array: the
// root at 0, the children of node i at 2i+1 and 2i+2. It is for whoever stores parts
// of a tree; the caller must not change it.
func (t *Tree) Nodes() []Hash { return t.nodes }
