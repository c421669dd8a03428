// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HallmarkTypedData} from "./HallmarkTypedData.sol";
import {IAnchorRegistry} from "./IAnchorRegistry.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/**
 * @title AnchorRegistry
 * @dev See {IAnchorRegistry} for what each function promises.
 *
 * No immutable variable and no constructor: the code must be the same on every chain, since verifiers compare its hash.
 * The three mappings are the whole state, in this order, for ever: verifiers read them through the state trie.
 */
contract AnchorRegistry is IAnchorRegistry {
    bytes32 private constant SET_STATUS_TYPEHASH =
        keccak256("SetStatus(address issuer,uint64 version,bytes32 statusRoot,bytes32 list,uint256 deadline)");
    bytes32 private constant RETIRE_TYPEHASH = keccak256("Retire(address issuer,uint64 from,uint256 deadline)");
    bytes32 private constant SET_CONTROLLER_TYPEHASH =
        keccak256("SetController(address issuer,address current,address next,uint256 deadline)");

    /// @inheritdoc IAnchorRegistry
    mapping(bytes32 root => Anchor) public anchors;

    /// @inheritdoc IAnchorRegistry
    mapping(address issuer => Issuer) public issuers;

    /// @inheritdoc IAnchorRegistry
    mapping(address issuer => address controller) public controllers;

    /// @inheritdoc IAnchorRegistry
    function anchor(bytes32 root, bytes32 manifest) external {
        if (root == bytes32(0)) revert AnchorRegistryZeroRoot();
        // The time tells whether there is a record: no chain is at second 0. 48 bits hold any clock in seconds, and
        // one in milliseconds for 8,900 years.
        if (anchors[root].timestamp == 0) {
            anchors[root] = Anchor(msg.sender, uint48(block.timestamp), uint48(block.number));
        }
        emit Anchored(root, msg.sender, manifest);
    }

    /// @inheritdoc IAnchorRegistry
    function setStatus(address issuer, uint64 version, bytes32 statusRoot, bytes32 list) external {
        _requireSender(issuer);
        _setStatus(issuer, version, statusRoot, list);
    }

    /// @inheritdoc IAnchorRegistry
    function setStatusBySig(
        address issuer,
        uint64 version,
        bytes32 statusRoot,
        bytes32 list,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 statement = keccak256(abi.encode(SET_STATUS_TYPEHASH, issuer, version, statusRoot, list, deadline));
        _requireSignature(issuer, statement, deadline, signature);
        _setStatus(issuer, version, statusRoot, list);
    }

    /// @inheritdoc IAnchorRegistry
    function retire(address issuer, uint64 from) external {
        _requireSender(issuer);
        _retire(issuer, from);
    }

    /// @inheritdoc IAnchorRegistry
    function retireBySig(address issuer, uint64 from, uint256 deadline, bytes calldata signature) external {
        bytes32 statement = keccak256(abi.encode(RETIRE_TYPEHASH, issuer, from, deadline));
        _requireSignature(issuer, statement, deadline, signature);
        _retire(issuer, from);
    }

    /// @inheritdoc IAnchorRegistry
    function setController(address issuer, address next) external {
        _requireSender(issuer);
        _setController(issuer, next);
    }

    /// @inheritdoc IAnchorRegistry
    function setControllerBySig(
        address issuer,
        address current,
        address next,
        uint256 deadline,
        bytes calldata signature
    ) external {
        address stored = controllers[issuer];
        if (current != stored) revert AnchorRegistryControllerMismatch(current, stored);
        bytes32 statement = keccak256(abi.encode(SET_CONTROLLER_TYPEHASH, issuer, current, next, deadline));
        _requireSignature(issuer, statement, deadline, signature);
        _setController(issuer, next);
    }

    function _setStatus(address issuer, uint64 version, bytes32 statusRoot, bytes32 list) private {
        if (statusRoot == bytes32(0)) revert AnchorRegistryZeroRoot();
        Issuer storage record = issuers[issuer];
        uint64 expected = record.version + 1;
        if (version != expected) revert AnchorRegistryVersionMismatch(version, expected);
        record.statusRoot = statusRoot;
        record.version = version;
        record.updatedAt = uint64(block.timestamp);
        emit StatusChanged(issuer, version, statusRoot, list);
    }

    function _retire(address issuer, uint64 from) private {
        if (from == 0 || from > block.timestamp) revert AnchorRegistryRetirementOutOfRange(from, block.timestamp);
        uint64 stored = issuers[issuer].retiredFrom;
        if (from == stored) return;
        if (stored != 0 && from > stored) revert AnchorRegistryRetirementNotEarlier(from, stored);
        issuers[issuer].retiredFrom = from;
        emit Retired(issuer, from);
    }

    function _setController(address issuer, address next) private {
        if (next == address(0)) revert AnchorRegistryZeroController();
        if (next == controllers[issuer]) return;
        controllers[issuer] = next;
        emit ControllerChanged(issuer, next);
    }

    /// @dev Reverts unless the sender speaks for the issuer.
    function _requireSender(address issuer) private view {
        address stored = controllers[issuer];
        address speaker = stored == address(0) ? issuer : stored;
        if (msg.sender != speaker) revert AnchorRegistryUnauthorized(msg.sender, speaker);
    }

    /// @dev Reverts unless who speaks for the issuer signed the statement (an EIP-712 hashStruct) and it is in time.
    function _requireSignature(address issuer, bytes32 statement, uint256 deadline, bytes calldata signature)
        private
        view
    {
        if (block.timestamp > deadline) revert AnchorRegistrySignatureExpired(deadline);
        bytes32 digest = HallmarkTypedData.digest(block.chainid, address(this), statement);
        address stored = controllers[issuer];
        address speaker = stored == address(0) ? issuer : stored;
        // ecrecover first, whether or not the address has code: a key that delegated its account (EIP-7702) is still
        // that key. An error leaves `recovered` zero, which speaks for nobody.
        (address recovered, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (err == ECDSA.RecoverError.NoError && recovered == speaker) return;
        // Issuers are keys, so only a controller that was set may be a contract with rules of its own.
        if (
            stored != address(0) && stored.code.length != 0
                && SignatureChecker.isValidERC1271SignatureNowCalldata(stored, digest, signature)
        ) return;
        revert AnchorRegistryInvalidSignature(speaker);
    }
}
