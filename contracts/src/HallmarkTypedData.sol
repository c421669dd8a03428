// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/**
 * @title EIP-712 digests of Hallmark's statements
 * @dev One place for the domain, shared by the registry and by {HallmarkVerifier}. The separator is computed on each call:
 * an immutable copy would give the registry another code hash on each chain, and be wrong after a chain split.
 */
library HallmarkTypedData {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("Hallmark");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /**
     * @notice What a key signs for a statement whose home is `registry` on chain `chainId`.
     * @param structHash EIP-712 hashStruct of the statement
     */
    function digest(uint256 chainId, address registry, bytes32 structHash) internal pure returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chainId, registry));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
