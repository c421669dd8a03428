// What an entry of a proof shows of a registry at one block (section 8.2), and whether that block is final (sections 6.4 and 8.3).
import { ed25519 } from '@noble/curves/ed25519.js';
import { checkBeacon } from './beacon.js';
import { attempt, base64, fromHex, type Hex, number, Refused, refuse, toHex, utf8, word, ZERO } from './bytes.js';
import type { JsonObject } from './json.js';
import type { Anchor } from './proof.js';
import * as s from './schema.js';
import { type Header, mapping, Nodes, readHeader, slot, storageRoot } from './state.js';
import type { Chain, Trust } from './trust.js';
import type { Options } from './verify.js';

const TWO_YEARS = 730 * 86400;

export type Entry = ReturnType<typeof readEntry>;

/** Reads what an entry shows: what is refused does not hold, or needs a newer verifier. */
export function readEntry(anchor: Anchor, root: Hex, issuer: Hex, trust: Trust, options: Options) {
  const chain = trust.chains.get(anchor.chain);
  const trusted = chain?.registries.includes(anchor.registry) ?? false; // the store lists the registry
  const read = attempt(() => {
    const header = readHeader(anchor.header);
    const by = attempt(() => vouched(anchor, chain ?? refuse('the chain is not known'), header, options));
    const storage = storageRoot(new Nodes(anchor.accountProof), header.stateRoot, anchor.registry);
    return { by: by instanceof Refused ? by.message : by, final: !(by instanceof Refused), time: Number(header.time), storage };
  });
  if (read instanceof Refused) return { anchor, trusted, final: false, by: '', time: 0, anchoredAt: read, issuer: read };
  const { storage, ...block } = read;
  if (storage === undefined) return { anchor, trusted, ...block, anchoredAt: 0n, issuer: { statusRoot: ZERO, retiredFrom: 0n } };
  const nodes = new Nodes(anchor.storageProof);
  const position = mapping(issuer, 1);
  const state = attempt(() => ({
    statusRoot: word(slot(nodes, storage, position)),
    retiredFrom: BigInt.asUintN(64, slot(nodes, storage, word(BigInt(position) + 1n))),
  }));
  const anchoredAt = attempt(() => {
    const record = BigInt.asUintN(48, slot(nodes, storage, mapping(root, 0)) >> 160n); // 0: the registry had no record
    if (!(state instanceof Refused)) nodes.checkUsed();
    return record;
  });
  return { anchor, trusted, ...block, anchoredAt, issuer: state };
}

/** Says who vouches for a block; throws Refused with why nobody does. */
function vouched(anchor: Anchor, chain: Chain, header: Header, options: Options): string {
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
