package merkle_test

import (
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
)

// A tree is built from leaves; each leaf then has a path with which anyone who
// knows the root finds that the tree has the leaf.
func Example() {
	leaves := []merkle.Hash{
		merkle.LeafHash([]byte("first encoded value")),
		merkle.LeafHash([]byte("second encoded value")),
		merkle.LeafHash([]byte("third encoded value")),
	}
	tree, err := merkle.New(leaves)
	if err != nil {
		fmt.Println(err)
		return
	}
	i, _ := tree.Index(leaves[2])
	path := tree.Path(i)

	fmt.Println(merkle.Root(leaves[2], path) == tree.Root())
	fmt.Println(merkle.Root(merkle.LeafHash([]byte("forged")), path) == tree.Root())
	// Output:
	// true
	// false
}

// A submission of 5 leaves has paths of 2 or 3 steps, nothing else.
func ExampleValidPathLen() {
	fmt.Println(merkle.ValidPathLen(5, 1), merkle.ValidPathLen(5, 2), merkle.ValidPathLen(5, 3), merkle.ValidPathLen(5, 4))
	// Output: false true true false
}
