// Bytes, integers and hashes. Hashes, addresses and byte strings of a proof are kept as `0x` and lower-case hex: two of
// one length compare as the numbers that they are.
import { sha256 as sha2 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes, utf8ToBytes as utf8 } from '@noble/hashes/utils.js';

export { concatBytes as concat, utf8ToBytes as utf8 } from '@noble/hashes/utils.js';
export type Bytes = Uint8Array;
export type Hex = string;

/** What is not of the form that is asked for. The message is for people; the reason is that of a check which rests on it. */
export class Refused extends Error {
  reason = 'evidence_bad';
}
export const refuse = (what: string, reason = 'evidence_bad'): never => {
  throw Object.assign(new Refused(what), { reason });
};
/** What is read, or why it was refused. */
export function attempt<T>(read: () => T): T | Refused {
  try {
    return read();
  } catch (e) {
    if (e instanceof Refused) return e;
    throw e;
  }
}

export const ZERO: Hex = `0x${'00'.repeat(32)}`;
export const ONES: Hex = `0x${'ff'.repeat(32)}`;
export const toHex = (b: Bytes): Hex => `0x${bytesToHex(b)}`;
export const fromHex = (h: Hex): Bytes => hexToBytes(h.slice(2));
/** Hex after hex. */
export const join = (...parts: Hex[]): Hex => `0x${parts.map((p) => p.slice(2)).join('')}`;
export const sha256 = (...parts: Hex[]): Hex => toHex(sha2(fromHex(join(...parts))));
export const keccak = (...parts: Hex[]): Hex => toHex(keccak_256(fromHex(join(...parts))));
export const keccakText = (text: string): Hex => toHex(keccak_256(utf8(text)));
/** A word of 32 bytes: a number, or the hex of at most 32 bytes, with zeros in front. */
export const word = (v: number | bigint | Hex): Hex => `0x${(typeof v === 'string' ? v.slice(2) : v.toString(16)).padStart(64, '0')}`;
/** An unsigned integer, big-endian. */
export const number = (b: Bytes): bigint => (b.length === 0 ? 0n : BigInt(toHex(b)));

/** The address in EIP-55 form. */
export function checksummed(address: Hex): string {
  const low = address.slice(2).toLowerCase();
  const hash = keccakText(low).slice(2);
  return `0x${[...low].map((c, i) => ((hash[i] ?? '0') > '7' ? c.toUpperCase() : c)).join('')}`;
}

/** UTF-8 as text. A byte order mark is kept. */
export function decodeText(b: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b);
  } catch {
    return refuse('it is not UTF-8');
  }
}

/** Base64 with padding, in its only form. */
export function base64(text: string): Bytes {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) refuse('base64 is not well formed');
  const raw = atob(text);
  return btoa(raw) === text ? Uint8Array.from(raw, (c) => c.charCodeAt(0)) : refuse('base64 is not in its only form');
}
