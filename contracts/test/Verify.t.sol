// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {VerifierTest} from "./VerifierTest.sol";
import {vm} from "./Vm.sol";

/// @dev {HallmarkVerifier-verify} as a whole: good credentials pass, one changed bit anywhere does not.
contract VerifyTest is VerifierTest {
    function testFuzzAGoodCredentialPasses(uint8 count, uint8 others, uint32 later) public {
        Shown memory shown = anchored(1 + count % 24, others % 10);
        vm.warp(NOW + later);
        HallmarkVerifier.Credential memory credential = pass(shown);
        vm.assertEq(credential.leaf, shown.leaf, "leaf");
        vm.assertEq(credential.submission, shown.submission, "submission");
        vm.assertEq(credential.batch, shown.batch, "batch");
        vm.assertEq(credential.anchoredAt, NOW, "anchoredAt");
    }

    function testFuzzAGoodCredentialPassesBesideAListOfOthers(uint8 count, bytes32[6] memory listed) public {
        Shown memory shown = anchored(1 + count % 24, 3);
        shown.proof.status = listOf(listed);
        pass(shown);
    }

    // --- one thing changed

    /// @dev Flips one bit of anything that is shown. Whatever it was, the library must refuse it by one of its own errors:
    /// not pass, not panic, not run out of gas.
    function testFuzzOneFlippedBitIsRefused(uint8 count, uint8 others, uint256 what, uint256 bit) public {
        Shown memory shown = anchored(2 + count % 24, 1 + others % 10);
        bytes32[6] memory listed;
        for (uint256 i = 0; i < 6; ++i) {
            listed[i] = keccak256(abi.encode("listed", i, count));
        }
        shown.proof.status = listOf(listed);
        pass(shown);
        flip(shown, what, bit);
        requireOwnError(shown);
    }

    function flip(Shown memory shown, uint256 what, uint256 bit) private pure {
        HallmarkVerifier.Proof memory proof = shown.proof;
        HallmarkVerifier.StatusEntry memory entry = proof.status[bit % proof.status.length];
        bytes32 mask = bytes32(1 << (bit % 256));
        what %= 10;
        if (what == 0) shown.cid[bit / 8 % shown.cid.length] ^= bytes1(uint8(1 << (bit % 8)));
        if (what == 1) proof.salt ^= mask;
        if (what == 2) proof.count ^= uint64(1 << (bit % 64));
        if (what == 3) proof.issuedAt ^= uint64(1 << (bit % 64));
        if (what == 4) proof.path[bit / 256 % proof.path.length] ^= mask;
        if (what == 5) proof.signature[bit / 8 % 65] ^= bytes1(uint8(1 << (bit % 8)));
        if (what == 6) proof.batchPath[bit / 256 % proof.batchPath.length] ^= mask;
        if (what == 7) entry.id ^= mask;
        if (what == 8) entry.code ^= uint8(1 << (bit % 8));
        if (what == 9) entry.next ^= mask;
    }

    function testFuzzLongerShorterAndReorderedPathsAreRefused(uint8 count, uint256 what, bytes32 extra) public {
        Shown memory shown = anchored(4 + count % 24, 3);
        HallmarkVerifier.Proof memory proof = shown.proof;
        what %= 6;
        if (what == 0) proof.path = cut(proof.path);
        if (what == 1) proof.path = grown(proof.path, extra);
        if (what == 2) proof.batchPath = cut(proof.batchPath);
        if (what == 3) proof.batchPath = grown(proof.batchPath, extra);
        if (what == 4) (proof.path[0], proof.path[1]) = (proof.path[1], proof.path[0]);
        if (what == 5) (proof.path, proof.batchPath) = (proof.batchPath, proof.path);
        requireOwnError(shown);
    }

    // --- another place, another issuer

    function testFuzzAnotherIssuerIsRefused(address wanted) public {
        vm.assume(wanted != issuer);
        Shown memory shown = anchored(5, 2);
        vm.expectRevert(
            abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierSignerMismatch.selector, issuer, wanted)
        );
        verifier.verify(registry, wanted, shown.cid, shown.proof);
    }

    /// @dev The same root anchored elsewhere proves nothing: the statement names one home.
    function testAnotherRegistryIsRefused() public {
        Shown memory shown = anchored(5, 2);
        registry = new AnchorRegistry();
        registry.anchor(shown.batch, 0);
        requireOwnError(shown, HallmarkVerifier.HallmarkVerifierSignerMismatch.selector);
    }

    function testFuzzAnotherChainIsRefused(uint64 chain) public {
        vm.assume(chain != block.chainid);
        Shown memory shown = anchored(5, 2);
        vm.chainId(chain);
        requireOwnError(shown, HallmarkVerifier.HallmarkVerifierSignerMismatch.selector);
    }

    function testWhatWasNeverAnchoredIsRefused() public {
        Shown memory shown = shownBy(cidOf(0), 5, 2);
        refused(shown, reason(HallmarkVerifier.HallmarkVerifierNotAnchored.selector, shown.batch));
    }

    /// @dev A path that ends below or above the anchored root: the leaf itself, or the submission's root.
    function testARootOfAnotherLevelIsRefused() public {
        Shown memory shown = shownBy(cidOf(0), 5, 2);
        registry.anchor(shown.leaf, 0);
        registry.anchor(shown.submission, 0);
        refused(shown, reason(HallmarkVerifier.HallmarkVerifierNotAnchored.selector, shown.batch));
    }

    // --- retirement

    function testARetiredKeyIsBelievedForWhatItAnchoredBefore() public {
        Shown memory shown = anchored(5, 2);
        vm.warp(NOW + 100);
        vm.prank(issuer);
        registry.retire(issuer, uint64(NOW + 1));
        pass(shown);
        vm.prank(issuer);
        registry.retire(issuer, uint64(NOW)); // at the very moment: not believed any more
        refused(
            shown,
            abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierKeyRetired.selector, uint64(NOW), uint48(NOW))
        );
    }

    // --- helpers

    /// @dev A list of these ids, revoked, and all of its entries, so that one decides whatever is asked.
    function listOf(bytes32[6] memory listed) private returns (HallmarkVerifier.StatusEntry[] memory) {
        bytes32[] memory ids = new bytes32[](6);
        uint8[] memory codes = new uint8[](6);
        for (uint256 i = 0; i < 6; ++i) {
            ids[i] = keccak256(abi.encode(listed[i], i)); // no two alike
            codes[i] = HallmarkVerifier.REVOKED;
        }
        return publish(ids, codes);
    }

    function cut(bytes32[] memory path) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = path[i];
        }
    }

    function grown(bytes32[] memory path, bytes32 extra) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i] = path[i];
        }
        longer[path.length] = extra;
    }

    function requireOwnError(Shown memory shown) private view {
        requireOwnError(shown, 0);
    }

    /// @dev Any error of the library's own where `wanted` is zero.
    function requireOwnError(Shown memory shown, bytes4 wanted) private view {
        try verifier.verify(registry, issuer, shown.cid, shown.proof) {
            revert("it passed");
        } catch (bytes memory data) {
            vm.assertTrue(data.length >= 4, "reverted without a reason");
            bytes4 got = bytes4(data);
            if (wanted != 0) vm.assertTrue(got == wanted, "another reason");
            vm.assertTrue(
                got == HallmarkVerifier.HallmarkVerifierInvalidCID.selector
                    || got == HallmarkVerifier.HallmarkVerifierPathLength.selector
                    || got == HallmarkVerifier.HallmarkVerifierInvalidSignature.selector
                    || got == HallmarkVerifier.HallmarkVerifierSignerMismatch.selector
                    || got == HallmarkVerifier.HallmarkVerifierNotAnchored.selector
                    || got == HallmarkVerifier.HallmarkVerifierStatusRootMismatch.selector,
                "a reason that no changed bit has"
            );
        }
    }
}
