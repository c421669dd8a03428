// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {HallmarkVerifier} from "../HallmarkVerifier.sol";
import {IAnchorRegistry} from "../IAnchorRegistry.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/**
 * @title BadgeDoor
 * @notice Example: a door that opens for whoever holds one particular Open Badge, awarded by one particular issuer.
 *
 * How the badge is tied to its holder. The badge is an Open Badges 3.0 credential whose subject is an account on this
 * chain: `"credentialSubject":{"achievement":{...},"id":"did:pkh:eip155:<chain id>:<EIP-55 address>",...}`. Its json-jcs
 * CID is a hash of its canonical form (RFC 8785), whose members are sorted. So up to the subject's id that text, the
 * `head`, is the same for everybody who earned the achievement: the JSON-LD context, then
 * `"credentialSubject":{"achievement":{...},"id":"did:pkh:eip155:`. The door knows the hash of the head, writes the
 * caller's account behind it itself, takes the rest (name, dates, issuer) as it comes, and computes the CID of the whole.
 * Only the badge of the caller has that CID; no JSON is parsed; a proof that was copied opens nothing for anybody else.
 *
 * The head must end exactly where the subject's account begins, which the constructor cannot see: build it with the
 * issuer from a badge that it issues.
 *
 * NOTE: The document's own `validUntil` is part of the tail and not read here. An issuer of badges that expire revokes
 * them, or the door has to ask for more.
 *
 * NOTE: A caller shows its whole badge to the chain. Where that is too much, an issuer anchors a smaller credential
 * beside the badge, one that says only what the door must know.
 */
contract BadgeDoor {
    using Strings for address;
    using Strings for uint256;

    /// @notice The registry that is the issuer's home.
    IAnchorRegistry public immutable REGISTRY;

    /// @notice Whose badges open the door.
    address public immutable ISSUER;

    /// @notice keccak256 of the head: the badge's canonical form up to and including `"id":"did:pkh:eip155:`.
    bytes32 public immutable HEAD;

    /// @notice The door was opened by `holder`, with the credential of this leaf.
    event DoorOpened(address indexed holder, bytes32 indexed leaf, uint48 anchoredAt);

    /// @notice This is the beginning of another badge.
    error BadgeDoorOtherBadge(bytes32 head);

    /// @notice The tail does not close the subject's account: it may be the beginning of another name.
    error BadgeDoorOpenAccount();

    /**
     * @param registry usually {HallmarkVerifier-REGISTRY}
     * @param issuer whose badges open the door
     * @param head keccak256 of the badge's canonical form up to the subject's account
     */
    constructor(IAnchorRegistry registry, address issuer, bytes32 head) {
        REGISTRY = registry;
        ISSUER = issuer;
        HEAD = head;
    }

    /**
     * @notice Opens the door for the holder of the badge, who must be the caller. Reverts with the reason otherwise.
     * @param head the badge's canonical form up to the subject's account
     * @param tail what follows the account, from its closing quotation mark on
     * @param proof from the badge's `proof.json`
     */
    function open(bytes calldata head, bytes calldata tail, HallmarkVerifier.Proof calldata proof) external {
        if (keccak256(head) != HEAD) revert BadgeDoorOtherBadge(keccak256(head));
        if (tail.length == 0 || tail[0] != 0x22) revert BadgeDoorOpenAccount();
        bytes memory cid = badgeCID(head, msg.sender, tail);
        HallmarkVerifier.Credential memory credential = HallmarkVerifier.verify(REGISTRY, ISSUER, cid, proof);
        emit DoorOpened(msg.sender, credential.leaf, credential.anchoredAt);
    }

    /// @notice CID (json-jcs, sha2-256) of the badge whose subject is `holder` on this chain.
    function badgeCID(bytes calldata head, address holder, bytes calldata tail) public view returns (bytes memory) {
        bytes memory account = bytes(string.concat(block.chainid.toString(), ":", holder.toChecksumHexString()));
        return bytes.concat(hex"0181ec021220", sha256(bytes.concat(head, account, tail)));
    }
}
