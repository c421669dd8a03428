// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./RegistryTest.sol";
import {vm} from "./Vm.sol";

/**
 * @dev What each call costs as a whole transaction (isolated: 21,000, calldata, cold storage), compared with
 * snapshots/AnchorRegistry.json. `FORGE_SNAPSHOT_CHECK=false FORGE_SNAPSHOT_EMIT=true forge test` writes that anew.
 *
 * The calldata has no zero byte among its hashes, so no real call costs more.
 */
contract GasTest is RegistryTest {
    bytes32 private constant A = bytes32(uint256(0x1111111111111111111111111111111111111111111111111111111111111111));
    bytes32 private constant B = bytes32(uint256(0x2222222222222222222222222222222222222222222222222222222222222222));

    /// forge-config: default.isolate = true
    function testGasAnchor() public {
        registry.anchor(A, B);
        within("anchor", 48_000);
        registry.anchor(A, A);
        within("anchor, same root again", 32_000);
    }

    /// forge-config: default.isolate = true
    function testGasSetStatus() public {
        vm.prank(issuer);
        registry.setStatus(issuer, 1, A, B);
        within("setStatus, first", 75_000);
        vm.prank(issuer);
        registry.setStatus(issuer, 2, B, A);
        within("setStatus, later", 42_000);
    }

    /// forge-config: default.isolate = true
    function testGasSetStatusBySig() public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, A, B, type(uint64).max));
        registry.setStatusBySig(issuer, 1, A, B, type(uint64).max, signature);
        within("setStatusBySig, first", 85_000);
        signature = sign(ISSUER_KEY, statusDigest(issuer, 2, B, A, type(uint64).max));
        registry.setStatusBySig(issuer, 2, B, A, type(uint64).max, signature);
        within("setStatusBySig, later", 52_000);
    }

    /// forge-config: default.isolate = true
    function testGasRetire() public {
        vm.prank(issuer);
        registry.retire(issuer, 1);
        within("retire", 60_000);
    }

    /// forge-config: default.isolate = true
    function testGasSetController() public {
        vm.prank(issuer);
        registry.setController(issuer, other);
        within("setController", 50_000);
    }

    function within(string memory call, uint256 budget) private {
        vm.assertTrue(vm.snapshotGasLastCall("AnchorRegistry", call) <= budget, string.concat(call, ": above budget"));
    }
}
