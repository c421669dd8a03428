// Whether a block is final (sections 6.4 and 8.3): by a pinned hash, by the sync committees of a beacon chain, or by witnesses.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { attempt, type Bytes, base64, fromHex, type Hex, join, number, Refused, refuse, sha256, toHex, utf8, ZERO } from './bytes.js';
import type { Header } from './evidence.js';
import type { JsonObject } from './json.js';
import type { Anchor } from './proof.js';
import * as s from './schema.js';
import type { Beacon, Chain, Network } from './trust.js';
import type { Options } from './verify.js';

const TWO_YEARS = 730 * 86400;

/** Says who vouches for a block; throws Refused with why nobody does. */
export function vouched(anchor: Anchor, chain: Chain, header: Header, options: Options): string {
  const pinned = chain.blocks.get(String(header.number));
  if (pinned === header.hash) return 'the trust store pins the block';
  if (pinned !== undefined) refuse('the trust store pins another block of this number');
  const why: string[] = [];
  for (const v of anchor.finality) {
    const by = attempt(() => byVoucher(v, anchor.chain, chain, header, options));
    if (!(by instanceof Refused)) return by;
    why.push(by.message);
  }
  return refuse(why.join('; ') || 'nothing that is trusted vouches for the block');
}

const beaconVoucher = s.object({ kind: s.text, evidence: s.bytes(1, 1 << 20) });
const witnessVoucher = s.object({ kind: s.text, cosignatures: s.list(s.text, 0, 64) });

function byVoucher(v: JsonObject, id: string, chain: Chain, header: Header, options: Options): string {
  const { now, maxSignatureAge = TWO_YEARS, hops = [] } = options;
  const notBefore = now - maxSignatureAge;
  if (v.get('kind') === 'beacon') {
    const beacon = chain.beacon ?? refuse('the beacon chain is not known');
    return checkBeacon(beacon, Number(id.slice(7)), beaconVoucher(v).evidence, header.hash, notBefore, hops);
  }
  if (v.get('kind') !== 'witness') refuse('a voucher is of a kind that is not known');
  const { quorum, keys } = chain.witnesses ?? refuse('the trust store names no witnesses');
  const note = `hallmark-finality/${id}/${chain.genesis}\n${header.number}\n${btoa(String.fromCharCode(...fromHex(header.hash)))}\n`;
  const names = new Set<string>();
  for (const line of witnessVoucher(v).cosignatures) {
    const [, name, encoded = ''] = /^([^\s+]+) (\S+)$/u.exec(line) ?? refuse('a cosignature cannot be read');
    const data = base64(encoded);
    const time = number(data.slice(4, 12));
    if (data.length !== 76 || time >= 1n << 63n) refuse('a cosignature cannot be read');
    for (const { key, notBefore: from, notAfter: to } of keys) {
      if (key.name !== name || key.id !== toHex(data.slice(0, 4))) continue;
      const message = utf8(`cosignature/v1\ntime ${time}\n${note}`);
      if (!ed25519.verify(data.slice(12), message, key.key, { zip215: false })) refuse(`the cosignature of ${name} is wrong`);
      const believed = time >= from && (to === 0 || time <= to);
      if (believed && time >= notBefore && time <= now + 900) names.add(name ?? '');
    }
  }
  return names.size >= quorum ? `${names.size} witnesses` : refuse(`${names.size} of ${quorum} witnesses signed`);
}

/** Where states and bodies of each fork keep what is proven, as generalized indices. */
const LAYOUTS: Record<string, { final: number; next: number; roots: number; summaries: number; block: number }> = {
  capella: { final: 105, next: 55, roots: 37, summaries: 59, block: 412 },
  deneb: { final: 105, next: 55, roots: 37, summaries: 59, block: 812 },
  electra: { final: 169, next: 87, roots: 69, summaries: 91, block: 812 },
  fulu: { final: 169, next: 87, roots: 69, summaries: 91, block: 812 },
  gloas: { final: 735, next: 2946, roots: 352, summaries: 0, block: 2856 },
};
const forkOf = (net: Network, slot: number): Network['forks'][number] =>
  net.forks.findLast((f) => f.epoch <= Math.floor(slot / net.slotsPerEpoch)) ?? refuse('the slot is of no fork');
const layoutOf = (net: Network, slot: number): (typeof LAYOUTS)[string] => {
  const { name } = forkOf(net, slot);
  return (Object.hasOwn(LAYOUTS, name) && LAYOUTS[name]) || refuse(`the fork ${name} needs a newer verifier`);
};
const periodOf = (net: Network, slot: number): number => Math.floor(slot / (net.slotsPerEpoch * net.epochsPerPeriod));
const timeOf = (net: Network, slot: number): number => net.genesisTime + slot * net.secondsPerSlot;

/** The chunk of SSZ that holds a shorter value, and the number that a chunk begins with. */
const chunk = (h: Hex): Hex => h.padEnd(66, '0');
const little = (h: Hex): number => {
  const n = Number(number(fromHex(h).slice(0, 8).reverse()));
  return Number.isSafeInteger(n) ? n : refuse('a number is too large');
};
/** The generalized index of what is at each index below what is at the one before. */
const below = (...indices: (number | bigint)[]): bigint =>
  BigInt(`0b${indices.map((i) => i.toString(2)).reduce((a, b) => a + b.slice(1))}`);

/** What a committee signed. `root` is the committee's; `signed` checks the signature, which is slow. */
type Attested = ReturnType<Parts['attested']>;

/** Takes the parts of evidence one after the other. */
class Parts {
  private at = 0;
  constructor(
    private readonly net: Network,
    private readonly all: Bytes,
  ) {}

  take(n: number): Hex {
    this.at += n;
    return this.at <= this.all.length ? toHex(this.all.slice(this.at - n, this.at)) : refuse('it is cut off');
  }
  end(): void {
    if (this.at !== this.all.length) refuse('something follows it');
  }
  /** Takes a branch, and climbs it from a node at a generalized index. */
  climb(from: Hex, index: number | bigint): Hex {
    let node = from;
    for (let i = BigInt(index); i > 1n; i >>= 1n) node = i & 1n ? sha256(this.take(32), node) : sha256(node, this.take(32));
    return node;
  }
  header() {
    const [slot, proposer, parent, state, body] = [8, 8, 32, 32, 32].map((n) => this.take(n)) as [Hex, Hex, Hex, Hex, Hex];
    const left = sha256(sha256(chunk(slot), chunk(proposer)), sha256(parent, state));
    return { slot: little(slot), root: sha256(left, sha256(sha256(body, ZERO), sha256(ZERO, ZERO))), state, body };
  }
  attested() {
    const { net } = this;
    const header = this.header();
    const [aggregate, signature, bits] = [this.take(48), this.take(96), fromHex(this.take(net.committeeSize / 8))];
    const members = Array.from({ length: net.committeeSize }, (_, i) => (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1);
    const absent = members.filter((signs) => !signs).map(() => this.take(48));
    if (3 * absent.length > net.committeeSize) refuse('fewer than two thirds signed');
    const leaf = (key: Hex): Hex => sha256(key.padEnd(130, '0'));
    const keys = absent.values();
    const tree = (part: boolean[]): Hex => {
      if (part.every((signs) => signs)) return this.take(32);
      const half = part.length / 2;
      return half < 1 ? leaf(keys.next().value ?? ZERO) : sha256(tree(part.slice(0, half)), tree(part.slice(half)));
    };
    const root = sha256(tree(members), leaf(aggregate));
    const fork = sha256(chunk(forkOf(net, header.slot).version), net.genesisValidatorsRoot);
    const message = sha256(header.root, join('0x07000000', fork.slice(0, 58)));
    return { header, root, signed: (): boolean => isSigned(message, signature, aggregate, absent) };
  }
}

/** What is known of signatures, which many proofs share and which are slow to check. */
const checked = new Map<Hex, boolean>();

function isSigned(message: Hex, signature: Hex, aggregate: Hex, absent: Hex[]): boolean {
  const id = sha256(message, signature, aggregate, ...absent);
  const { longSignatures: bls, G1, G2 } = bls12_381;
  const check = (): boolean => {
    try {
      // Reading a point makes sure that it is on the curve and of the subgroup.
      const sum = absent.reduce((left, key) => left.subtract(G1.Point.fromHex(key.slice(2))), G1.Point.fromHex(aggregate.slice(2)));
      const hashed = bls.hash(fromHex(message), 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_');
      return !sum.is0() && bls.verify(G2.Point.fromHex(signature.slice(2)), hashed, sum);
    } catch {
      return false;
    }
  };
  const holds = checked.get(id) ?? check();
  if (checked.size >= 256) checked.clear();
  checked.set(id, holds);
  return holds;
}

/** Reads evidence for an execution block: what was attested, or the list of summaries it rests on. Throws Refused where a path does not hold. */
function readEvidence(net: Network, data: Bytes, block: Hex): Attested | Hex {
  const parts = new Parts(net, data);
  const form = Number(parts.take(1));
  if (form > 3) refuse('it is of a form that needs a newer verifier');
  const signed = form < 3 ? parts.attested() : undefined;
  const final = signed && parts.header();
  if (signed && final) {
    if (final.slot > signed.header.slot) refuse('the final block is after the attested one');
    const state = parts.climb(final.root, layoutOf(net, signed.header.slot).final);
    if (state !== signed.header.state) refuse('the final block is not in the attested state');
  }
  const target = final && form === 0 ? final : parts.header();
  const inRoots = net.rootsPerSummary + (target.slot % net.rootsPerSummary); // among the roots of its summary
  const capella = (net.forks.find((f) => f.name === 'capella')?.epoch ?? 0) * net.slotsPerEpoch;
  const entry = Math.floor(target.slot / net.rootsPerSummary) - Math.floor(capella / net.rootsPerSummary);
  if (form >= 2 && (entry < 0 || entry >= 2 ** 24)) refuse('no list of summaries has the block');
  // An entry of a list is below the left child of its root, and the block roots are the left child of an entry.
  const inList = [2 ** 25 + entry, 2, inRoots];
  const list = form === 3 ? parts.climb(target.root, below(...inList)) : undefined;
  if (final && form > 0) {
    const { roots, summaries } = layoutOf(net, final.slot);
    if (form === 2 && summaries === 0) refuse('where the fork keeps its summaries needs a newer verifier');
    const index = form === 1 ? below(roots, inRoots) : below(summaries, ...inList);
    if (parts.climb(target.root, index) !== final.state) refuse('the path of the block does not lead to the final state');
  }
  if (parts.climb(block, layoutOf(net, target.slot).block) !== target.body) refuse('it is of another block');
  parts.end();
  return signed ?? list ?? refuse('it rests on nothing');
}

/** Reads a hop from the committee of a period to the next one; throws Refused where a path does not hold. */
function readHop(net: Network, data: Bytes): Attested & { period: number; next: Hex } {
  const parts = new Parts(net, data);
  const attested = parts.attested();
  const { slot, state } = attested.header;
  const layout = layoutOf(net, slot);
  const next = parts.take(32);
  if (parts.climb(next, layout.next) !== state) refuse('the next committee is not in the attested state');
  const final = parts.take(32);
  const epoch = parts.take(32); // the first node of the branch
  const climbed = parts.climb(sha256(epoch, final), layout.final >> 1);
  parts.end();
  const period = periodOf(net, slot);
  const ofPeriod = Math.floor(little(epoch) / net.epochsPerPeriod) === period && periodOf(net, slot + 1) === period;
  if (climbed !== state || final === ZERO || !ofPeriod) refuse('the hop is not final in its period');
  return { ...attested, period, next };
}

/** The hops of a chain in files of them (section 6.4); what is damaged is left out. */
function hopsOf(files: Bytes[], chain: number, net: Network): ReturnType<typeof readHop>[] {
  const out: ReturnType<typeof readHop>[] = [];
  for (const file of files) {
    if (toHex(file.slice(0, 8)) !== toHex(utf8('hallhop\x01')) || file.length > 32 << 20) continue;
    for (let at = 8, end = at; at + 10 <= file.length; at = end) {
      end = at + 10 + Number(number(file.slice(at + 8, at + 10)));
      if (number(file.slice(at, at + 8)) !== BigInt(chain) || end > file.length) continue;
      const hop = attempt(() => readHop(net, file.slice(at + 10, end)));
      if (!(hop instanceof Refused)) out.push(hop);
    }
  }
  return out;
}

/** Checks evidence for the hash of a block, and says who vouches for it; throws Refused with the reason why it does not count. */
function checkBeacon(trust: Beacon, chain: number, data: Bytes, block: Hex, notBefore: number, hopFiles: Bytes[]): string {
  const net = trust.network ?? refuse('the beacon chain is not known');
  const e = readEvidence(net, data, block);
  if (typeof e === 'string') {
    const trusted = trust.summaries.some((summary) => e === summary.root);
    return trusted ? 'a list of blocks in the trust store' : refuse('the list of summaries is not trusted');
  }
  const target = periodOf(net, e.header.slot + 1);
  if (timeOf(net, e.header.slot) < notBefore) refuse('the signature is too old');
  let period = Math.max(...[...trust.committees.keys()].map(Number).filter((p) => p <= target)); // -Infinity if there is none
  let root = trust.committees.get(String(period))?.root ?? refuse(`no committee of period ${target} or before is trusted`);
  const hops = period < target ? hopsOf(hopFiles, chain, net) : [];
  for (; period < target; period++) {
    const fits = hops.find((h) => h.period === period && h.root === root && timeOf(net, h.header.slot) >= notBefore && h.signed());
    root = fits?.next ?? refuse(`no hop leads from the committee of period ${period} to the next one`);
  }
  return e.root === root && e.signed() ? `the sync committee of period ${target}` : refuse('the signature is not that of the committee');
}
