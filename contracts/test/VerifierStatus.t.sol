// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {VerifierTest} from "./VerifierTest.sol";
import {vm} from "./Vm.sol";

/// @dev What status entries say about a leaf and a submission, honest lists and dishonest ones.
contract VerifierStatusTest is VerifierTest {
    bytes4 private constant SUSPENDED = HallmarkVerifier.HallmarkVerifierSuspended.selector;
    bytes4 private constant REVOKED = HallmarkVerifier.HallmarkVerifierRevoked.selector;
    bytes4 private constant UNKNOWN = HallmarkVerifier.HallmarkVerifierStatusUnknown.selector;

    function testARevokedLeafIsRefused() public {
        Shown memory shown = anchored(5, 2);
        shown.proof.status = list(shown.leaf, HallmarkVerifier.REVOKED);
        refused(shown, reason(REVOKED, shown.leaf));
    }

    function testARevokedSubmissionTakesAllOfItsLeavesAlong() public {
        Shown memory shown = anchored(5, 2);
        shown.proof.status = list(shown.submission, HallmarkVerifier.REVOKED);
        refused(shown, reason(REVOKED, shown.submission));
    }

    function testSuspensionEndsWithTheNextList() public {
        Shown memory shown = anchored(5, 2);
        shown.proof.status = list(shown.leaf, HallmarkVerifier.SUSPENDED);
        refused(shown, reason(SUSPENDED, shown.leaf));
        HallmarkVerifier.StatusEntry[] memory old = shown.proof.status;

        shown.proof.status = publish(new bytes32[](0), new uint8[](0));
        pass(shown);
        // and the old list, which once was right, proves nothing any more
        (bytes32 root,,,) = registry.issuers(issuer);
        shown.proof.status = old;
        refused(
            shown,
            abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierStatusRootMismatch.selector, bytes32(0), root)
        );
    }

    /// @dev Showing the gap and hiding the entry does not help: the gap beside an id does not hold it.
    function testFuzzNoOtherEntryHidesARevocation(uint256 id, uint8 position) public {
        bytes32[] memory ids = new bytes32[](3);
        uint256 x = 2 + id % (type(uint256).max - 4);
        (ids[0], ids[1], ids[2]) = (bytes32(x - 1), bytes32(x), bytes32(x + 1));
        uint8[] memory codes = new uint8[](3);
        (codes[0], codes[1], codes[2]) = (2, 2, 2);
        HallmarkVerifier.StatusEntry[] memory all = publish(ids, codes);
        (bytes32 root,,,) = registry.issuers(issuer);
        position %= 4;
        HallmarkVerifier.StatusEntry[] memory one = only(all[position]);
        vm.expectRevert(reason(position == 2 ? REVOKED : UNKNOWN, bytes32(x)));
        verifier.requireGood(root, bytes32(x), one);
    }

    function testWithoutEntriesAListLeavesTheStatusUnknown() public {
        Shown memory shown = anchored(5, 2);
        publish(new bytes32[](0), new uint8[](0));
        refused(shown, reason(UNKNOWN, shown.leaf));
    }

    function testBothIdsMustBeDecided() public {
        Shown memory shown = anchored(5, 2);
        // one listed id between leaf and submission, so that no entry serves for both
        (bytes32 low, bytes32 high) =
            shown.leaf < shown.submission ? (shown.leaf, shown.submission) : (shown.submission, shown.leaf);
        HallmarkVerifier.StatusEntry[] memory all = list(bytes32(uint256(low) + 1), HallmarkVerifier.REVOKED);
        vm.assertTrue(all[0].next < high, "the two are neighbours");
        shown.proof.status = only(all[0]);
        refused(shown, reason(UNKNOWN, high));
        shown.proof.status = only(all[1]);
        refused(shown, reason(UNKNOWN, low));
        shown.proof.status = all;
        pass(shown);
    }

    function testEntriesWhereThereIsNoListAreRefused() public {
        Shown memory shown = anchored(5, 2);
        shown.proof.status = new HallmarkVerifier.StatusEntry[](1);
        shown.proof.status[0].next = LAST;
        refused(
            shown,
            abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierStatusRootMismatch.selector, bytes32(0), bytes32(0))
        );
    }

    function testFuzzAnUnknownCodeIsUnknown(uint8 code) public {
        vm.assume(code > 2);
        Shown memory shown = anchored(5, 2);
        shown.proof.status = list(shown.leaf, code);
        refused(shown, reason(UNKNOWN, shown.leaf));
    }

    /// @dev What replaces a credential is said by two entries of codes 3 and 4: they change nothing for the revoked
    /// one, in whatever order they are shown, and what is good in the gap beside them stays good.
    function testFuzzEntriesThatSayWhatReplacesACredentialChangeNothing(uint8 code, uint256 first, uint8 order) public {
        code = code % 2 == 0 ? 3 : 4;
        Shown memory shown = anchored(5, 2);
        bytes32[] memory ids = new bytes32[](3);
        uint8[] memory codes = new uint8[](3);
        ids[0] = shown.leaf;
        ids[1] = keccak256(abi.encode(first, 1));
        ids[2] = keccak256(abi.encode(first, 2));
        (codes[0], codes[1], codes[2]) = (HallmarkVerifier.REVOKED, code, code);
        HallmarkVerifier.StatusEntry[] memory all = publish(ids, codes);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 j = (uint256(order) + i) % 4;
            (all[i], all[j]) = (all[j], all[i]);
        }
        shown.proof.status = all;
        refused(shown, reason(REVOKED, shown.leaf));

        ids[0] = keccak256(abi.encode(first, 3));
        shown.proof.status = publish(ids, codes);
        pass(shown);
    }

    /// @dev A dishonest issuer's list says both of one id: the entry beats the gap, in whatever order they are shown.
    function testTheEntryBeatsTheGap() public {
        Shown memory shown = anchored(1, 0);
        HallmarkVerifier.StatusEntry[] memory entries = new HallmarkVerifier.StatusEntry[](2);
        entries[0].next = LAST;
        (entries[1].id, entries[1].code, entries[1].next) = (shown.leaf, HallmarkVerifier.REVOKED, LAST);
        commit(entries);
        shown.proof.status = entries;
        refused(shown, reason(REVOKED, shown.leaf));
        (entries[0], entries[1]) = (entries[1], entries[0]);
        refused(shown, reason(REVOKED, shown.leaf));
    }

    function testMalformedEntriesAreRefused() public {
        Shown memory shown = anchored(1, 0);
        bytes32 low = bytes32(uint256(1));
        malformed(shown, low, 0, LAST); // a code of zero belongs to the first entry
        malformed(shown, 0, 1, LAST); // and the first entry has no other
        malformed(shown, shown.leaf, 0, LAST);
        malformed(shown, LAST, 2, low); // next comes before
        malformed(shown, low, 2, low); // or is the same
    }

    function malformed(Shown memory shown, bytes32 id, uint8 code, bytes32 next) private {
        HallmarkVerifier.StatusEntry[] memory entries = new HallmarkVerifier.StatusEntry[](1);
        (entries[0].id, entries[0].code, entries[0].next) = (id, code, next);
        commit(entries);
        shown.proof.status = entries;
        refused(shown, abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierMalformedStatus.selector, id, code));
    }

    function testSentinelsAreNoCredentials() public {
        HallmarkVerifier.StatusEntry[] memory none = new HallmarkVerifier.StatusEntry[](0);
        vm.expectRevert(reason(UNKNOWN, 0));
        verifier.requireGood(0, 0, none);
        vm.expectRevert(reason(UNKNOWN, LAST));
        verifier.requireGood(0, LAST, none);
        verifier.requireGood(0, keccak256("any"), none);
    }

    /// @dev The list of one id, all entries.
    function list(bytes32 id, uint8 code) private returns (HallmarkVerifier.StatusEntry[] memory) {
        bytes32[] memory ids = new bytes32[](1);
        uint8[] memory codes = new uint8[](1);
        (ids[0], codes[0]) = (id, code);
        return publish(ids, codes);
    }

    function only(HallmarkVerifier.StatusEntry memory entry)
        private
        pure
        returns (HallmarkVerifier.StatusEntry[] memory entries)
    {
        entries = new HallmarkVerifier.StatusEntry[](1);
        entries[0] = entry;
    }
}
