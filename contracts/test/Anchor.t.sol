// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {vm} from "./Vm.sol";

contract AnchorTest is RegistryTest {
    bytes32 private constant ROOT = keccak256("root");
    bytes32 private constant MANIFEST = keccak256("manifest");

    function testAnUnknownRootReadsAsZero() public view {
        (address publisher, uint48 timestamp, uint48 blockNumber) = registry.anchors(ROOT);
        vm.assertEq(publisher, address(0), "publisher");
        vm.assertEq(timestamp, 0, "timestamp");
        vm.assertEq(blockNumber, 0, "blockNumber");
    }

    function testFuzzRecordsWhoWhenAndWhere(bytes32 root, bytes32 manifest, address who, uint48 time, uint48 number)
        public
    {
        vm.assume(root != 0 && who != address(0) && time != 0);
        vm.warp(time);
        vm.roll(number);
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.Anchored(root, who, manifest);
        vm.prank(who);
        registry.anchor(root, manifest);
        assertRecord(root, who, time, number);
    }

    function testFuzzAnchoringAgainKeepsTheFirstRecordAndEmitsAgain(address who, bytes32 manifest, uint32 later)
        public
    {
        vm.assume(who != address(0));
        vm.prank(issuer);
        registry.anchor(ROOT, MANIFEST);

        vm.warp(NOW + later);
        vm.roll(24_000_001);
        vm.record();
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.Anchored(ROOT, who, manifest);
        vm.prank(who);
        registry.anchor(ROOT, manifest);

        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length, 0, "storage writes");
        assertRecord(ROOT, issuer, NOW, 24_000_000);
    }

    function testAZeroRootReverts() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryZeroRoot.selector));
        registry.anchor(0, MANIFEST);
    }

    function testTakesNoEther() public {
        (bool ok,) = address(registry).call{value: 1}(abi.encodeCall(registry.anchor, (ROOT, MANIFEST)));
        vm.assertFalse(ok, "anchor took ether that nobody could ever get back");
        (ok,) = address(registry).call{value: 1}("");
        vm.assertFalse(ok, "a plain transfer was taken");
    }

    function assertRecord(bytes32 root, address who, uint256 time, uint256 number) private view {
        (address publisher, uint48 timestamp, uint48 blockNumber) = registry.anchors(root);
        vm.assertEq(publisher, who, "publisher");
        vm.assertEq(timestamp, time, "timestamp");
        vm.assertEq(blockNumber, number, "blockNumber");
    }
}
