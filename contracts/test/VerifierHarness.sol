// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";

/// @dev The library's functions as external ones: it takes proofs from calldata, as a contract that uses it does.
contract VerifierHarness {
    function verify(IAnchorRegistry registry, address issuer, bytes calldata cid, HallmarkVerifier.Proof calldata proof)
        external
        view
        returns (HallmarkVerifier.Credential memory)
    {
        return HallmarkVerifier.verify(registry, issuer, cid, proof);
    }

    function requireCID(bytes calldata cid) external pure {
        HallmarkVerifier.requireCID(cid);
    }

    function leaf(bytes calldata cid, bytes32 salt) external pure returns (bytes32) {
        return HallmarkVerifier.leaf(cid, salt);
    }

    function submissionRoot(bytes32 leaf_, uint64 count, bytes32[] calldata path) external pure returns (bytes32) {
        return HallmarkVerifier.submissionRoot(leaf_, count, path);
    }

    function submissionDigest(uint256 chainId, address registry, bytes32 root, uint64 count, uint64 issuedAt)
        external
        pure
        returns (bytes32)
    {
        return HallmarkVerifier.submissionDigest(chainId, registry, root, count, issuedAt);
    }

    function recover(bytes32 digest, bytes calldata signature) external pure returns (address) {
        return HallmarkVerifier.recover(digest, signature);
    }

    function batchLeaf(address issuer, bytes32 digest) external pure returns (bytes32) {
        return HallmarkVerifier.batchLeaf(issuer, digest);
    }

    function batchRoot(bytes32 leaf_, bytes32[] calldata path) external pure returns (bytes32) {
        return HallmarkVerifier.batchRoot(leaf_, path);
    }

    function statusLeaf(bytes32 id, uint8 code, bytes32 next) external pure returns (bytes32) {
        return HallmarkVerifier.statusLeaf(id, code, next);
    }

    function requireGood(bytes32 statusRoot, bytes32 id, HallmarkVerifier.StatusEntry[] calldata entries)
        external
        pure
    {
        HallmarkVerifier.requireGood(statusRoot, id, entries);
    }
}
