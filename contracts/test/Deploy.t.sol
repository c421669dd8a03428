// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deploy} from "../script/Deploy.s.sol";
import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {vm} from "./Vm.sol";

contract DeployTest {
    Deploy private script = new Deploy();
    bytes private constant DEPLOYER_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

    function setUp() public {
        vm.etch(script.DEPLOYER(), DEPLOYER_CODE);
    }

    function testPutsThePublishedCodeAtThePublishedAddress() public {
        AnchorRegistry registry = script.deploy();
        vm.assertEq(address(registry), HallmarkVerifier.REGISTRY, "address");
        vm.assertEq(address(registry).codehash, HallmarkVerifier.REGISTRY_CODE_HASH, "code hash");
        registry.anchor(keccak256("root"), 0);
    }

    function testTheSecondTimeChangesNothing() public {
        AnchorRegistry registry = script.deploy();
        registry.anchor(keccak256("root"), 0);
        vm.assertEq(address(script.deploy()), address(registry), "address");
        (address publisher,,) = registry.anchors(keccak256("root"));
        vm.assertEq(publisher, address(this), "the state is still there");
    }

    /// @dev Built together with tests or on its own, the compiler must make the same code of the registry.
    function testTheCodeOfThisBuildIsThePublishedOne() public {
        vm.assertEq(address(new AnchorRegistry()).codehash, HallmarkVerifier.REGISTRY_CODE_HASH, "runtime code");
        bytes32 created = keccak256(
            abi.encodePacked(bytes1(0xff), script.DEPLOYER(), bytes32(0), keccak256(type(AnchorRegistry).creationCode))
        );
        vm.assertEq(address(uint160(uint256(created))), HallmarkVerifier.REGISTRY, "CREATE2 address");
    }

    function testSaysWhereTheDeployerIsMissing() public {
        vm.etch(script.DEPLOYER(), "");
        vm.expectRevert(abi.encodeWithSelector(Deploy.DeployNoDeployer.selector, script.DEPLOYER()));
        script.deploy();
    }

    function testRefusesOtherCodeAtTheAddress() public {
        vm.etch(HallmarkVerifier.REGISTRY, hex"00");
        vm.expectRevert(
            abi.encodeWithSelector(Deploy.DeployOtherCode.selector, HallmarkVerifier.REGISTRY, keccak256(hex"00"))
        );
        script.deploy();
    }
}
