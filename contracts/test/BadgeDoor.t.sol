// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {BadgeDoor} from "../src/examples/BadgeDoor.sol";
import {VerifierTest} from "./VerifierTest.sol";
import {vm} from "./Vm.sol";

/// @dev The example: a badge opens the door for its holder and for nobody else.
contract BadgeDoorTest is VerifierTest {
    // The canonical form of an Open Badge 3.0, around its subject's account. Forge's chain is 31337, as in the head.
    bytes private constant HEAD =
        '{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],"credentialSubject":{"achievement":{"criteria":{"narrative":"Signed the safety sheet."},"description":"May use the laser cutter.","id":"urn:uuid:bd6d9316-f7ae-4073-a1e5-2f7f5bd22922","name":"Laser cutter","type":["Achievement"]},"id":"did:pkh:eip155:';
    bytes private constant TAIL =
        '","type":["AchievementSubject"]},"id":"urn:uuid:91537dba-56cb-11ec-bf63-0242ac130002","issuer":{"id":"did:web:workshop.example","name":"The workshop","type":["Profile"]},"type":["VerifiableCredential","OpenBadgeCredential"],"validFrom":"2026-01-01T00:00:00Z"}';

    BadgeDoor private door;
    address private holder = 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed; // EIP-55's own first example

    function setUp() public override {
        super.setUp();
        door = new BadgeDoor(registry, issuer, keccak256(HEAD));
    }

    /// @dev The badge as the workshop would write it, in one piece.
    function badge() private pure returns (bytes memory) {
        return bytes.concat(HEAD, "31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", TAIL);
    }

    function issue() private returns (Shown memory shown) {
        shown = shownBy(bytes.concat(hex"0181ec021220", sha256(badge())), 5, 2);
        registry.anchor(shown.batch, 0);
    }

    function testTheCIDIsThatOfTheWholeBadge() public view {
        vm.assertEq(door.badgeCID(HEAD, holder, TAIL), bytes.concat(hex"0181ec021220", sha256(badge())), "json-jcs CID");
    }

    function testOpensForTheHolder() public {
        Shown memory shown = issue();
        vm.expectEmit(address(door));
        emit BadgeDoor.DoorOpened(holder, shown.leaf, uint48(NOW));
        vm.prank(holder);
        door.open(HEAD, TAIL, shown.proof);
    }

    function testFuzzStaysShutForEverybodyElse(address thief) public {
        vm.assume(thief != holder);
        Shown memory shown = issue();
        shut(thief, HEAD, TAIL, shown, HallmarkVerifier.HallmarkVerifierSignerMismatch.selector);
    }

    function testStaysShutForAnotherBadge() public {
        Shown memory shown = issue();
        bytes memory head = HEAD;
        head[100] ^= 0x01;
        shut(holder, head, TAIL, shown, BadgeDoor.BadgeDoorOtherBadge.selector);
    }

    function testFuzzStaysShutForAChangedBadge(uint256 bit) public {
        Shown memory shown = issue();
        bytes memory tail = TAIL;
        tail[1 + bit / 8 % (tail.length - 1)] ^= bytes1(uint8(1 << (bit % 8)));
        shut(holder, HEAD, tail, shown, HallmarkVerifier.HallmarkVerifierSignerMismatch.selector);
    }

    /// @dev A subject whose name only begins with the caller's account is somebody else.
    function testStaysShutForALongerName() public {
        bytes memory tail = bytes.concat("#somebody", TAIL);
        bytes memory whole = bytes.concat(HEAD, "31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", tail);
        Shown memory shown = shownBy(bytes.concat(hex"0181ec021220", sha256(whole)), 5, 2);
        registry.anchor(shown.batch, 0);
        shut(holder, HEAD, tail, shown, BadgeDoor.BadgeDoorOpenAccount.selector);
        shut(holder, HEAD, "", shown, BadgeDoor.BadgeDoorOpenAccount.selector);
    }

    function testStaysShutOnceRevoked() public {
        Shown memory shown = issue();
        bytes32[] memory ids = new bytes32[](1);
        uint8[] memory codes = new uint8[](1);
        (ids[0], codes[0]) = (shown.leaf, HallmarkVerifier.REVOKED);
        HallmarkVerifier.StatusEntry[] memory entries = publish(ids, codes);
        shut(holder, HEAD, TAIL, shown, HallmarkVerifier.HallmarkVerifierStatusUnknown.selector);
        shown.proof.status = entries;
        shut(holder, HEAD, TAIL, shown, HallmarkVerifier.HallmarkVerifierRevoked.selector);
    }

    function testStaysShutForAnotherIssuersBadge() public {
        Shown memory shown = issue();
        door = new BadgeDoor(registry, other, keccak256(HEAD));
        shut(holder, HEAD, TAIL, shown, HallmarkVerifier.HallmarkVerifierSignerMismatch.selector);
    }

    /// forge-config: default.isolate = true
    function testGasOpen() public {
        Shown memory shown = issue();
        vm.prank(holder);
        door.open(HEAD, TAIL, shown.proof);
        vm.assertTrue(vm.snapshotGasLastCall("BadgeDoor", "open, 5 credentials") < 150_000, "above budget");
    }

    function shut(address who, bytes memory head, bytes memory tail, Shown memory shown, bytes4 wanted) private {
        vm.prank(who);
        try door.open(head, tail, shown.proof) {
            revert("the door opened");
        } catch (bytes memory data) {
            vm.assertTrue(bytes4(data) == wanted, "another reason");
        }
    }
}
