// Package merkle builds the Merkle trees in which Hallmark commits to
// credentials, submissions, batches and status lists, and checks paths in them.
//
// Call [New] with the leaves, then [Tree.Root] and [Tree.Path]; to check a path
// against a known root, call [Root]. [LeafHash] makes a leaf from ABI-encoded
// values. For many at once there are [LeafHashes] and [Roots], and [Stream] for more
// leaves than fit into memory.
//
// Hashes are computed several at once, on all cores, with the vector instructions
// that the processor has: AVX2 or AVX-512 on amd64, the SHA3 extension on arm64.
//
// The trees are byte for byte those of OpenZeppelin's StandardMerkleTree: a leaf
// is keccak256(keccak256(encoded)), leaves are sorted ascending, inner nodes hash
// their two children in ascending order, and the 2n-1 nodes lie in an array with
// the root at 0, the children of node i at 2i+1 and 2i+2, and sorted leaf i at
// 2n-2-i. So Solidity's MerkleProof.verify and the npm package
// @openzeppelin/merkle-tree check these paths as they are. The last hash of a leaf
// takes 32 bytes and that of an inner node 64, so neither can be passed off as the
// other; that values of different trees never have equal encodings is the caller's
// part.
//
// Keccak-256 here is the original submission that Ethereum uses, not SHA3-256.
package merkle
