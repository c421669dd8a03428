// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/**
 * @title Hallmark's registry of anchored roots and of issuers' status
 * @notice Records two things, for ever and for anyone: when a Merkle root was first seen, and what an issuer says about
 * the credentials it once signed (suspended, revoked) and about its own key (retired).
 *
 * A root means nothing by itself. Its meaning comes from the issuers' EIP-712 signatures below it, which this contract
 * never sees; whoever sends the transaction is recorded and otherwise irrelevant. So a front-runner gains nothing: it
 * pays for the record that the other wanted.
 *
 * There is no owner, no fee, no proxy and no upgrade. The contract has the same address and the same code on every
 * EVM-equivalent chain, because it is created through the deterministic deployer and holds no immutable variable.
 *
 * WARNING: Offline proofs read storage slots 0 and 1 through the state trie. The layout is part of the interface:
 *
 * | slot | mapping                              | value                                                              |
 * |------|--------------------------------------|--------------------------------------------------------------------|
 * | 0    | root => {Anchor}                     | one word: publisher (low 160 bits), timestamp (48), block (48)     |
 * | 1    | issuer => {Issuer}                   | word 0: statusRoot; word 1: retiredFrom (low 64), version, updatedAt |
 * | 2    | issuer => controller                 | one word: the address in the low 160 bits                          |
 *
 * EIP-712 domain of every signature here, and of the issuers' `Submission` statements:
 * `{name: "Hallmark", version: "1", chainId, verifyingContract}` with the chain and the address of this registry.
 */
interface IAnchorRegistry {
    /**
     * @notice The first record of a root.
     * @param publisher who sent it (who paid; never who vouches for it)
     * @param timestamp `block.timestamp` of that block, in Unix seconds; never zero once recorded. On an L2 it is the
     * sequencer's word
     * @param blockNumber `block.number` as the EVM of that chain reports it (on some L2s, the parent chain's number)
     */
    struct Anchor {
        address publisher;
        uint48 timestamp;
        uint48 blockNumber;
    }

    /**
     * @notice What is known of an issuer.
     * @param statusRoot root of the issuer's status list; zero while it never published one: then everything is good
     * @param retiredFrom anchors made at or after this Unix time are not to be believed; zero: not retired
     * @param version how often the status list was replaced; the next {setStatus} must name this number plus one
     * @param updatedAt `block.timestamp` of the last {setStatus}; nothing else moves it
     */
    struct Issuer {
        bytes32 statusRoot;
        uint64 retiredFrom;
        uint64 version;
        uint64 updatedAt;
    }

    /**
     * @notice `root` was anchored, for the first time or again.
     * @param root of the batch
     * @param publisher who sent this transaction
     * @param manifest sha2-256 digest of the batch's published manifest. Anyone may emit any manifest for any root:
     * try every one, the right one is that whose batch has this root
     */
    event Anchored(bytes32 indexed root, address indexed publisher, bytes32 manifest);

    /**
     * @notice The status list of `issuer` was replaced.
     * @param issuer the address that signs the submissions
     * @param version number of this list, counted from 1
     * @param statusRoot root of the StandardMerkleTree over the list's entries
     * @param list sha2-256 digest of the published list's manifest
     */
    event StatusChanged(address indexed issuer, uint64 version, bytes32 statusRoot, bytes32 list);

    /**
     * @notice The key of `issuer` was retired, or retired from an earlier moment than before.
     * @param issuer the address that signs the submissions
     * @param from Unix time; anchors made at or after it are not to be believed
     */
    event Retired(address indexed issuer, uint64 from);

    /**
     * @notice Somebody else speaks for the status of `issuer` now.
     * @param issuer the address that signs the submissions
     * @param controller who speaks for it from now on; never zero
     */
    event ControllerChanged(address indexed issuer, address indexed controller);

    /// @notice A zero root cannot be anchored, nor be a status list's: zero is how "nothing recorded" reads.
    error AnchorRegistryZeroRoot();

    /// @notice `caller` does not speak for the issuer; `controller` does.
    error AnchorRegistryUnauthorized(address caller, address controller);

    /// @notice The signature is not one by `controller` over this very statement, chain and registry.
    error AnchorRegistryInvalidSignature(address controller);

    /// @notice The signature was good until `deadline` (Unix seconds), which has passed.
    error AnchorRegistrySignatureExpired(uint256 deadline);

    /// @notice The list is numbered `given`, the next one must be `expected`: somebody else's update came first.
    error AnchorRegistryVersionMismatch(uint64 given, uint64 expected);

    /// @notice `from` must be at least 1 and at most `current`, the time of this block.
    error AnchorRegistryRetirementOutOfRange(uint64 from, uint256 current);

    /// @notice The key is retired from `stored` already and `from` is later: a retirement only moves earlier.
    error AnchorRegistryRetirementNotEarlier(uint64 from, uint64 stored);

    /// @notice A controller is never taken back to zero.
    error AnchorRegistryZeroController();

    /// @notice The signature replaces the controller `given`, but the stored one is `stored`.
    error AnchorRegistryControllerMismatch(address given, address stored);

    /**
     * @notice Records when `root` was first seen. Anyone may call.
     * @dev Anchoring a root again changes no storage and does not revert, but emits {Anchored} again, so that nobody can
     * hide a batch behind a junk manifest by coming first.
     *
     * Reverts with {AnchorRegistryZeroRoot} for a zero root.
     * @param root of the batch, not zero
     * @param manifest sha2-256 digest of the batch's published manifest; not checked
     */
    function anchor(bytes32 root, bytes32 manifest) external;

    /**
     * @notice Replaces the status list of `issuer`. For its controller, or for the issuer itself while there is none.
     * @dev `version` makes it a compare-and-swap: of two updates made from the same list one reverts, none is lost.
     *
     * Reverts with {AnchorRegistryUnauthorized}, {AnchorRegistryZeroRoot} or {AnchorRegistryVersionMismatch}.
     * @param issuer whose list it is
     * @param version the stored version plus one
     * @param statusRoot root of the new list, not zero
     * @param list sha2-256 digest of the published list's manifest; not checked
     */
    function setStatus(address issuer, uint64 version, bytes32 statusRoot, bytes32 list) external;

    /**
     * @notice {setStatus} by signature, for a signer that holds no ether. Anyone may relay it.
     * @dev The version is the nonce. See {setControllerBySig} for whose signature is accepted.
     *
     * Signed: `SetStatus(address issuer,uint64 version,bytes32 statusRoot,bytes32 list,uint256 deadline)`.
     * @param deadline last Unix second at which it may be relayed
     * @param signature 65 bytes r || s || v with v in {27, 28} and low s, or what the controller's contract accepts
     */
    function setStatusBySig(
        address issuer,
        uint64 version,
        bytes32 statusRoot,
        bytes32 list,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Retires the key of `issuer`: anchors made at or after `from` are not to be believed. For its controller, or
     * for the issuer itself while there is none.
     * @dev A retirement only moves earlier, and cannot be undone. Repeating the stored one changes nothing, emits nothing
     * and does not revert, so that a relayed signature may arrive twice.
     *
     * Reverts with {AnchorRegistryUnauthorized}, {AnchorRegistryRetirementOutOfRange} or
     * {AnchorRegistryRetirementNotEarlier}.
     *
     * WARNING: Whoever holds the issuing key may retire it from second 1 on and so disown all that it ever signed, unless
     * a controller was set before.
     * @param issuer whose key it is
     * @param from Unix time, 1 <= from <= block.timestamp
     */
    function retire(address issuer, uint64 from) external;

    /**
     * @notice {retire} by signature. Anyone may relay it.
     * @dev Needs no nonce, because a retirement only moves earlier.
     *
     * Signed: `Retire(address issuer,uint64 from,uint256 deadline)`.
     * @param deadline last Unix second at which it may be relayed
     * @param signature as for {setStatusBySig}
     */
    function retireBySig(address issuer, uint64 from, uint256 deadline, bytes calldata signature) external;

    /**
     * @notice Lets `next` speak for the status of `issuer` from now on. For its controller, or for the issuer itself
     * while there is none.
     * @dev A cold key or a multisig set here survives the theft of the issuing key: the issuer itself has no say any
     * more. Naming the stored controller again changes nothing, emits nothing and does not revert.
     *
     * Reverts with {AnchorRegistryUnauthorized} or {AnchorRegistryZeroController}.
     *
     * WARNING: Nobody can take this back but `next`. A controller that can neither send nor sign freezes the issuer's
     * status for ever.
     * @param issuer whose status it is
     * @param next the new controller, a key or a contract, not zero
     */
    function setController(address issuer, address next) external;

    /**
     * @notice {setController} by signature. Anyone may relay it.
     * @dev Whose signature is accepted here and in the other two: first that of the key whose address is the controller
     * (or the issuer while there is none), by ecrecover, also where that address has code (EIP-7702); then, only if a
     * controller was set, what the contract at its address accepts (ERC-1271).
     *
     * Signed: `SetController(address issuer,address current,address next,uint256 deadline)`.
     *
     * WARNING: `current` is all that stops a replay. A controller that was handed on and came back may see its earlier
     * signature used again before its deadline: keep deadlines short.
     * @param current the stored controller, zero while none is set; else {AnchorRegistryControllerMismatch}
     * @param next the new controller, not zero
     * @param deadline last Unix second at which it may be relayed
     * @param signature as for {setStatusBySig}
     */
    function setControllerBySig(
        address issuer,
        address current,
        address next,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice The first record of `root`; all zero if there is none.
     */
    function anchors(bytes32 root) external view returns (address publisher, uint48 timestamp, uint48 blockNumber);

    /**
     * @notice What is known of `issuer`; all zero if nothing is.
     */
    function issuers(address issuer)
        external
        view
        returns (bytes32 statusRoot, uint64 retiredFrom, uint64 version, uint64 updatedAt);

    /**
     * @notice Who speaks for the status of `issuer`; zero: the issuer itself.
     */
    function controllers(address issuer) external view returns (address controller);
}
