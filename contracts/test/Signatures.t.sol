// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {vm} from "./Vm.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev A wallet contract that has approved one hash, whatever comes as its signature.
contract Wallet is IERC1271 {
    bytes32 private immutable ACCEPTED;

    constructor(bytes32 accepted) {
        ACCEPTED = accepted;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return hash == ACCEPTED ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Answers every call with the same bytes, or reverts with them.
contract Answering {
    bytes private answer;
    bool private immutable FAILING;

    constructor(bytes memory answer_, bool failing) {
        answer = answer_;
        FAILING = failing;
    }

    fallback() external {
        bytes memory data = answer;
        bool failing = FAILING;
        assembly ("memory-safe") {
            if failing { revert(add(data, 0x20), mload(data)) }
            return(add(data, 0x20), mload(data))
        }
    }
}

/// @dev The three statements relayed by somebody else: by the right signature, and by every wrong one.
contract SignaturesTest is RegistryTest {
    bytes32 private constant ROOT = keccak256("status root");
    bytes32 private constant LIST = keccak256("list");
    uint256 private constant DEADLINE = NOW + 3600;

    // --- the right signature

    function testFuzzAnyoneRelaysAStatus(address relayer) public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.StatusChanged(issuer, 1, ROOT, LIST);
        vm.prank(relayer);
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
        (bytes32 root,, uint64 version, uint64 updatedAt) = registry.issuers(issuer);
        vm.assertEq(root, ROOT, "statusRoot");
        vm.assertEq(version, 1, "version");
        vm.assertEq(updatedAt, NOW, "updatedAt");
    }

    function testAStatusIsRelayedOnce() public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryVersionMismatch.selector, uint64(1), uint64(2))
        );
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
    }

    function testARetirementMayArriveTwice() public {
        bytes memory signature = sign(ISSUER_KEY, retireDigest(issuer, 77, DEADLINE));
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.Retired(issuer, 77);
        registry.retireBySig(issuer, 77, DEADLINE, signature);
        registry.retireBySig(issuer, 77, DEADLINE, signature);
        (, uint64 retiredFrom,,) = registry.issuers(issuer);
        vm.assertEq(retiredFrom, 77, "retiredFrom");
    }

    function testControllersHandOverBySignature() public {
        bytes memory first = sign(ISSUER_KEY, controllerDigest(issuer, address(0), other, DEADLINE));
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.ControllerChanged(issuer, other);
        registry.setControllerBySig(issuer, address(0), other, DEADLINE, first);

        address third = vm.addr(3);
        bytes memory second = sign(OTHER_KEY, controllerDigest(issuer, other, third, DEADLINE));
        registry.setControllerBySig(issuer, other, third, DEADLINE, second);
        vm.assertEq(registry.controllers(issuer), third, "controller");

        // What was signed for another moment does not come back.
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryControllerMismatch.selector, address(0), third)
        );
        registry.setControllerBySig(issuer, address(0), other, DEADLINE, first);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryControllerMismatch.selector, other, third));
        registry.setControllerBySig(issuer, other, third, DEADLINE, second);
    }

    function testTheFirstControllerFollowsNobody() public {
        bytes memory signature = sign(ISSUER_KEY, controllerDigest(issuer, issuer, other, DEADLINE));
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.AnchorRegistryControllerMismatch.selector, issuer, address(0))
        );
        registry.setControllerBySig(issuer, issuer, other, DEADLINE, signature);
    }

    function testTheControllerSignsAndTheIssuerNoMore() public {
        vm.prank(issuer);
        registry.setController(issuer, other);
        bytes32 digest = statusDigest(issuer, 1, ROOT, LIST, DEADLINE);
        bytes memory byIssuer = sign(ISSUER_KEY, digest);
        vm.expectRevert(invalidSignature(other));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, byIssuer);
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, sign(OTHER_KEY, digest));
    }

    // --- deadlines

    function testGoodUntilTheDeadlineInclusive() public {
        bytes memory signature = sign(ISSUER_KEY, retireDigest(issuer, 77, DEADLINE));
        bytes memory expired = abi.encodeWithSelector(IAnchorRegistry.AnchorRegistrySignatureExpired.selector, DEADLINE);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(expired);
        registry.retireBySig(issuer, 77, DEADLINE, signature);
        bytes memory status = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        vm.expectRevert(expired);
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, status);
        bytes memory controller = sign(ISSUER_KEY, controllerDigest(issuer, address(0), other, DEADLINE));
        vm.expectRevert(expired);
        registry.setControllerBySig(issuer, address(0), other, DEADLINE, controller);
        vm.warp(DEADLINE);
        registry.retireBySig(issuer, 77, DEADLINE, signature);
    }

    // --- wrong signatures

    function testFuzzAnotherKeyIsRefused(uint256 key) public {
        key = 1 + key % 1e30;
        vm.assume(key != ISSUER_KEY);
        bytes memory signature = sign(key, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
    }

    function testFuzzAFlippedBitIsRefused(uint256 bit) public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        bit %= 65 * 8;
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
    }

    function testFuzzOtherLengthsAreRefused(uint256 length) public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        bytes memory cut = new bytes(length % 200);
        vm.assume(cut.length != signature.length);
        for (uint256 i = 0; i < cut.length && i < signature.length; ++i) {
            cut[i] = signature[i];
        }
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, cut);
    }

    function testHighSIsRefused() public {
        bytes32 digest = statusDigest(issuer, 1, ROOT, LIST, DEADLINE);
        bytes memory high = malleate(sign(ISSUER_KEY, digest));
        (bytes32 r, bytes32 s, uint8 v) = split(high);
        vm.assertEq(ecrecover(digest, v, r, s), issuer, "ecrecover itself takes it");
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, high);
    }

    /// @dev ecrecover answers zero for nonsense; zero must speak for nobody, least of all for issuer zero.
    function testNothingSpeaksForTheZeroIssuer() public {
        vm.expectRevert(invalidSignature(address(0)));
        registry.setStatusBySig(address(0), 1, ROOT, LIST, DEADLINE, new bytes(65));
        vm.expectRevert(unauthorized(address(this), address(0)));
        registry.setStatus(address(0), 1, ROOT, LIST);
    }

    function testFuzzEveryFieldIsSigned(uint8 field, uint256 by) public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        bytes32 change = bytes32(1 + by % 1e9);
        if (field % 3 == 0) {
            vm.expectRevert(invalidSignature(issuer));
            registry.setStatusBySig(issuer, 1, ROOT ^ change, LIST, DEADLINE, signature);
        } else if (field % 3 == 1) {
            vm.expectRevert(invalidSignature(issuer));
            registry.setStatusBySig(issuer, 1, ROOT, LIST ^ change, DEADLINE, signature);
        } else {
            vm.expectRevert(invalidSignature(issuer));
            registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE + uint256(change), signature);
        }
    }

    function testAnotherIssuerVersionOrStatementIsRefused() public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        vm.expectRevert(invalidSignature(other));
        registry.setStatusBySig(other, 1, ROOT, LIST, DEADLINE, signature);
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 2, ROOT, LIST, DEADLINE, signature);
        vm.expectRevert(invalidSignature(issuer));
        registry.retireBySig(issuer, 1, DEADLINE, signature);
        vm.expectRevert(invalidSignature(issuer));
        registry.setControllerBySig(issuer, address(0), other, DEADLINE, signature);
    }

    function testFuzzAnotherChainIsRefused(uint64 chain) public {
        vm.assume(chain != block.chainid && chain != 0);
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        vm.chainId(chain);
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
        // The separator is not a copy made at deployment: after a split the chain's new id counts at once.
        signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
    }

    function testAnotherRegistryIsRefused() public {
        bytes memory signature = sign(ISSUER_KEY, statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        address copy = address(0xC0DE);
        vm.etch(copy, address(registry).code);
        vm.expectRevert(invalidSignature(issuer));
        IAnchorRegistry(copy).setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, signature);
    }

    // --- contracts as controllers (ERC-1271)

    function testAWalletContractDecidesAsController() public {
        Wallet wallet = new Wallet(statusDigest(issuer, 1, ROOT, LIST, DEADLINE));
        vm.prank(issuer);
        registry.setController(issuer, address(wallet));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, "two of three");
        vm.expectRevert(invalidSignature(address(wallet)));
        registry.setStatusBySig(issuer, 2, ROOT, LIST, DEADLINE, "two of three");
    }

    /// @dev A contract at the issuer's own address has no say of its own: issuers are keys.
    function testCodeAtTheIssuersAddressDoesNotSpeakForIt() public {
        bytes32 digest = statusDigest(issuer, 1, ROOT, LIST, DEADLINE);
        vm.etch(issuer, address(new Wallet(digest)).code);
        vm.expectRevert(invalidSignature(issuer));
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, "anything");
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, sign(ISSUER_KEY, digest));
    }

    /// @dev An account that delegated itself to some code (EIP-7702) still signs with its key.
    function testAControllerKeyWithCodeStillSigns() public {
        vm.prank(issuer);
        registry.setController(issuer, other);
        vm.etch(other, address(new Answering("", true)).code);
        bytes32 digest = statusDigest(issuer, 1, ROOT, LIST, DEADLINE);
        registry.setStatusBySig(issuer, 1, ROOT, LIST, DEADLINE, sign(OTHER_KEY, digest));
    }

    function testContractsThatDoNotSayYesAreRefused() public {
        bytes4 yes = IERC1271.isValidSignature.selector;
        bytes[] memory answers = new bytes[](7);
        answers[0] = "";
        answers[1] = abi.encodePacked(yes); // four bytes are not an ABI word
        answers[2] = abi.encode(bytes4(0));
        answers[3] = abi.encode(true);
        answers[4] = abi.encodePacked(yes, bytes28(uint224(1))); // dirty
        answers[5] = abi.encodePacked(bytes28(0), yes); // at the wrong end
        answers[6] = abi.encodePacked(yes, bytes27(0)); // 31 bytes
        for (uint256 i = 0; i < answers.length; ++i) {
            refuses(address(uint160(0x1000 + i)), address(new Answering(answers[i], false)));
        }
        refuses(address(0x2000), address(new Answering(abi.encode(yes), true))); // says yes and reverts
        refuses(address(0x2001), address(registry)); // knows no such function
        refuses(address(0x2002), address(4)); // a precompile that echoes
        refuses(address(0x2003), address(0xDEAD)); // nothing there
    }

    function testAContractThatSaysYesIsTaken() public {
        Answering yes = new Answering(abi.encode(IERC1271.isValidSignature.selector), false);
        vm.prank(issuer);
        registry.setController(issuer, address(yes));
        registry.retireBySig(issuer, 9, DEADLINE, "");
        (, uint64 retiredFrom,,) = registry.issuers(issuer);
        vm.assertEq(retiredFrom, 9, "retiredFrom");
    }

    function refuses(address who, address controller) private {
        vm.prank(who);
        registry.setController(who, controller);
        vm.expectRevert(invalidSignature(controller));
        registry.setStatusBySig(who, 1, ROOT, LIST, DEADLINE, new bytes(65));
    }
}
