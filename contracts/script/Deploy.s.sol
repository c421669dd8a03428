// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {vm} from "../test/Vm.sol";

/**
 * @title Puts the registry on a chain
 * @notice `forge script script/Deploy.s.sol --rpc-url URL --broadcast` and a key (`--interactive`, `--keystore`, ...).
 * Does nothing where the registry is already; reverts where the chain lacks the deployer or makes other code of it.
 */
contract Deploy {
    /// @notice The deterministic deployer: salt (32 bytes) and creation code in, address (20 bytes) out.
    address public constant DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    /// @notice This chain does not have the deployer; put it there first.
    error DeployNoDeployer(address deployer);

    /// @notice The deployer refused: not enough gas, or not the code that it is elsewhere.
    error DeployFailed();

    /// @notice This chain made other code of the same sources: it is not EVM-equivalent.
    error DeployOtherCode(address registry, bytes32 codeHash);

    function run() external returns (AnchorRegistry registry) {
        vm.startBroadcast();
        registry = deploy();
        vm.stopBroadcast();
    }

    /// @notice {run} without the broadcast.
    function deploy() public returns (AnchorRegistry registry) {
        address where = HallmarkVerifier.REGISTRY;
        if (where.code.length == 0) {
            if (DEPLOYER.code.length == 0) revert DeployNoDeployer(DEPLOYER);
            // solhint-disable-next-line avoid-low-level-calls
            (bool ok,) = DEPLOYER.call(bytes.concat(bytes32(0), type(AnchorRegistry).creationCode));
            if (!ok) revert DeployFailed();
        }
        if (where.codehash != HallmarkVerifier.REGISTRY_CODE_HASH) revert DeployOtherCode(where, where.codehash);
        return AnchorRegistry(where);
    }
}
