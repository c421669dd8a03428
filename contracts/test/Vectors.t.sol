// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {HallmarkVerifier} from "../src/HallmarkVerifier.sol";
import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {VerifierHarness} from "./VerifierHarness.sol";
import {vm} from "./Vm.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @dev Every value of the vectors that all implementations share, recomputed by the library, and every credential in
/// them checked in one call against a registry at their home. Skipped where the vectors are not beside the checkout.
contract VectorsTest {
    using Strings for uint256;

    string private constant FILE = "../../shared/vectors/commitment.json";

    struct Credential {
        string cid;
        bytes32 salt;
        bytes32 leaf;
        bytes32[] path;
    }

    struct Submission {
        address issuer;
        bytes32 root;
        uint64 count;
        uint64 issuedAt;
        bytes32 digest;
        bytes signature;
        Credential[] credentials;
        bytes32 id;
        bytes32[] path;
    }

    struct Entry {
        bytes32 id;
        uint8 code;
        bytes32 next;
    }

    struct StatusProof {
        bytes32 subject; // `of`, which is a word of the language
        bool good;
        Entry entry;
        bytes32[] path;
    }

    // How the cheat code reads JSON: by these types, in this order, whose names no Solidity struct may have.
    string private constant CREDENTIAL = "JSONCredential(string cid,bytes32 salt,bytes32 leaf,bytes32[] path)";
    string private constant SUBMISSION =
        "JSONSubmission(address issuer,bytes32 root,uint64 count,uint64 issuedAt,bytes32 digest,bytes signature,JSONCredential[] credentials,bytes32 id,bytes32[] path)";
    string private constant ENTRY = "JSONEntry(bytes32 id,uint8 code,bytes32 next)";
    string private constant STATUS_PROOF = "JSONStatusProof(bytes32 of,bool good,JSONEntry entry,bytes32[] path)";

    VerifierHarness private verifier = new VerifierHarness();

    function testBatches() public {
        string memory json = vectors();
        (uint256 chainId, AnchorRegistry registry) = home(json);
        uint256 i = 0;
        for (; vm.keyExistsJson(json, item(".batches", i)); ++i) {
            string memory key = item(".batches", i);
            bytes32 root = vm.parseJsonBytes32(json, string.concat(key, ".root"));
            registry.anchor(root, 0);
            Submission[] memory submissions = abi.decode(
                vm.parseJsonTypeArray(json, string.concat(key, ".submissions"), string.concat(SUBMISSION, CREDENTIAL)),
                (Submission[])
            );
            vm.assertTrue(submissions.length != 0, "a batch without submissions");
            for (uint256 j = 0; j < submissions.length; ++j) {
                checkSubmission(chainId, registry, root, submissions[j]);
            }
        }
        vm.assertTrue(i != 0, "the vectors hold no batch");
    }

    function checkSubmission(uint256 chainId, AnchorRegistry registry, bytes32 root, Submission memory s) private view {
        bytes32 digest = verifier.submissionDigest(chainId, address(registry), s.root, s.count, s.issuedAt);
        vm.assertEq(digest, s.digest, "digest");
        vm.assertEq(verifier.recover(digest, s.signature), s.issuer, "issuer");
        vm.assertEq(verifier.batchLeaf(s.issuer, digest), s.id, "id");
        vm.assertEq(verifier.batchRoot(s.id, s.path), root, "batch root");
        vm.assertTrue(s.credentials.length == s.count, "credentials");
        for (uint256 k = 0; k < s.credentials.length; ++k) {
            Credential memory c = s.credentials[k];
            bytes memory cid = base32(c.cid);
            vm.assertEq(verifier.leaf(cid, c.salt), c.leaf, "leaf");
            vm.assertEq(verifier.submissionRoot(c.leaf, s.count, c.path), s.root, "submission root");

            HallmarkVerifier.Proof memory proof = HallmarkVerifier.Proof({
                salt: c.salt,
                count: s.count,
                issuedAt: s.issuedAt,
                path: c.path,
                signature: s.signature,
                batchPath: s.path,
                status: new HallmarkVerifier.StatusEntry[](0)
            });
            HallmarkVerifier.Credential memory proven =
                verifier.verify(IAnchorRegistry(address(registry)), s.issuer, cid, proof);
            vm.assertEq(proven.leaf, c.leaf, "proven leaf");
            vm.assertEq(proven.submission, s.root, "proven submission");
            vm.assertEq(proven.batch, root, "proven batch");
            vm.assertEq(proven.anchoredAt, block.timestamp, "proven time");
        }
    }

    function testStatusLists() public {
        string memory json = vectors();
        bool sawGood = false;
        bool sawBad = false;
        for (uint256 i = 0; vm.keyExistsJson(json, item(".statusLists", i)); ++i) {
            string memory key = item(".statusLists", i);
            bytes32 root = vm.parseJsonBytes32(json, string.concat(key, ".root"));
            StatusProof[] memory proofs = abi.decode(
                vm.parseJsonTypeArray(json, string.concat(key, ".proofs"), string.concat(STATUS_PROOF, ENTRY)),
                (StatusProof[])
            );
            for (uint256 j = 0; j < proofs.length; ++j) {
                StatusProof memory p = proofs[j];
                HallmarkVerifier.StatusEntry[] memory entries = new HallmarkVerifier.StatusEntry[](1);
                entries[0] = HallmarkVerifier.StatusEntry(p.entry.id, p.entry.code, p.entry.next, p.path);
                if (p.good) {
                    sawGood = true;
                } else {
                    sawBad = true;
                    vm.expectRevert(
                        abi.encodeWithSelector(
                            p.entry.code == 1
                                ? HallmarkVerifier.HallmarkVerifierSuspended.selector
                                : HallmarkVerifier.HallmarkVerifierRevoked.selector,
                            p.subject
                        )
                    );
                }
                verifier.requireGood(root, p.subject, entries);
            }
        }
        vm.assertTrue(sawGood && sawBad, "the vectors hold good ids and others");
    }

    function testDocumentsHaveCIDsThatAreTaken() public {
        string memory json = vectors();
        uint256 raw = 0;
        uint256 jcs = 0;
        for (; vm.keyExistsJson(json, item(".documents", raw)); ++raw) {
            string memory key = item(".documents", raw);
            verifier.requireCID(base32(vm.parseJsonString(json, string.concat(key, ".raw"))));
            key = string.concat(key, ".jcs");
            if (!vm.keyExistsJson(json, key)) continue;
            verifier.requireCID(base32(vm.parseJsonString(json, key)));
            ++jcs;
        }
        vm.assertTrue(raw > jcs && jcs != 0, "the vectors hold both forms");
    }

    /// @dev Where the folder is absent, forge refuses the path altogether.
    function vectors() private returns (string memory) {
        bool there = false;
        try vm.isFile(FILE) returns (bool isFile) {
            there = isFile;
        } catch {}
        vm.skip(!there, "the shared vectors are not beside this checkout: ../shared/vectors/commitment.json");
        return vm.readFile(FILE);
    }

    /// @dev A registry where the vectors say it is: its domain is computed on each call, so its code may just lie there.
    function home(string memory json) private returns (uint256 chainId, AnchorRegistry registry) {
        chainId = vm.parseJsonUint(json, ".home.chainId");
        registry = AnchorRegistry(vm.parseJsonAddress(json, ".home.registry"));
        vm.chainId(chainId);
        vm.etch(address(registry), address(new AnchorRegistry()).code);
        vm.warp(1_767_300_000);
    }

    /// @dev Multibase base32: RFC 4648, lower case, no padding, behind a `b`.
    function base32(string memory text) private pure returns (bytes memory out) {
        bytes memory chars = bytes(text);
        vm.assertTrue(chars[0] == "b", "not base32");
        out = new bytes((chars.length - 1) * 5 / 8);
        uint256 bits = 0;
        uint256 value = 0;
        uint256 length = 0;
        for (uint256 i = 1; i < chars.length; ++i) {
            uint8 c = uint8(chars[i]);
            value = value << 5 | (c >= 97 ? c - 97 : c - 50 + 26);
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                out[length] = bytes1(uint8(value >> bits));
                ++length;
            }
        }
    }

    function item(string memory list, uint256 n) private pure returns (string memory) {
        return string.concat(list, "[", n.toString(), "]");
    }
}
