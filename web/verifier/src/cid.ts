// Names of credentials (section 3.1): the CID in binary and text form.
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { keccak_256, sha3_256 } from '@noble/hashes/sha3.js';
import { type Bytes, type Hex, refuse, toHex, utf8 } from './bytes.js';
import { type Json, type JsonObject, writeJson } from './json.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const HEADS: [codec: 'raw' | 'json-jcs', head: Hex][] = [
  ['raw', '0x0155'],
  ['json-jcs', '0x0181ec02'],
];
const HASHES: [code: number, min: number, max: number, hash: (data: Bytes, length: number) => Bytes][] = [
  [0x12, 32, 32, (data) => sha256(data)],
  [0x13, 64, 64, (data) => sha512(data)],
  [0x16, 32, 32, (data) => sha3_256(data)],
  [0x1b, 32, 32, (data) => keccak_256(data)],
  [0x1e, 32, 128, (data, dkLen) => blake3(data, { dkLen })],
];

export type Cid = ReturnType<typeof cidOf>;

/** Reads the binary form; throws Refused. `is` reports whether it is the CID of these bytes. */
export function cidOf(bytes: Bytes) {
  const [codec, head] = HEADS.find(([, h]) => toHex(bytes).startsWith(h)) ?? refuse('the CID is of a codec that is not allowed');
  const [code = 0, first = 0, second, ...rest] = bytes.slice(head.length / 2 - 1);
  const wide = first === 0x80; // a varint: of what is allowed only 128 takes two bytes
  const length = wide && second === 1 ? 128 : first;
  const digest = Uint8Array.from(wide ? rest : [second ?? 0, ...rest]);
  const [, , , hash] =
    HASHES.find(([c, min, max]) => c === code && length >= min && length <= max) ?? refuse('the CID is of a hash that is not allowed');
  if (digest.length !== length || (wide && second !== 1)) refuse('the digest of the CID has another length than it says');
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
  const text = `b${bits.replace(/.{1,5}/g, (five) => ALPHABET.charAt(Number.parseInt(five.padEnd(5, '0'), 2)))}`;
  return { text, bytes, codec, is: (data: Bytes): boolean => toHex(hash(data, length)) === toHex(digest) };
}

/** Reads the text form, base32 in lower case behind a "b"; throws Refused. */
export function parseCid(text: string): Cid {
  if (!/^b[a-z2-7]{1,216}$/.test(text)) refuse('the CID is not base32 in lower case');
  const bits = [...text.slice(1)].map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0')).join('');
  const cid = cidOf(Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2)));
  return cid.text === text ? cid : refuse('the CID is not in its text form');
}

/** Reports whether the CID is that of a JSON object; throws Refused if that has no canonical form. */
export function isOfJson(cid: Cid, object: JsonObject): boolean {
  const proof = object.get('proof');
  const rest = new Map(object);
  rest.delete('proof');
  const isProof = (e: Json): boolean => e instanceof Map && typeof e.get('type') === 'string';
  if (proof !== undefined && !(Array.isArray(proof) ? proof : [proof]).every(isProof)) refuse('its member "proof" holds what is no proof');
  if (proof !== undefined) writeJson(proof, true);
  return cid.is(utf8(writeJson(rest, true)));
}
