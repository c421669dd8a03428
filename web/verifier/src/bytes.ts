// Bytes, integers and hashes. Hashes, addresses and byte strings of a proof are kept as `0x` and lower-case hex: two of
// one length compare as the numbers that they are.
import { sha256 as sha } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

export type Bytes = Uint8Array;
export type Hex = string;

/** What is not of the form that is asked for. The message is for people. */
export class Refused extends Error {}

export const refuse = (what: string): never => {
  throw new Refused(what);
};
export const concat = concatBytes;
export const utf8 = utf8ToBytes;
export const sha256 = sha;
export const toHex = (b: Bytes): Hex => `0x${bytesToHex(b)}`;
export const fromHex = (h: Hex): Bytes => hexToBytes(h.slice(2));
export const keccak = (...parts: Hex[]): Hex => toHex(keccak_256(hexToBytes(parts.map((p) => p.slice(2)).join(''))));
export const keccakText = (text: string): Hex => toHex(keccak_256(utf8(text)));
export const ZERO: Hex = `0x${'00'.repeat(32)}`;
export const ONES: Hex = `0x${'ff'.repeat(32)}`;

/** A word of 32 bytes: a number, or the hex of at most 32 bytes, with zeros in front. */
export const word = (v: number | bigint | Hex): Hex => `0x${(typeof v === 'string' ? v.slice(2) : v.toString(16)).padStart(64, '0')}`;

export const same = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** An unsigned integer, big-endian. */
export const number = (b: Bytes): bigint => (b.length === 0 ? 0n : BigInt(toHex(b)));

/** The address in EIP-55 form. */
export function checksummed(address: Hex): string {
  const low = address.slice(2).toLowerCase();
  const hash = keccakText(low).slice(2);
  return `0x${[...low].map((c, i) => (Number.parseInt(hash[i] ?? '0', 16) > 7 ? c.toUpperCase() : c)).join('')}`;
}

/** UTF-8 as text; undefined if it is not. A byte order mark is kept. */
export function decodeText(b: Bytes): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b);
  } catch {
    return undefined;
  }
}

/** Base64 with padding, in its only form. */
export function base64(text: string): Bytes {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) refuse('base64 is not well formed');
  const raw = atob(text);
  if (btoa(raw) !== text) refuse('base64 is not in its only form');
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}
