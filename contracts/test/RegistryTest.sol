// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {vm} from "./Vm.sol";

/// @dev What the registry's tests share: a registry, an issuer with its key, and signatures as a wallet would make them.
abstract contract RegistryTest {
    uint256 internal constant ISSUER_KEY = 0xA11CE;
    uint256 internal constant OTHER_KEY = 0xB0B;
    uint256 internal constant NOW = 1_767_225_600;

    AnchorRegistry internal registry;
    address internal issuer = vm.addr(ISSUER_KEY);
    address internal other = vm.addr(OTHER_KEY);

    function setUp() public virtual {
        registry = new AnchorRegistry();
        vm.warp(NOW);
        vm.roll(24_000_000);
    }

    /// @dev EIP-712 in plain words of the standard, apart from the library under test.
    function typedDigest(string memory signature, bytes memory values) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Hallmark"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 statement = keccak256(bytes.concat(keccak256(bytes(signature)), values));
        return keccak256(abi.encodePacked(hex"1901", domain, statement));
    }

    function statusDigest(address who, uint64 version, bytes32 root, bytes32 list, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return typedDigest(
            "SetStatus(address issuer,uint64 version,bytes32 statusRoot,bytes32 list,uint256 deadline)",
            abi.encode(who, version, root, list, deadline)
        );
    }

    function retireDigest(address who, uint64 from, uint256 deadline) internal view returns (bytes32) {
        return typedDigest("Retire(address issuer,uint64 from,uint256 deadline)", abi.encode(who, from, deadline));
    }

    function controllerDigest(address who, address current, address next, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return typedDigest(
            "SetController(address issuer,address current,address next,uint256 deadline)",
            abi.encode(who, current, next, deadline)
        );
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The same signature with s in the upper half, which ecrecover itself takes.
    function malleate(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = split(signature);
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, n - uint256(s), v == 27 ? 28 : 27);
    }

    function split(bytes memory signature) internal pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }

    function unauthorized(address caller, address controller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryUnauthorized.selector, caller, controller);
    }

    function invalidSignature(address controller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryInvalidSignature.selector, controller);
    }
}
