// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {HallmarkTypedData} from "./HallmarkTypedData.sol";
import {IAnchorRegistry} from "./IAnchorRegistry.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/**
 * @title HallmarkVerifier
 * @notice Checks a credential from within another contract, by the rules of Hallmark's offline verifier: {verify} either
 * returns what was proven or reverts with the reason.
 *
 * The steps, each a function of its own: CID and salt make a {leaf}; the leaf and a path make a {submissionRoot}; the
 * issuer signed that root ({submissionDigest}, {recover}); issuer and digest make a {batchLeaf}; that and a path make a
 * {batchRoot}; the registry knows when it first saw that root, whether the issuer's key was retired by then, and the root
 * of the issuer's status list, against which {requireGood} holds the leaf and the submission.
 *
 * All trees are OpenZeppelin StandardMerkleTrees: leaf = keccak256(keccak256(abi.encode(values))), pairs hashed in
 * ascending order.
 *
 * WARNING: What is proven is that `issuer` vouched for the document of this CID. The caller decides which issuers it
 * believes, what the document must say (by computing the CID from the document, see `examples/BadgeDoor.sol`), and
 * whether the document's own dates still hold.
 *
 * NOTE: Only a statement whose home is the given registry on this very chain can pass, since only there its time and
 * status are decided: the digest is computed for `block.chainid` and that registry.
 */
library HallmarkVerifier {
    /**
     * @notice Where the registry is on every chain that has it. Created by the deterministic deployer from fixed code, so
     * this address can hold nothing else; `REGISTRY.code.length` tells whether the chain has it.
     */
    address internal constant REGISTRY = 0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa;

    /// @notice keccak256 of the registry's code, its `codehash` on every chain.
    bytes32 internal constant REGISTRY_CODE_HASH = 0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7;

    /// @notice Codes of a status entry.
    uint8 internal constant SUSPENDED = 1;
    uint8 internal constant REVOKED = 2;

    bytes32 private constant SUBMISSION_TYPEHASH = keccak256("Submission(bytes32 root,uint64 count,uint64 issuedAt)");
    bytes32 private constant LAST = bytes32(type(uint256).max);

    /**
     * @notice One entry of an issuer's status list: `id` has `code`, and no id lies between `id` and `next`.
     * @param id a leaf or a submission's root; zero in the first entry
     * @param code 0 in the first entry, else 1 suspended, 2 revoked
     * @param next the following id; 0xff..ff in the last entry
     * @param path from the entry to the issuer's status root
     */
    struct StatusEntry {
        bytes32 id;
        uint8 code;
        bytes32 next;
        bytes32[] path;
    }

    /**
     * @notice What a holder shows beside the credential: the like-named members of a `proof.json`.
     * @param salt of the leaf
     * @param count how many leaves the submission has
     * @param issuedAt the issuer's own claim, in Unix seconds; part of what it signed
     * @param path from the leaf to the submission's root
     * @param signature 65 bytes r || s || v by the issuer
     * @param batchPath from the submission to the batch's root
     * @param status entries that decide for the leaf and for the submission's root; one may serve both. Empty while the
     * issuer's status root is zero
     */
    struct Proof {
        bytes32 salt;
        uint64 count;
        uint64 issuedAt;
        bytes32[] path;
        bytes signature;
        bytes32[] batchPath;
        StatusEntry[] status;
    }

    /**
     * @notice What was proven.
     * @param leaf of the credential: unique to this CID and salt
     * @param submission root of the issuer's submission
     * @param batch root that was anchored
     * @param anchoredAt when the registry first saw it, in Unix seconds
     */
    struct Credential {
        bytes32 leaf;
        bytes32 submission;
        bytes32 batch;
        uint48 anchoredAt;
    }

    /// @notice The bytes are not a CIDv1 that names a whole document by a full-length hash: see {requireCID}.
    error HallmarkVerifierInvalidCID(bytes cid);

    /// @notice No tree of `count` leaves has a path of `steps`.
    error HallmarkVerifierPathLength(uint64 count, uint256 steps);

    /// @notice Not 65 bytes, v not 27 or 28, s in the upper half, or no key recovers from it.
    error HallmarkVerifierInvalidSignature();

    /// @notice The statement was signed by `recovered`, or for another home, or it is another statement.
    error HallmarkVerifierSignerMismatch(address recovered, address issuer);

    /// @notice The registry never saw this root.
    error HallmarkVerifierNotAnchored(bytes32 root);

    /// @notice The issuer's key was retired from `retiredFrom`, and the batch was anchored at `anchoredAt`.
    error HallmarkVerifierKeyRetired(uint64 retiredFrom, uint48 anchoredAt);

    /// @notice The path of this entry does not lead to the issuer's status root.
    error HallmarkVerifierStatusRootMismatch(bytes32 id, bytes32 statusRoot);

    /// @notice No list has such an entry: a zero code belongs to the zero id alone, and `next` follows `id`.
    error HallmarkVerifierMalformedStatus(bytes32 id, uint8 code);

    /// @notice No entry was shown that decides for `id`, or one with a code unknown here.
    error HallmarkVerifierStatusUnknown(bytes32 id);

    /// @notice `id`, the credential's leaf or the whole submission, is suspended.
    error HallmarkVerifierSuspended(bytes32 id);

    /// @notice `id`, the credential's leaf or the whole submission, is revoked.
    error HallmarkVerifierRevoked(bytes32 id);

    /**
     * @notice Checks that `issuer` vouched for the document `cid`, that this was anchored while its key was good, and that
     * neither credential nor submission is suspended or revoked now. Reverts with the reason otherwise.
     *
     * WARNING: `registry` and `issuer` decide what is believed: they must come from the caller's own storage or code,
     * never from who presents the proof. {REGISTRY} is the published one.
     * @param registry which to ask
     * @param issuer whose word is wanted
     * @param cid binary CIDv1 of the document
     * @param proof what the holder shows
     */
    function verify(IAnchorRegistry registry, address issuer, bytes memory cid, Proof calldata proof)
        internal
        view
        returns (Credential memory credential)
    {
        credential.leaf = leaf(cid, proof.salt);
        credential.submission = submissionRoot(credential.leaf, proof.count, proof.path);
        bytes32 digest =
            submissionDigest(block.chainid, address(registry), credential.submission, proof.count, proof.issuedAt);
        address recovered = recover(digest, proof.signature);
        if (recovered != issuer) revert HallmarkVerifierSignerMismatch(recovered, issuer);
        credential.batch = batchRoot(batchLeaf(issuer, digest), proof.batchPath);
        credential.anchoredAt = anchoredAt(registry, credential.batch);

        (bytes32 statusRoot, uint64 retiredFrom,,) = registry.issuers(issuer);
        if (retiredFrom != 0 && credential.anchoredAt >= retiredFrom) {
            revert HallmarkVerifierKeyRetired(retiredFrom, credential.anchoredAt);
        }
        requireGood(statusRoot, credential.leaf, proof.status);
        if (credential.submission != credential.leaf) requireGood(statusRoot, credential.submission, proof.status);
    }

    /**
     * @notice Reverts unless `cid` is a binary CIDv1 as Hallmark takes it: codec raw (0x55) or json-jcs (0xb601), a
     * full-length multihash of at least 32 bytes, minimal varints, nothing after it. At least 36 bytes, therefore.
     * @dev Hashes: sha2-256, sha2-512, sha3-256, keccak-256, blake3 (32 bytes or more). All their codes and the lengths
     * below 128 are varints of one byte, the minimal form of anything else being two.
     */
    function requireCID(bytes memory cid) internal pure {
        if (cid.length < 36 || cid[0] != 0x01) revert HallmarkVerifierInvalidCID(cid);
        uint256 offset; // of the multihash: code, length, digest
        if (cid[1] == 0x55) offset = 2;
        else if (cid[1] == 0x81 && cid[2] == 0xec && cid[3] == 0x02) offset = 4;
        else revert HallmarkVerifierInvalidCID(cid);

        bytes1 hash = cid[offset];
        uint256 size = uint8(cid[offset + 1]);
        offset += 2;
        if (size >= 0x80) {
            // A second byte of zero would be a longer form of the same number, one of 0x80 or more would be followed by
            // a third, for digests of 16 KiB.
            uint256 high = uint8(cid[offset]);
            if (high == 0 || high >= 0x80) revert HallmarkVerifierInvalidCID(cid);
            size = (size & 0x7f) | (high << 7);
            ++offset;
        }
        bool known = (size == 32 && (hash == 0x12 || hash == 0x16 || hash == 0x1b)) // sha2-256, sha3-256, keccak-256
            || (size == 64 && hash == 0x13) // sha2-512
            || (size >= 32 && hash == 0x1e); // blake3
        if (!known || cid.length != offset + size) revert HallmarkVerifierInvalidCID(cid);
    }

    /**
     * @notice The salted commitment to one credential. Reverts as {requireCID} does: the length of a CID is what keeps the
     * leaves of submissions apart from those of batches and status lists.
     */
    function leaf(bytes memory cid, bytes32 salt) internal pure returns (bytes32) {
        requireCID(cid);
        return _leafHash(abi.encode(cid, salt));
    }

    /**
     * @notice The root that `path` leads to from `leaf_`, in a tree of `count` leaves: floor or ceil of log2(count) steps.
     */
    function submissionRoot(bytes32 leaf_, uint64 count, bytes32[] calldata path) internal pure returns (bytes32) {
        if (count == 0) revert HallmarkVerifierPathLength(count, path.length);
        uint256 floor = Math.log2(count);
        uint256 ceil = Math.log2(count, Math.Rounding.Ceil);
        if (path.length != floor && path.length != ceil) revert HallmarkVerifierPathLength(count, path.length);
        return MerkleProof.processProofCalldata(path, leaf_);
    }

    /**
     * @notice What the issuer signs: EIP-712 `Submission(bytes32 root,uint64 count,uint64 issuedAt)` in the domain of its
     * home registry.
     */
    function submissionDigest(uint256 chainId, address registry, bytes32 root, uint64 count, uint64 issuedAt)
        internal
        pure
        returns (bytes32)
    {
        bytes32 statement = keccak256(abi.encode(SUBMISSION_TYPEHASH, root, count, issuedAt));
        return HallmarkTypedData.digest(chainId, registry, statement);
    }

    /**
     * @notice Who signed `digest`. Reverts unless the signature has 65 bytes r || s || v, v in {27, 28}, low s, and a key
     * recovers from it; never returns zero.
     */
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        (address recovered, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (err != ECDSA.RecoverError.NoError) revert HallmarkVerifierInvalidSignature();
        return recovered;
    }

    /// @notice A submission's leaf in its batch, which is also the submission's id.
    function batchLeaf(address issuer, bytes32 digest) internal pure returns (bytes32) {
        return _leafHash(abi.encode(issuer, digest));
    }

    /// @notice The root that `path` leads to from a submission's leaf: the root that is anchored.
    function batchRoot(bytes32 leaf_, bytes32[] calldata path) internal pure returns (bytes32) {
        return MerkleProof.processProofCalldata(path, leaf_);
    }

    /// @notice When the registry first saw `root`, in Unix seconds. Reverts if it never did.
    function anchoredAt(IAnchorRegistry registry, bytes32 root) internal view returns (uint48 timestamp) {
        (, timestamp,) = registry.anchors(root);
        if (timestamp == 0) revert HallmarkVerifierNotAnchored(root);
    }

    /// @notice Leaf of one entry in an issuer's status list.
    function statusLeaf(bytes32 id, uint8 code, bytes32 next) internal pure returns (bytes32) {
        return _leafHash(abi.encode(id, code, next));
    }

    /**
     * @notice Reverts unless `id` is good by the list of root `statusRoot`: an entry with `entry.id < id < entry.next` is
     * shown and none with `entry.id == id`. A zero root is that of an issuer that never published a list: all is good.
     * @dev Every entry given must be of that list, whether it decides for `id` or not.
     */
    function requireGood(bytes32 statusRoot, bytes32 id, StatusEntry[] calldata entries) internal pure {
        // The sentinels stand for no credential; a leaf is a hash, so this is here for completeness.
        if (id == bytes32(0) || id == LAST) revert HallmarkVerifierStatusUnknown(id);
        bool good = statusRoot == bytes32(0);
        for (uint256 i = 0; i < entries.length; ++i) {
            StatusEntry calldata entry = entries[i];
            bytes32 entryLeaf = statusLeaf(entry.id, entry.code, entry.next);
            if (!MerkleProof.verifyCalldata(entry.path, statusRoot, entryLeaf)) {
                revert HallmarkVerifierStatusRootMismatch(entry.id, statusRoot);
            }
            if ((entry.code == 0) != (entry.id == bytes32(0)) || entry.next <= entry.id) {
                revert HallmarkVerifierMalformedStatus(entry.id, entry.code);
            }
            // An entry for the id itself beats any gap.
            if (entry.id == id) {
                if (entry.code == SUSPENDED) revert HallmarkVerifierSuspended(id);
                if (entry.code == REVOKED) revert HallmarkVerifierRevoked(id);
                revert HallmarkVerifierStatusUnknown(id);
            }
            if (entry.id < id && id < entry.next) good = true;
        }
        if (!good) revert HallmarkVerifierStatusUnknown(id);
    }

    function _leafHash(bytes memory encoded) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(encoded)));
    }
}
