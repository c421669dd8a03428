import { secp256k1 } from '@noble/curves/secp256k1.js';
import { checksummed, type Home } from './address.ts';
import { ascii, concat, hex, keccak, unhex, word } from './bytes.ts';

/** Field is a member of a type of EIP-712. */
interface Field {
  name: string;
  type: 'address' | 'bytes32' | 'string' | 'uint64' | 'uint256';
}

/** TypedData is what eth_signTypedData_v4 signs (EIP-712), in the form that wallets take. Numbers are decimal text. */
export interface TypedData {
  domain: { name: string; version: string; chainId: number; verifyingContract: string };
  primaryType: string;
  types: Record<string, readonly Field[]>;
  message: Record<string, string>;
}

const domainFields: readonly Field[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];

function typed(home: Home, primaryType: string, fields: readonly Field[], message: Record<string, string>): TypedData {
  return {
    domain: { name: 'Hallmark', version: '1', chainId: home.chain, verifyingContract: home.registry },
    primaryType,
    types: { EIP712Domain: domainFields, [primaryType]: fields },
    message,
  };
}

/** submissionData is what an issuer signs for a submission (section 3.3). */
export function submissionData(home: Home, root: Uint8Array, count: number, issuedAt: number): TypedData {
  const fields: Field[] = [
    { name: 'root', type: 'bytes32' },
    { name: 'count', type: 'uint64' },
    { name: 'issuedAt', type: 'uint64' },
  ];
  return typed(home, 'Submission', fields, { root: hex(root), count: String(count), issuedAt: String(issuedAt) });
}

/** A ListVersion is a version of a status list by its root, and by the digest of its manifest (sections 4.3 and 9). */
export interface ListVersion {
  issuer: string;
  version: number;
  root: Uint8Array;
  list: Uint8Array;
}

/** statusData is what who speaks for an issuer signs for a new status list (section 4.3). */
export function statusData(home: Home, v: ListVersion, deadline: number): TypedData {
  const fields: Field[] = [
    { name: 'issuer', type: 'address' },
    { name: 'version', type: 'uint64' },
    { name: 'statusRoot', type: 'bytes32' },
    { name: 'list', type: 'bytes32' },
    { name: 'deadline', type: 'uint256' },
  ];
  return typed(home, 'SetStatus', fields, {
    issuer: v.issuer,
    version: String(v.version),
    statusRoot: hex(v.root),
    list: hex(v.list),
    deadline: String(deadline),
  });
}

/** digestOf is what is signed. */
export function digestOf(data: TypedData): Uint8Array {
  const d = data.domain;
  const domain = structHash('EIP712Domain', domainFields, {
    name: d.name,
    version: d.version,
    chainId: String(d.chainId),
    verifyingContract: d.verifyingContract,
  });
  const message = structHash(data.primaryType, data.types[data.primaryType] ?? [], data.message);
  return keccak(Uint8Array.of(0x19, 0x01), domain, message);
}

function structHash(name: string, fields: readonly Field[], values: Record<string, string>): Uint8Array {
  const type = `${name}(${fields.map((f) => `${f.type} ${f.name}`).join(',')})`;
  const words = fields.map((f) => {
    const value = values[f.name] ?? '';
    if (f.type === 'string') {
      return keccak(ascii(value));
    }
    return f.type.startsWith('uint') ? word(BigInt(value)) : word(unhex(value) ?? new Uint8Array());
  });
  return keccak(keccak(ascii(type)), concat(...words));
}

/** halfOrder is the greatest s that a signature may have. */
const halfOrder = secp256k1.Point.Fn.ORDER >> 1n;

/**
 * plainSignature brings a wallet's signature into the form of section 3.3: 65 bytes, of which the last one is 27 or 28;
 * undefined if it is none, as that of a wallet that is a contract.
 */
export function plainSignature(text: string): Uint8Array | undefined {
  const bytes = unhex(text, 65);
  const v = bytes?.[64];
  if (!bytes || v === undefined) {
    return undefined;
  }
  if (v < 2) {
    bytes[64] = v + 27; // as some devices number it
  }
  const s = BigInt(hex(bytes.subarray(32, 64)));
  return (bytes[64] === 27 || bytes[64] === 28) && s > 0n && s <= halfOrder ? bytes : undefined;
}

/** signerOf is the address whose key signed a digest; undefined if the signature is none. */
export function signerOf(digest: Uint8Array, signature: Uint8Array): string | undefined {
  try {
    const compact = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact');
    const point = compact.addRecoveryBit((signature[64] ?? 0) - 27).recoverPublicKey(digest);
    return checksummed(keccak(point.toBytes(false).subarray(1)).subarray(12));
  } catch {
    return undefined;
  }
}
