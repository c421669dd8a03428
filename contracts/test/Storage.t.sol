// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./RegistryTest.sol";
import {vm} from "./Vm.sol";

/// @dev The words that offline proofs read, bit by bit. What fails here breaks every verifier in the world.
contract StorageTest is RegistryTest {
    function testFuzzSlot0HoldsAnchorsInOneWord(bytes32 root, address who, uint48 time, uint48 number) public {
        vm.assume(root != 0 && who != address(0) && time != 0);
        vm.warp(time);
        vm.roll(number);
        vm.record();
        vm.prank(who);
        registry.anchor(root, 0);
        bytes32 slot = keccak256(abi.encode(root, uint256(0)));
        assertOnlyWritten(slot, slot);
        vm.assertEq(
            uint256(vm.load(address(registry), slot)),
            uint256(uint160(who)) | uint256(time) << 160 | uint256(number) << 208,
            "publisher | timestamp << 160 | blockNumber << 208"
        );
    }

    function testFuzzSlot1HoldsIssuersInTwoWords(address who, bytes32 root, uint64 retiredFrom, uint48 later) public {
        vm.assume(who != address(0) && root != 0);
        bytes32 slot = keccak256(abi.encode(who, uint256(1)));
        bytes32 next = bytes32(uint256(slot) + 1);
        retiredFrom = 1 + retiredFrom % uint64(NOW);

        vm.record();
        vm.prank(who);
        registry.retire(who, retiredFrom);
        assertOnlyWritten(next, next);
        vm.assertEq(uint256(vm.load(address(registry), next)), retiredFrom, "retiredFrom in the low 64 bits");

        vm.warp(NOW + later);
        vm.record();
        vm.prank(who);
        registry.setStatus(who, 1, root, 0);
        assertOnlyWritten(slot, next);
        vm.assertEq(vm.load(address(registry), slot), root, "word 0: statusRoot");
        vm.assertEq(
            uint256(vm.load(address(registry), next)),
            uint256(retiredFrom) | uint256(1) << 64 | (NOW + later) << 128,
            "word 1: retiredFrom | version << 64 | updatedAt << 128"
        );
    }

    function testFuzzSlot2HoldsControllers(address who, address controller) public {
        vm.assume(who != address(0) && controller != address(0));
        bytes32 slot = keccak256(abi.encode(who, uint256(2)));
        vm.record();
        vm.prank(who);
        registry.setController(who, controller);
        assertOnlyWritten(slot, slot);
        vm.assertEq(uint256(vm.load(address(registry), slot)), uint160(controller), "controller");
    }

    function testNothingElseIsStored() public view {
        for (uint256 slot = 0; slot < 64; ++slot) {
            vm.assertEq(vm.load(address(registry), bytes32(slot)), 0, "the mappings' own slots and all after are empty");
        }
    }

    function assertOnlyWritten(bytes32 a, bytes32 b) private view {
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertTrue(writes.length != 0, "nothing was written");
        for (uint256 i = 0; i < writes.length; ++i) {
            vm.assertTrue(writes[i] == a || writes[i] == b, "another slot was written");
        }
    }
}
