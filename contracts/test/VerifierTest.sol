// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {Trees} from "./Trees.sol";
import {VerifierHarness} from "./VerifierHarness.sol";
import {vm} from "./Vm.sol";

/// @dev Makes what an issuer and a node make: submissions, batches, status lists, and the proofs out of them.
abstract contract VerifierTest is RegistryTest {
    using Trees for bytes32[];

    /// @dev One credential with all that proves it.
    struct Shown {
        bytes cid;
        HallmarkVerifier.Proof proof;
        bytes32 leaf;
        bytes32 submission;
        bytes32 batch;
    }

    bytes32 internal constant LAST = bytes32(type(uint256).max);

    VerifierHarness internal verifier;

    function setUp() public virtual override {
        super.setUp();
        verifier = new VerifierHarness();
    }

    /// @dev A raw, sha2-256 CID.
    function cidOf(uint256 document) internal pure returns (bytes memory) {
        return bytes.concat(hex"01551220", keccak256(abi.encode("document", document)));
    }

    /// @dev A submission of `count` credentials by the issuer, anchored now in a batch with `others` more. Shows the first.
    function anchored(uint256 count, uint256 others) internal returns (Shown memory shown) {
        shown = shownBy(cidOf(0), count, others);
        registry.anchor(shown.batch, 0);
    }

    /// @dev As {anchored}, for a document of this CID and before it is anchored.
    function shownBy(bytes memory cid, uint256 count, uint256 others) internal view returns (Shown memory shown) {
        shown.cid = cid;
        shown.proof.salt = keccak256("salt");
        shown.proof.count = uint64(count);
        shown.proof.issuedAt = uint64(NOW - 60);
        shown.proof.status = new HallmarkVerifier.StatusEntry[](0);

        bytes32[] memory leaves = new bytes32[](count);
        shown.leaf = leaf(abi.encode(cid, shown.proof.salt));
        leaves[0] = shown.leaf;
        for (uint256 i = 1; i < count; ++i) {
            leaves[i] = leaf(abi.encode(cidOf(i), keccak256(abi.encode("salt", i))));
        }
        bytes32[] memory nodes = leaves.build();
        shown.submission = nodes[0];
        shown.proof.path = nodes.path(shown.leaf);

        bytes32 digest = typedDigest(
            "Submission(bytes32 root,uint64 count,uint64 issuedAt)",
            abi.encode(shown.submission, count, shown.proof.issuedAt)
        );
        shown.proof.signature = sign(ISSUER_KEY, digest);

        bytes32[] memory submissions = new bytes32[](1 + others);
        submissions[0] = leaf(abi.encode(issuer, digest));
        for (uint256 i = 0; i < others; ++i) {
            submissions[1 + i] = leaf(abi.encode(other, keccak256(abi.encode("digest", i))));
        }
        nodes = submissions.build();
        shown.batch = nodes[0];
        shown.proof.batchPath = nodes.path(submissions[0]);
    }

    /// @dev Publishes, as the issuer's next status list, one of these ids with these codes.
    function publish(bytes32[] memory ids, uint8[] memory codes)
        internal
        returns (HallmarkVerifier.StatusEntry[] memory entries)
    {
        bytes32[] memory order = ids.sort();
        entries = new HallmarkVerifier.StatusEntry[](ids.length + 1);
        for (uint256 i = 0; i <= ids.length; ++i) {
            if (i > 0) {
                entries[i].id = order[i - 1];
                for (uint256 j = 0; j < ids.length; ++j) {
                    if (ids[j] == order[i - 1]) entries[i].code = codes[j];
                }
            }
            entries[i].next = i < ids.length ? order[i] : LAST;
        }
        commit(entries);
    }

    /// @dev Fills in the paths, and has the issuer set the root: also of entries that no honest list has.
    function commit(HallmarkVerifier.StatusEntry[] memory entries) internal returns (bytes32 root) {
        bytes32[] memory leaves = new bytes32[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            leaves[i] = leaf(abi.encode(entries[i].id, entries[i].code, entries[i].next));
        }
        bytes32[] memory nodes = leaves.build();
        for (uint256 i = 0; i < entries.length; ++i) {
            entries[i].path = nodes.path(leaves[i]);
        }
        root = nodes[0];
        (,, uint64 version,) = registry.issuers(issuer);
        vm.prank(issuer);
        registry.setStatus(issuer, version + 1, root, 0);
    }

    function pass(Shown memory shown) internal view returns (HallmarkVerifier.Credential memory) {
        return verifier.verify(registry, issuer, shown.cid, shown.proof);
    }

    function refused(Shown memory shown, bytes memory why) internal {
        vm.expectRevert(why);
        verifier.verify(registry, issuer, shown.cid, shown.proof);
    }

    function leaf(bytes memory encoded) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(encoded)));
    }

    function reason(bytes4 selector, bytes32 id) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, id);
    }
}
