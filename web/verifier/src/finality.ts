// Whether a block is final (sections 6.4 and 8.3): by a pinned hash, or by those who vouch for it.
import { ed25519 } from '@noble/curves/ed25519.js';
import { checkBeacon } from './beacon.js';
import { type Bytes, base64, fromHex, number, Refused, refuse, utf8 } from './bytes.js';
import type { JsonObject } from './json.js';
import * as s from './schema.js';
import type { Header } from './state.js';
import type { Chain } from './trust.js';

export interface Finality {
  final: boolean;
  by: string; // who vouches for the block, or why nobody does
}

/** Times and files that finality is judged by. */
export interface FinalityOptions {
  now: number;
  maxSignatureAge: number;
  hops: Bytes[];
}

export function finality(id: string, chain: Chain, header: Header, vouchers: JsonObject[], o: FinalityOptions): Finality {
  const pinned = chain.blocks.get(String(header.number));
  if (pinned !== undefined) {
    return pinned === header.hash
      ? { final: true, by: 'the trust store pins the block' }
      : { final: false, by: 'the trust store pins another block of this number' };
  }
  const why: string[] = [];
  for (const v of vouchers) {
    try {
      return { final: true, by: vouched(id, chain, header, v, o) };
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      why.push(e.message);
    }
  }
  return { final: false, by: why.join('; ') || 'nothing that is trusted vouches for the block' };
}

function vouched(id: string, chain: Chain, header: Header, v: JsonObject, o: FinalityOptions): string {
  const kind = v.get('kind');
  if (kind === 'beacon') {
    const { evidence } = s.object({ kind: s.text, evidence: s.hex(1, 1 << 20) })(v, 'the voucher');
    const trust = chain.beacon ?? refuse('the beacon chain is not known');
    return checkBeacon(trust, Number(id.slice(7)), fromHex(evidence), header.hash, o.now - o.maxSignatureAge, o.hops);
  }
  if (kind !== 'witness') return refuse('a voucher is of a kind that is not known');
  const { cosignatures } = s.object({ kind: s.text, cosignatures: s.list(s.text, 0, 64) })(v, 'the voucher');
  return witnessed(id, chain, header, cosignatures, o);
}

function witnessed(id: string, chain: Chain, header: Header, cosignatures: string[], o: FinalityOptions): string {
  const { quorum, keys } = chain.witnesses ?? refuse('the trust store names no witnesses');
  const note = `hallmark-finality/${id}/${chain.genesis}\n${header.number}\n${encode(fromHex(header.hash))}\n`;
  const names = new Set<string>();
  for (const line of cosignatures) {
    const [, name, encoded] = /^([^\s+]+) (\S+)$/u.exec(line) ?? refuse('a cosignature cannot be read');
    const data = base64(encoded ?? '');
    if (data.length !== 76) refuse('a cosignature cannot be read');
    const time = number(data.slice(4, 12));
    if (time >= 1n << 63n) refuse('a cosignature cannot be read');
    for (const k of keys) {
      if (k.key.name !== name || k.key.id !== number(data.slice(0, 4))) continue;
      const message = utf8(`cosignature/v1\ntime ${time}\n${note}`);
      if (!ed25519.verify(data.slice(12), message, k.key.key, { zip215: false })) refuse(`the cosignature of ${name} is wrong`);
      const bounds = time >= k.notBefore && (k.notAfter === 0 || time <= k.notAfter);
      if (bounds && time >= o.now - o.maxSignatureAge && time <= o.now + 900) names.add(k.key.name);
    }
  }
  return names.size >= quorum ? `${names.size} witnesses` : refuse(`${names.size} of ${quorum} witnesses signed`);
}

const encode = (b: Bytes): string => btoa(String.fromCharCode(...b));
