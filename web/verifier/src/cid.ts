// Names of credentials (section 3.1): the CID in binary and text form, and the canonical form of JSON (RFC 8785).
import { blake3 } from '@noble/hashes/blake3.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { keccak_256, sha3_256 } from '@noble/hashes/sha3.js';
import { type Bytes, fromHex, number, refuse, same, sha256, utf8 } from './bytes.js';
import { type Json, type JsonObject, Num } from './json.js';

export interface Cid {
  text: string;
  bytes: Bytes;
  codec: 'raw' | 'json-jcs';
  digest: Bytes;
  hash: (data: Bytes) => Bytes;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const HEADS: [Cid['codec'], number[]][] = [
  ['raw', [1, 0x55]],
  ['json-jcs', [1, 0x81, 0xec, 0x02]],
];
const HASHES: [number, number, number, (length: number) => (data: Bytes) => Bytes][] = [
  [0x12, 32, 32, () => sha256],
  [0x13, 64, 64, () => sha512],
  [0x16, 32, 32, () => sha3_256],
  [0x1b, 32, 32, () => keccak_256],
  [0x1e, 32, 128, (dkLen) => (data) => blake3(data, { dkLen })],
];

/** Reads the binary form; throws Refused. */
export function cidOf(bytes: Bytes): Cid {
  const [codec, head] = HEADS.find(([, h]) => h.every((x, i) => bytes[i] === x)) ?? refuse('the CID is of a codec that is not allowed');
  const rest = bytes.slice(head.length);
  let length = rest[1] ?? 0; // a varint: of what is allowed only 128 takes two bytes
  let from = 2;
  if (length === 0x80 && rest[2] === 1) {
    length = 128;
    from = 3;
  }
  const [, , , make] =
    HASHES.find(([code, min, max]) => code === rest[0] && length >= min && length <= max) ??
    refuse('the CID is of a hash that is not allowed');
  if (rest.length !== from + length || (length >= 0x80 && from === 2)) refuse('the digest of the CID has another length than it says');
  return { text: `b${base32(bytes)}`, bytes, codec, digest: rest.slice(from), hash: make(length) };
}

/** Reads the text form, base32 in lower case behind a "b"; throws Refused. */
export function parseCid(text: string): Cid {
  if (!/^b[a-z2-7]{1,216}$/.test(text)) refuse('the CID is not base32 in lower case');
  const size = Math.floor(((text.length - 1) * 5) / 8);
  const digits = [...text.slice(1)].reduce((n, c) => n * 32n + BigInt(ALPHABET.indexOf(c)), 0n);
  const bytes = digits >> BigInt((text.length - 1) * 5 - size * 8);
  const cid = cidOf(fromHex(`0x${bytes.toString(16).padStart(2 * size, '0')}`));
  return cid.text === text ? cid : refuse('the CID is not in its text form');
}

function base32(bytes: Bytes): string {
  const length = Math.ceil((bytes.length * 8) / 5);
  const digits = (number(bytes) << BigInt(length * 5 - bytes.length * 8)).toString(32).padStart(length, '0');
  return [...digits].map((d) => ALPHABET[Number.parseInt(d, 32)]).join('');
}

/** Reports whether the CID is that of a JSON object; throws Refused if that has no canonical form. */
export function isOfJson(cid: Cid, object: JsonObject): boolean {
  const proof = object.get('proof');
  const rest = new Map(object);
  rest.delete('proof');
  const entries = Array.isArray(proof) ? proof : proof === undefined ? [] : [proof];
  if (!entries.every((e) => e instanceof Map && typeof e.get('type') === 'string')) refuse('its member "proof" holds what is no proof');
  if (proof !== undefined) canonical(proof);
  return same(cid.hash(utf8(canonical(rest))), cid.digest);
}

/** The canonical form of RFC 8785; throws Refused for a number that it would change. */
export function canonical(v: Json): string {
  if (v instanceof Num) return canonicalNumber(v.text);
  if (Array.isArray(v)) return `[${v.map(canonical).join(',')}]`;
  if (!(v instanceof Map)) return JSON.stringify(v);
  const members = [...v].sort(([a], [b]) => (a < b ? -1 : 1)); // by UTF-16 code units, as strings compare
  return `{${members.map(([name, x]) => `${JSON.stringify(name)}:${canonical(x)}`).join(',')}}`;
}

function canonicalNumber(text: string): string {
  const value = Number(text);
  const out = String(value === 0 ? 0 : value); // what RFC 8785 takes from ECMAScript
  if (!Number.isFinite(value) || decimal(text) !== decimal(out)) refuse(`the number ${text.slice(0, 40)} has no exact form`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) refuse(`the number ${text.slice(0, 40)} is too large`);
  return out;
}

/** A decimal number as its digits without zeros around, and the power of ten of the last of them. */
function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE](.+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  const significant = digits.slice(0, end);
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
