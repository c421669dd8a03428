// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev OpenZeppelin's StandardMerkleTree as its documentation defines it, to make proofs in tests; too dear for a chain.
library Trees {
    /// @dev 2n-1 nodes: sorted leaf i at 2n-2-i, node i over nodes 2i+1 and 2i+2, the root at 0.
    function build(bytes32[] memory leaves) internal pure returns (bytes32[] memory nodes) {
        uint256 n = leaves.length;
        nodes = new bytes32[](2 * n - 1);
        bytes32[] memory sorted = sort(leaves);
        for (uint256 i = 0; i < n; ++i) {
            nodes[2 * n - 2 - i] = sorted[i];
        }
        for (uint256 i = n - 1; i > 0;) {
            --i;
            (bytes32 a, bytes32 b) = (nodes[2 * i + 1], nodes[2 * i + 2]);
            nodes[i] = a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
        }
    }

    function path(bytes32[] memory nodes, bytes32 leaf) internal pure returns (bytes32[] memory steps) {
        uint256 i = nodes.length / 2; // the first leaf: inner nodes come before
        while (nodes[i] != leaf) ++i; // out of bounds where there is no such leaf
        uint256 depth = 0;
        for (uint256 j = i; j > 0; j = (j - 1) / 2) {
            ++depth;
        }
        steps = new bytes32[](depth);
        for (uint256 k = 0; k < depth; ++k) {
            steps[k] = nodes[i % 2 == 1 ? i + 1 : i - 1];
            i = (i - 1) / 2;
        }
    }

    function sort(bytes32[] memory values) internal pure returns (bytes32[] memory sorted) {
        sorted = new bytes32[](values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 j = i;
            for (; j > 0 && sorted[j - 1] > values[i]; --j) {
                sorted[j] = sorted[j - 1];
            }
            sorted[j] = values[i];
        }
    }
}
