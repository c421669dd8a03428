// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {VerifierTest} from "./VerifierTest.sol";
import {vm} from "./Vm.sol";

/// @dev The parts of {HallmarkVerifier} that have limits of their own: CIDs, path lengths, signatures.
contract VerifierPartsTest is VerifierTest {
    bytes32 private constant D = keccak256("digest");

    // --- CIDs

    function testCIDsThatAreTaken() public view {
        verifier.requireCID(bytes.concat(hex"01551220", D)); // raw, sha2-256: the shortest there is
        verifier.requireCID(bytes.concat(hex"0181ec021220", D)); // json-jcs
        verifier.requireCID(bytes.concat(hex"01551340", D, D)); // sha2-512
        verifier.requireCID(bytes.concat(hex"01551620", D)); // sha3-256
        verifier.requireCID(bytes.concat(hex"01551b20", D)); // keccak-256
        verifier.requireCID(bytes.concat(hex"01551e20", D)); // blake3
        verifier.requireCID(bytes.concat(hex"0181ec021e40", D, D));
        verifier.requireCID(bytes.concat(hex"01551e8001", D, D, D, D)); // 128 bytes, whose varint has two
    }

    function testCIDsThatAreRefused() public {
        refusedCID("");
        refusedCID(hex"01");
        refusedCID(bytes.concat(hex"0155121f", bytes31(D))); // truncated hash, 35 bytes
        refusedCID(bytes.concat(hex"0181ec02121f", bytes31(D))); // truncated hash, 37 bytes
        refusedCID(bytes.concat(hex"01551220", bytes31(D))); // truncated CID
        refusedCID(bytes.concat(hex"01551220", D, hex"00")); // something after it
        refusedCID(bytes.concat(hex"01550020", D)); // identity
        refusedCID(bytes.concat(hex"01551320", D)); // sha2-512 truncated
        refusedCID(bytes.concat(hex"01551240", D, D)); // sha2-256 of 64 bytes
        refusedCID(bytes.concat(hex"01551e1f", bytes31(D), hex"00")); // blake3 too short, padded
        refusedCID(bytes.concat(hex"01551420", D)); // sha3-512 truncated, and not among the hashes
        refusedCID(bytes.concat(hex"1220", D, hex"0000")); // CIDv0
        refusedCID(bytes.concat(hex"02551220", D)); // version 2
        refusedCID(bytes.concat(hex"0300551220", D)); // reserved
        refusedCID(bytes.concat(hex"01701220", D)); // dag-pb
        refusedCID(bytes.concat(hex"01711220", D)); // dag-cbor
        refusedCID(bytes.concat(hex"0180041220", D)); // json
        // longer forms of the same numbers
        refusedCID(bytes.concat(hex"8100551220", D));
        refusedCID(bytes.concat(hex"01d5001220", D));
        refusedCID(bytes.concat(hex"0181ec82001220", D));
        refusedCID(bytes.concat(hex"0155920020", D));
        refusedCID(bytes.concat(hex"015512a000", D));
        refusedCID(bytes.concat(hex"01551ea000", D));
        refusedCID(bytes.concat(hex"01551ea08000", D));
        refusedCID(bytes.concat(hex"01551e808001", D));
    }

    /// @dev Bytes that happen to be a CID are rare enough not to meet; none of any length may panic.
    function testFuzzNoBytesPanic(bytes memory cid) public view {
        try verifier.requireCID(cid) {
            vm.assertTrue(cid.length >= 36, "taken, and too short to keep the trees apart");
        } catch (bytes memory data) {
            vm.assertEq(data, invalidCID(cid), "reason");
        }
    }

    /// @dev The same behind a good beginning, where the multihash is read.
    function testFuzzNoMultihashPanics(bytes memory rest, bool jcs) public view {
        bytes memory cid = bytes.concat(jcs ? bytes(hex"0181ec02") : bytes(hex"0155"), rest);
        testFuzzNoBytesPanic(cid);
    }

    function refusedCID(bytes memory cid) private {
        vm.expectRevert(invalidCID(cid));
        verifier.requireCID(cid);
        vm.expectRevert(invalidCID(cid));
        verifier.leaf(cid, 0);
    }

    function invalidCID(bytes memory cid) private pure returns (bytes memory) {
        return abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierInvalidCID.selector, cid);
    }

    // --- path lengths

    function testPathLengthsOfSmallTrees() public {
        // count: floor and ceil of log2
        uint8[2][17] memory steps = [
            [0, 0], // never: see below
            [0, 0],
            [1, 1],
            [1, 2],
            [2, 2],
            [2, 3],
            [2, 3],
            [2, 3],
            [3, 3],
            [3, 4],
            [3, 4],
            [3, 4],
            [3, 4],
            [3, 4],
            [3, 4],
            [3, 4],
            [4, 4]
        ];
        for (uint64 count = 1; count < steps.length; ++count) {
            for (uint256 length = 0; length < 7; ++length) {
                lengthIs(length == steps[count][0] || length == steps[count][1], count, length);
            }
        }
        for (uint256 length = 0; length < 7; ++length) {
            lengthIs(false, 0, length);
        }
    }

    function testPathLengthsOfLargeTrees() public {
        lengthIs(true, 1 << 20, 20);
        lengthIs(false, 1 << 20, 21);
        lengthIs(true, (1 << 20) + 1, 20);
        lengthIs(true, (1 << 20) + 1, 21);
        lengthIs(true, (1 << 20) - 1, 19);
        lengthIs(true, type(uint64).max, 63);
        lengthIs(true, type(uint64).max, 64);
        lengthIs(false, type(uint64).max, 65);
        lengthIs(true, 1 << 63, 63);
        lengthIs(false, 1 << 63, 64);
    }

    function lengthIs(bool right, uint64 count, uint256 length) private {
        bytes32[] memory path = new bytes32[](length);
        if (!right) {
            vm.expectRevert(abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierPathLength.selector, count, length));
        }
        verifier.submissionRoot(D, count, path);
    }

    // --- signatures

    function testFuzzRecoversWhoSigned(bytes32 digest, uint256 key) public view {
        key = 1 + key % 1e60;
        vm.assertEq(verifier.recover(digest, sign(key, digest)), vm.addr(key), "signer");
    }

    function testSignaturesThatAreRefused() public {
        bytes memory good = sign(ISSUER_KEY, D);
        (bytes32 r, bytes32 s, uint8 v) = split(good);
        refusedSignature("");
        refusedSignature(abi.encodePacked(r, s)); // no v, and not ERC-2098 either
        refusedSignature(abi.encodePacked(r, s, v, uint8(0)));
        refusedSignature(abi.encodePacked(r, s, v - 27)); // v of 0 or 1
        refusedSignature(abi.encodePacked(r, s, uint8(29)));
        refusedSignature(malleate(good));
        refusedSignature(abi.encodePacked(bytes32(0), s, v));
        refusedSignature(abi.encodePacked(r, bytes32(0), v));
        refusedSignature(new bytes(65)); // what ecrecover answers with zero
        refusedSignature(abi.encodePacked(LAST, s, v)); // r beyond the field
    }

    function refusedSignature(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(HallmarkVerifier.HallmarkVerifierInvalidSignature.selector));
        verifier.recover(D, signature);
    }
}
