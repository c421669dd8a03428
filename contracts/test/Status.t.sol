// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {vm} from "./Vm.sol";

/// @dev setStatus, retire and setController, each called by who may and by who may not.
contract StatusTest is RegistryTest {
    bytes32 private constant ROOT = keccak256("status root");
    bytes32 private constant LIST = keccak256("list");

    // --- setStatus

    function testTheIssuerReplacesItsList() public {
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.StatusChanged(issuer, 1, ROOT, LIST);
        vm.prank(issuer);
        registry.setStatus(issuer, 1, ROOT, LIST);
        assertIssuer(issuer, ROOT, 0, 1, NOW);

        vm.warp(NOW + 7);
        vm.prank(issuer);
        registry.setStatus(issuer, 2, keccak256("second"), LIST);
        assertIssuer(issuer, keccak256("second"), 0, 2, NOW + 7);
    }

    function testFuzzNobodyElseReplacesIt(address stranger) public {
        vm.assume(stranger != issuer);
        vm.expectRevert(unauthorized(stranger, issuer));
        vm.prank(stranger);
        registry.setStatus(issuer, 1, ROOT, LIST);
    }

    function testFuzzOnlyTheNextVersionIsTaken(uint64 version) public {
        vm.prank(issuer);
        registry.setStatus(issuer, 1, ROOT, LIST);
        vm.assume(version != 2);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryVersionMismatch.selector, version, uint64(2))
        );
        vm.prank(issuer);
        registry.setStatus(issuer, version, ROOT, LIST);
    }

    function testAZeroStatusRootReverts() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryZeroRoot.selector));
        vm.prank(issuer);
        registry.setStatus(issuer, 1, 0, LIST);
    }

    // --- retire

    function testFuzzRetiresAndOnlyMovesEarlier(uint64 first, uint64 second) public {
        first = uint64(first % NOW) + 1;
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.Retired(issuer, first);
        vm.prank(issuer);
        registry.retire(issuer, first);
        assertIssuer(issuer, 0, first, 0, 0);

        second = uint64(second % NOW) + 1;
        if (second > first) {
            vm.expectRevert(
                abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryRetirementNotEarlier.selector, second, first)
            );
        }
        vm.prank(issuer);
        registry.retire(issuer, second);
        assertIssuer(issuer, 0, second < first ? second : first, 0, 0);
    }

    function testRetiringAgainFromTheSameMomentChangesNothingAndEmitsNothing() public {
        vm.prank(issuer);
        registry.retire(issuer, 100);
        vm.record();
        vm.recordLogs();
        vm.prank(issuer);
        registry.retire(issuer, 100);
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length, 0, "storage writes");
        vm.assertEq(vm.getRecordedLogs().length, 0, "events");
    }

    function testFuzzRetiresAtNoMomentThatHasNotCome(uint64 ahead) public {
        uint64 from = ahead % 2 == 0 ? 0 : uint64(NOW + 1) + ahead / 2 % 1e9;
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryRetirementOutOfRange.selector, from, uint256(NOW))
        );
        vm.prank(issuer);
        registry.retire(issuer, from);
    }

    function testFuzzNobodyElseRetires(address stranger) public {
        vm.assume(stranger != issuer);
        vm.expectRevert(unauthorized(stranger, issuer));
        vm.prank(stranger);
        registry.retire(issuer, 1);
    }

    function testRetirementLeavesTheStatusAlone() public {
        vm.prank(issuer);
        registry.setStatus(issuer, 1, ROOT, LIST);
        vm.warp(NOW + 100);
        vm.prank(issuer);
        registry.retire(issuer, uint64(NOW + 100));
        assertIssuer(issuer, ROOT, uint64(NOW + 100), 1, NOW);
        vm.prank(issuer);
        registry.setStatus(issuer, 2, LIST, ROOT);
        assertIssuer(issuer, LIST, uint64(NOW + 100), 2, NOW + 100);
    }

    // --- setController

    function testAControllerTakesOverForGood() public {
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.ControllerChanged(issuer, other);
        vm.prank(issuer);
        registry.setController(issuer, other);
        vm.assertEq(registry.controllers(issuer), other, "controller");

        // The issuing key may be in wrong hands now: it has no say any more.
        vm.expectRevert(unauthorized(issuer, other));
        vm.prank(issuer);
        registry.setStatus(issuer, 1, ROOT, LIST);
        vm.expectRevert(unauthorized(issuer, other));
        vm.prank(issuer);
        registry.retire(issuer, 1);
        vm.expectRevert(unauthorized(issuer, other));
        vm.prank(issuer);
        registry.setController(issuer, issuer);

        vm.prank(other);
        registry.setStatus(issuer, 1, ROOT, LIST);
        vm.prank(other);
        registry.retire(issuer, 5);
        assertIssuer(issuer, ROOT, 5, 1, NOW);
        vm.prank(other);
        registry.setController(issuer, issuer);
        vm.prank(issuer);
        registry.setStatus(issuer, 2, ROOT, LIST);
    }

    function testFuzzNobodyElseSetsAController(address stranger, address next) public {
        vm.assume(stranger != issuer);
        vm.expectRevert(unauthorized(stranger, issuer));
        vm.prank(stranger);
        registry.setController(issuer, next);
    }

    function testAControllerIsNeverZero() public {
        bytes memory reason = abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryZeroController.selector);
        vm.expectRevert(reason);
        vm.prank(issuer);
        registry.setController(issuer, address(0));
        vm.prank(issuer);
        registry.setController(issuer, other);
        vm.expectRevert(reason);
        vm.prank(other);
        registry.setController(issuer, address(0));
    }

    function testNamingTheSameControllerChangesNothingAndEmitsNothing() public {
        vm.prank(issuer);
        registry.setController(issuer, other);
        vm.record();
        vm.recordLogs();
        vm.prank(other);
        registry.setController(issuer, other);
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length, 0, "storage writes");
        vm.assertEq(vm.getRecordedLogs().length, 0, "events");
    }

    /// @dev A controller of one issuer says nothing about another, nor about itself as an issuer.
    function testAControllerSpeaksForItsIssuerOnly() public {
        vm.prank(issuer);
        registry.setController(issuer, other);
        address third = vm.addr(3);
        vm.expectRevert(unauthorized(other, third));
        vm.prank(other);
        registry.setStatus(third, 1, ROOT, LIST);
        vm.prank(other);
        registry.setStatus(other, 1, ROOT, LIST);
        assertIssuer(issuer, 0, 0, 0, 0);
        assertIssuer(other, ROOT, 0, 1, NOW);
    }

    function assertIssuer(address who, bytes32 root, uint64 retiredFrom, uint64 version, uint256 updatedAt)
        private
        view
    {
        (bytes32 gotRoot, uint64 gotRetired, uint64 gotVersion, uint64 gotUpdated) = registry.issuers(who);
        vm.assertEq(gotRoot, root, "statusRoot");
        vm.assertEq(gotRetired, retiredFrom, "retiredFrom");
        vm.assertEq(gotVersion, version, "version");
        vm.assertEq(gotUpdated, updatedAt, "updatedAt");
    }
}
