import { sha256 } from '@noble/hashes/sha2.js';
import { ascii, compare, concat, hex, keccak, unhex, word } from './bytes.ts';
import { type CID, codecJCS, codecRaw, sha256Code } from './cid.ts';
import { fail } from './fault.ts';
import { buildTree } from './tree.ts';
import type { ListVersion } from './typed.ts';

/** Codes of entries (section 5). */
export const suspended = 1;
export const revoked = 2;
const replacedJCS = 3;
const replacedRaw = 4;

/** A Listed id is an entry of a status list as it is sent: a leaf, the root of a submission, or half a pointer. */
export interface Listed {
  id: string;
  code: number;
}

/** mostListed is how many a list has at most (section 9). */
export const mostListed = 1_048_576;

/** ids are lower-case hex of one length, so their order as text is that as numbers. */
function ascending(a: Listed, b: Listed): number {
  return a.id < b.id ? -1 : 1;
}

const zero = hex(new Uint8Array(32));
const last = hex(new Uint8Array(32).fill(0xff));

/** isList reports whether items are such as a list has: ids of 32 bytes that ascend strictly, with codes. */
export function isList(items: Listed[]): boolean {
  return items.every((item, i) => {
    const before = items[i - 1]?.id ?? zero;
    return /^0x[0-9a-f]{64}$/.test(item.id) && before < item.id && item.id < last && item.code >= 1 && item.code <= 255;
  });
}

/** listRoot is the root of the tree over a list, which ascends: the statusRoot of the registry. */
export async function listRoot(items: Listed[]): Promise<Uint8Array> {
  const all = [{ id: zero, code: 0 }, ...items];
  const leaves = all.map((item, i) => {
    const next = all[i + 1]?.id ?? last;
    return keccak(keccak(concat(bytes32(item.id), word(item.code), bytes32(next))));
  });
  return (await buildTree(leaves)).root;
}

function bytes32(id: string): Uint8Array {
  return unhex(id, 32) ?? fail('listBroken');
}

/** blockRecords is how many records a writer puts into a published block (section 9). */
const blockRecords = 31_775;

/** versionOf is a list as a version that can be signed: its root, and the digest of its published manifest. */
export async function versionOf(issuer: string, version: number, items: Listed[]): Promise<ListVersion> {
  const root = await listRoot(items);
  const pages: Uint8Array[] = [];
  for (let i = 0; i < items.length; i += blockRecords) {
    const records = items.slice(i, i + blockRecords).map((item) => concat(bytes32(item.id), Uint8Array.of(item.code)));
    pages.push(sha256(concat(...records)));
  }
  return { issuer, version, root, list: sha256(manifest(issuer, version, root, pages)) };
}

/** manifest is the dag-cbor of a list's manifest, whose members are ordered by length and then by bytes. */
function manifest(issuer: string, version: number, root: Uint8Array, pages: Uint8Array[]): Uint8Array {
  const text = (s: string) => concat(head(3, s.length), ascii(s));
  const link = (digest: Uint8Array) =>
    concat(Uint8Array.of(0xd8, 42, 0x58, 37, 0, 0x01, codecRaw, sha256Code, 32), digest);
  return concat(
    head(5, 5),
    concat(text('root'), head(2, 32), root),
    concat(text('pages'), head(4, pages.length), ...pages.map(link)),
    concat(text('issuer'), head(2, 20), unhex(issuer, 20) ?? new Uint8Array()),
    concat(text('version'), head(0, version)),
    concat(text('hallmark'), head(0, 1)),
  );
}

/** head is the head of a CBOR item, with its number in the shortest form. */
function head(major: number, n: number): Uint8Array {
  const kind = major << 5;
  if (n < 24) {
    return Uint8Array.of(kind | n);
  }
  const size = n < 0x100 ? 0 : n < 0x10000 ? 1 : n < 2 ** 32 ? 2 : 3;
  return concat(Uint8Array.of(kind | (24 + size)), word(n).subarray(32 - 2 ** size));
}

/** pointerPrefix is how the ids begin that say what replaces a leaf (section 5.1), in hex. */
function pointerPrefix(half: number, leaf: Uint8Array): string {
  return hex(keccak(ascii('hallmark replaced'), Uint8Array.of(half), leaf).subarray(0, 16));
}

/** hide hides half of a digest from who does not know the salt, or shows it again. */
function hide(half: number, leaf: Uint8Array, salt: Uint8Array, part: Uint8Array): Uint8Array {
  const pad = keccak(ascii('hallmark replacement'), Uint8Array.of(half), leaf, salt);
  return part.map((b, i) => b ^ (pad[i] ?? 0));
}

/** A Replaced credential is known by its proof. */
export interface Replaced {
  leaf: Uint8Array;
  salt: Uint8Array;
}

function pointer(old: Replaced, next: CID): Listed[] {
  if (next.hash !== sha256Code) {
    return fail('pointerHash');
  }
  const code = next.codec === codecJCS ? replacedJCS : replacedRaw;
  return [0, 1].map((half) => {
    const hidden = hide(half, old.leaf, old.salt, next.digest.subarray(16 * half, 16 * half + 16));
    return { id: pointerPrefix(half, old.leaf) + hex(hidden).slice(2), code };
  });
}

/** withoutPointers leaves out what says what replaces one of some leaves. */
function withoutPointers(items: Listed[], leaves: string[]): Listed[] {
  const prefixes = new Set(leaves.flatMap((leaf) => [0, 1].map((half) => pointerPrefix(half, bytes32(leaf)))));
  return items.filter((item) => !prefixes.has(item.id.slice(0, 34)));
}

/** A Replacement is the digest of the CID that replaces a credential, and its codec. */
interface Replacement {
  digest: Uint8Array;
  codec: number;
}

/** replacedBy reads what replaces a credential by a list; undefined if nothing, or nothing that holds together. */
export function replacedBy(items: Listed[], old: Replaced): Replacement | undefined {
  const leaf = hex(old.leaf);
  if (!items.some((item) => item.id === leaf && item.code === revoked)) {
    return undefined;
  }
  const halves = [0, 1].map((half) => items.filter((item) => item.id.startsWith(pointerPrefix(half, old.leaf))));
  const [a, b] = [halves[0]?.[0], halves[1]?.[0]];
  if (
    !a ||
    !b ||
    halves.some((some) => some.length > 1) ||
    a.code !== b.code ||
    a.code < replacedJCS ||
    a.code > replacedRaw
  ) {
    return undefined;
  }
  const digest = concat(...[a, b].map((item, half) => hide(half, old.leaf, old.salt, bytes32(item.id).subarray(16))));
  return { digest, codec: a.code === replacedJCS ? codecJCS : codecRaw };
}

/**
 * withStatus is a list in which ids have a code, or with 0 are not listed any more, nor replaced; undefined if it is so
 * already. What is revoked is not suspended.
 */
export function withStatus(items: Listed[], ids: string[], code: number): Listed[] | undefined {
  const wanted = new Set(ids);
  const before = new Map(items.map((item) => [item.id, item.code]));
  const revokedOne = code === suspended && ids.find((id) => before.get(id) === revoked);
  if (revokedOne) {
    return fail('revokedAlready', revokedOne);
  }
  const rest = code === 0 ? withoutPointers(items, ids) : items;
  if (rest.length === items.length && ids.every((id) => (before.get(id) ?? 0) === code)) {
    return undefined;
  }
  const kept = rest.filter((item) => !wanted.has(item.id));
  const added = code === 0 ? [] : [...wanted].map((id) => ({ id, code }));
  return bounded([...kept, ...added].sort(ascending));
}

/** withReplaced is a list by which a credential is revoked and another one replaces it; undefined if it is so already. */
export function withReplaced(items: Listed[], old: Replaced & { credential: CID }, next: CID): Listed[] | undefined {
  if (next.text === old.credential.text) {
    return fail('replacesItself');
  }
  const now = replacedBy(items, old);
  if (now) {
    const same = now.codec === next.codec && next.hash === sha256Code && compare(now.digest, next.digest) === 0;
    return same ? undefined : fail('replacedAlready');
  }
  const leaf = hex(old.leaf);
  const rest = withoutPointers(items, [leaf]).filter((item) => item.id !== leaf);
  return bounded([...rest, { id: leaf, code: revoked }, ...pointer(old, next)].sort(ascending));
}

function bounded(items: Listed[]): Listed[] {
  return items.length > mostListed ? fail('listTooLong') : items;
}
