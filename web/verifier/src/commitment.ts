// What commits to a credential (sections 2, 3 and 5): leaves, paths, and what the issuer signed.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type Bytes, fromHex, type Hex, keccak, keccakText, toHex, word } from './bytes.js';
import type { Home } from './schema.js';

const leaf = (...encoded: Hex[]): Hex => keccak(keccak(...encoded));
/** The leaf of a credential, by the binary form of its CID; of evidence of identity, too. */
export const credentialLeaf = (cid: Bytes, salt: Hex): Hex =>
  leaf(word(64), salt, word(cid.length), toHex(cid).padEnd(2 + 64 * Math.ceil(cid.length / 32), '0'));
/** The leaf of a submission in its batch. */
export const submissionId = (issuer: Hex, digest: Hex): Hex => leaf(word(issuer), digest);
/** The leaf of an entry of a status list. */
export const statusLeaf = (id: Hex, code: number, next: Hex): Hex => leaf(id, word(code), next);
/** Where a path leads. */
export const follow = (from: Hex, path: Hex[]): Hex => path.reduce((a, b) => (a < b ? keccak(a, b) : keccak(b, a)), from);

/** The EIP-712 digest of a submission. */
export function submissionDigest(home: Home, root: Hex, count: number, issuedAt: number): Hex {
  const domain = keccak(
    keccakText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
    ...[keccakText('Hallmark'), keccakText('1'), word(Number(home.chain.slice(7))), word(home.registry)],
  );
  const struct = keccak(keccakText('Submission(bytes32 root,uint64 count,uint64 issuedAt)'), root, word(count), word(issuedAt));
  return keccak('0x1901', domain, struct);
}

/** The address whose key made a signature; undefined if it is none by section 3.3. */
export function signer(digest: Hex, signature: Bytes): Hex | undefined {
  const v = signature[64] ?? 0;
  if (v !== 27 && v !== 28) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.slice(0, 64), 'compact').addRecoveryBit(v - 27);
    if (parsed.hasHighS()) return undefined;
    return `0x${keccak(toHex(parsed.recoverPublicKey(fromHex(digest)).toBytes(false).slice(1))).slice(-40)}`;
  } catch {
    return undefined;
  }
}
