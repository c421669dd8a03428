// The proof file (section 6), in JSON or CBOR.
import { type Bytes, refuse } from './bytes.js';
import { proofFromCbor } from './cbor.js';
import { parseCid } from './cid.js';
import { type Json, Num, parseJson } from './json.js';
import * as s from './schema.js';

const path = s.list(s.hash, 0, 64);
const nodes = s.list(s.bytes(0, 1 << 20), 0, 128);
const identity = s.object({ kind: s.pattern(/^[a-z0-9.-]{1,32}$/), salt: s.hash, path, evidence: s.hex(1, 16384) });
const submission = s.object({
  issuer: s.address(),
  home: s.home(),
  count: s.integer(1),
  issuedAt: s.integer(),
  path,
  signature: s.bytes(65),
  identity: s.optional(s.list(identity, 1, 4)),
});
const statusEntry = s.object({ id: s.hash, code: s.integer(0, 255), next: s.hash, path });
/** A voucher may hold anything but what readers could take in two ways (section 6). */
const voucher = s.only(s.map, (v) => typeof v.get('kind') === 'string', 'a kind');
const anchor = s.object({
  chain: s.chain,
  registry: s.address(),
  header: s.bytes(0, 4096),
  accountProof: nodes,
  storageProof: nodes,
  status: s.or(s.list(statusEntry, 1, 4), []),
  finality: s.or(s.list(voucher, 0, 8), []),
});
const proof = s.object({
  hallmark: s.integer(1, 1),
  credential: s.as(s.text, parseCid),
  salt: s.hash,
  submission,
  batch: s.optional(s.object({ path })),
  anchors: s.optional(s.list(anchor, 1, 16)),
  hints: s.optional(s.object({ node: s.optional(s.text), transaction: s.optional(s.text) })),
});
export type Proof = ReturnType<typeof proof>;
export type Anchor = ReturnType<typeof anchor>;
export type StatusEntry = ReturnType<typeof statusEntry>;

/** Refuses what stands nowhere in a proof, vouchers included. */
function plain(v: Json): void {
  if (v === null) refuse('null stands for nothing in a proof');
  if (v instanceof Num) s.integer()(v);
  if (Array.isArray(v) || v instanceof Map) v.forEach(plain);
}

/** Reads a proof, in CBOR if its first byte is that of a map, else in JSON; throws Refused with what is wrong. */
export function readProof(data: Bytes): Proof {
  if (data.length > 1 << 20) refuse('the proof is longer than 1 MiB');
  const json = (data[0] ?? 0) >> 5 === 5 ? proofFromCbor(data) : parseJson(data, 16);
  const version = json instanceof Map ? json.get('hallmark') : undefined;
  if (version instanceof Num && version.text !== '1') refuse('the proof is of another version: a newer verifier is needed');
  plain(json);
  const p = proof(json);
  if ((p.batch === undefined) !== (p.anchors === undefined)) refuse('the proof has one of batch and anchors without the other');
  const anchors = p.anchors ?? [];
  if (new Set(anchors.map((a) => a.chain)).size < anchors.length) refuse('the proof has two anchors on one chain');
  if (anchors.some((a) => a.accountProof.length + a.storageProof.length > 128)) refuse('an anchor has more than 128 trie nodes');
  return p;
}
