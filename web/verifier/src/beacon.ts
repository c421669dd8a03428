// Evidence of a beacon chain (section 6.4): a sync committee's signature on a header that leads to an execution block.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { type Bytes, concat, fromHex, type Hex, number, refuse, sha256, toHex, utf8, ZERO } from './bytes.js';
import type { Beacon, Network } from './trust.js';

const DST = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const Key = bls12_381.G1.Point;

/** Where states and bodies of each fork keep what is proven, as generalized indices. */
const LAYOUTS = new Map(
  Object.entries({
    capella: { final: 105, next: 55, roots: 37, summaries: 59, block: 412 },
    deneb: { final: 105, next: 55, roots: 37, summaries: 59, block: 812 },
    electra: { final: 169, next: 87, roots: 69, summaries: 91, block: 812 },
    fulu: { final: 169, next: 87, roots: 69, summaries: 91, block: 812 },
    gloas: { final: 735, next: 2946, roots: 352, summaries: 0, block: 2856 },
  }),
);
type Layout = typeof LAYOUTS extends Map<string, infer T> ? T : never;
const pair = (a: Bytes, b: Bytes): Bytes => sha256(concat(a, b));
const little = (b: Bytes): number => {
  const n = Number(number(b.slice().reverse()));
  return Number.isSafeInteger(n) ? n : refuse('a number is too large');
};

function forkOf(net: Network, slot: number): { version: Bytes; layout: Layout } {
  const fork = net.forks.findLast((f) => f.epoch <= Math.floor(slot / net.slotsPerEpoch));
  const layout = LAYOUTS.get(fork?.name ?? '') ?? refuse(`the fork ${fork?.name} needs a newer verifier`);
  return { version: fromHex(fork?.version ?? '0x'), layout };
}

/** Takes the parts of evidence one after the other. */
class Parts {
  private at = 0;
  constructor(private readonly all: Bytes) {}

  take(n: number): Bytes {
    this.at += n;
    return this.at <= this.all.length ? this.all.slice(this.at - n, this.at) : refuse('it is cut off');
  }
  end(): void {
    if (this.at !== this.all.length) refuse('something follows it');
  }
  /** Takes a branch, and climbs it from a node at a generalized index. */
  climb(from: Bytes, index: bigint): Bytes {
    let node = from;
    for (let i = index; i > 1n; i >>= 1n) node = i & 1n ? pair(this.take(32), node) : pair(node, this.take(32));
    return node;
  }
  header(): { slot: number; root: Bytes; state: Bytes; body: Bytes } {
    const [slot, proposer, parent, state, body] = [8, 8, 32, 32, 32].map((n) => this.take(n)) as [Bytes, Bytes, Bytes, Bytes, Bytes];
    const integer = (b: Bytes): Bytes => concat(b, new Uint8Array(24));
    const none = new Uint8Array(32);
    const left = pair(pair(integer(slot), integer(proposer)), pair(parent, state));
    return { slot: little(slot), root: pair(left, pair(pair(body, none), pair(none, none))), state, body };
  }
}

/** What a committee signed. `root` is the committee's; `signed` checks the signature, which is slow. */
interface Attested {
  header: ReturnType<Parts['header']>;
  root: Hex;
  signed: () => boolean;
}

/** What is known of signatures, which many proofs share and which are slow to check. */
const checked = new Map<Hex, boolean>();

const point = (b: Bytes): InstanceType<typeof Key> => {
  const p = Key.fromBytes(b);
  p.assertValidity(); // on the curve, of the subgroup, not infinity
  return p;
};

function attested(parts: Parts, net: Network): Attested {
  const header = parts.header();
  const aggregate = parts.take(48);
  const signature = parts.take(96);
  const bits = parts.take(net.committeeSize / 8);
  const signs = (i: number): boolean => (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
  const members = Array.from({ length: net.committeeSize }, (_, i) => i);
  const absent = members.filter((i) => !signs(i)).map(() => parts.take(48));
  if (3 * absent.length > net.committeeSize) refuse('fewer than two thirds signed');
  const leaf = (key: Bytes): Bytes => sha256(concat(key, new Uint8Array(16)));
  const keys = absent.values();
  const tree = (from: number, size: number): Bytes => {
    if (members.slice(from, from + size).every(signs)) return parts.take(32);
    return size === 1 ? leaf(keys.next().value as Bytes) : pair(tree(from, size / 2), tree(from + size / 2, size / 2));
  };
  const root = toHex(pair(tree(0, net.committeeSize), leaf(aggregate)));
  const { version } = forkOf(net, header.slot);
  const fork = sha256(concat(version, new Uint8Array(28), fromHex(net.genesisValidatorsRoot)));
  const message = sha256(concat(header.root, Uint8Array.of(7, 0, 0, 0), fork.slice(0, 28)));
  const signed = (): boolean => {
    const id = toHex(sha256(concat(message, aggregate, signature, ...absent)));
    const holds = checked.get(id) ?? check();
    if (checked.size >= 256) checked.clear();
    checked.set(id, holds);
    return holds;
  };
  const check = (): boolean => {
    try {
      const sum = absent.reduce((left, key) => left.subtract(point(key)), point(aggregate));
      const s = bls12_381.G2.Point.fromBytes(signature);
      s.assertValidity();
      return !sum.is0() && bls12_381.longSignatures.verify(s, bls12_381.longSignatures.hash(message, DST), sum);
    } catch {
      return false;
    }
  };
  return { header, root, signed };
}

const periodOf = (net: Network, slot: number): number => Math.floor(slot / (net.slotsPerEpoch * net.epochsPerPeriod));
const timeOf = (net: Network, slot: number): number => net.genesisTime + slot * net.secondsPerSlot;

/** The generalized index of what is at each index below what is at the one before. */
const join = (...indices: bigint[]): bigint =>
  indices.reduce((outer, inner) => {
    const top = 1n << BigInt(inner.toString(2).length - 1);
    return outer * top + (inner - top);
  });

/** Reads evidence for an execution block: what was attested, or the list of summaries it rests on. Throws Refused where a path does not hold. */
function readEvidence(net: Network, data: Bytes, block: Hex): Attested | Hex {
  const parts = new Parts(data);
  const form = parts.take(1)[0] ?? 0;
  if (form > 3) refuse('it is of a form that needs a newer verifier');
  const signed = form < 3 ? attested(parts, net) : undefined;
  const final = signed ? parts.header() : undefined;
  if (signed && final) {
    if (final.slot > signed.header.slot) refuse('the final block is after the attested one');
    const index = BigInt(forkOf(net, signed.header.slot).layout.final);
    if (toHex(parts.climb(final.root, index)) !== toHex(signed.header.state)) refuse('the final block is not in the attested state');
  }
  const target = final === undefined || form > 0 ? parts.header() : final;
  const inRoots = BigInt(net.rootsPerSummary + (target.slot % net.rootsPerSummary)); // among the roots of its summary
  const capella = (net.forks.find((f) => f.name === 'capella')?.epoch ?? 0) * net.slotsPerEpoch;
  const entry = Math.floor(target.slot / net.rootsPerSummary) - Math.floor(capella / net.rootsPerSummary);
  if (form >= 2 && (entry < 0 || entry >= 2 ** 24)) refuse('no list of summaries has the block');
  // An entry of a list is below the left child of its root, and the block roots are the left child of an entry.
  const inList = (): bigint => join((1n << 25n) + BigInt(entry), 2n, inRoots);
  let list: Hex | undefined;
  if (form === 3) list = toHex(parts.climb(target.root, inList()));
  else if (final && form > 0) {
    const { layout } = forkOf(net, final.slot);
    if (form === 2 && layout.summaries === 0) refuse('where the fork keeps its summaries needs a newer verifier');
    const index = form === 1 ? join(BigInt(layout.roots), inRoots) : join(BigInt(layout.summaries), inList());
    if (toHex(parts.climb(target.root, index)) !== toHex(final.state)) refuse('the path of the block does not lead to the final state');
  }
  const body = parts.climb(fromHex(block), BigInt(forkOf(net, target.slot).layout.block));
  if (toHex(body) !== toHex(target.body)) refuse('it is of another block');
  parts.end();
  return signed ?? list ?? refuse('it rests on nothing');
}

/** Reads a hop from the committee of a period to the next one; throws Refused where a path does not hold. */
function readHop(net: Network, data: Bytes): Attested & { period: number; next: Hex } {
  const parts = new Parts(data);
  const a = attested(parts, net);
  const { layout } = forkOf(net, a.header.slot);
  const next = parts.take(32);
  if (toHex(parts.climb(next, BigInt(layout.next))) !== toHex(a.header.state)) refuse('the next committee is not in the attested state');
  const final = parts.take(32);
  const epoch = parts.take(32); // the first node of the branch
  const state = parts.climb(pair(epoch, final), BigInt(layout.final >> 1));
  parts.end();
  const period = periodOf(net, a.header.slot);
  const ofPeriod = Math.floor(little(epoch.slice(0, 8)) / net.epochsPerPeriod) === period && periodOf(net, a.header.slot + 1) === period;
  if (toHex(state) !== toHex(a.header.state) || toHex(final) === ZERO || !ofPeriod) refuse('the hop is not final in its period');
  return { ...a, period, next: toHex(next) };
}

/** The hops of a chain in files of them (section 6.4); what is damaged is left out. */
function hopsOf(files: Bytes[], chain: number, net: Network): ReturnType<typeof readHop>[] {
  const out: ReturnType<typeof readHop>[] = [];
  for (const file of files) {
    if (toHex(file.slice(0, 8)) !== toHex(utf8('hallhop\x01')) || file.length > 32 << 20) continue;
    for (let at = 8; at + 10 <= file.length; ) {
      const [id, length] = [number(file.slice(at, at + 8)), Number(number(file.slice(at + 8, at + 10)))];
      const data = file.slice(at + 10, at + 10 + length);
      at += 10 + length;
      if (id !== BigInt(chain) || data.length < length) continue;
      try {
        out.push(readHop(net, data));
      } catch {}
    }
  }
  return out;
}

/** Checks evidence for the hash of a block; throws Refused with the reason why it does not count. */
export function checkBeacon(trust: Beacon, chain: number, data: Bytes, block: Hex, notBefore: number, hopFiles: Bytes[]): string {
  const net = trust.network ?? refuse('the beacon chain is not known');
  const e = readEvidence(net, data, block);
  if (typeof e === 'string') {
    return trust.summaries.some((s) => e === s.root)
      ? 'a list of blocks in the trust store'
      : refuse('the list of summaries is not trusted');
  }
  const target = periodOf(net, e.header.slot + 1);
  if (timeOf(net, e.header.slot) < notBefore) refuse('the signature is too old');
  const known = [...trust.committees.keys()].map(Number).filter((p) => p <= target);
  let period = known.length > 0 ? Math.max(...known) : refuse(`no committee of period ${target} or before is trusted`);
  let root = trust.committees.get(String(period))?.root;
  const hops = period < target ? hopsOf(hopFiles, chain, net) : [];
  for (; period < target; period++) {
    const fits = hops.find((h) => h.period === period && h.root === root && timeOf(net, h.header.slot) >= notBefore && h.signed());
    root = fits?.next ?? refuse(`no hop leads from the committee of period ${period} to the next one`);
  }
  return e.root === root && e.signed() ? `the sync committee of period ${target}` : refuse('the signature is not that of the committee');
}
