// The CBOR form of a proof (section 6.1), read into the JSON that it stands for.
import { type Bytes, checksummed, decodeText, number, refuse, toHex, utf8 } from './bytes.js';
import { cidOf } from './cid.js';
import { type Json, type JsonObject, Num, parseJson, writeJson } from './json.js';

type Cbor = number | string | Bytes | Cbor[] | Map<number, Cbor>;

/** Reads one item in the core deterministic encoding, of the kinds that a proof has; throws Refused. */
function parseCbor(bytes: Bytes): Cbor {
  let at = 0;
  const take = (n: number): Bytes => {
    at += n;
    return at <= bytes.length ? bytes.slice(at - n, at) : refuse('the CBOR is cut off');
  };
  const head = (): [number, number] => {
    const first = take(1)[0] ?? 0;
    const info = first & 31;
    if (info < 24) return [first >> 5, info];
    const least = [24, 2 ** 8, 2 ** 16, 2 ** 32][info - 24] ?? refuse('the CBOR has an item without a length');
    const n = Number(number(take(1 << (info - 24))));
    return n >= least && n <= Number.MAX_SAFE_INTEGER
      ? [first >> 5, n]
      : refuse('a number of the CBOR is not in its shortest form, or too large');
  };
  const item = (depth: number): Cbor => {
    const [major, n] = head();
    if (major === 0) return n;
    if (major === 2) return take(n);
    if (major === 3) return decodeText(take(n)) ?? refuse('a text of the CBOR is not UTF-8');
    if ((major !== 4 && major !== 5) || depth > 16 || n > bytes.length - at) refuse('the CBOR has what no proof has');
    if (major === 4) return Array.from({ length: n }, () => item(depth + 1));
    const map = new Map<number, Cbor>();
    for (let i = 0, last = -1; i < n; i++) {
      const key = item(depth + 1);
      if (typeof key !== 'number' || key <= last) return refuse('the keys of the CBOR are not ascending integers');
      last = key;
      map.set(key, item(depth + 1));
    }
    return map;
  };
  const out = item(1);
  return at === bytes.length ? out : refuse('something follows the CBOR');
}

type To = (v: Cbor) => Json;
const bytes = (v: Cbor): Bytes => (v instanceof Uint8Array ? v : refuse('the CBOR has something else where bytes belong'));
const array = (v: Cbor): Cbor[] => (Array.isArray(v) ? v : refuse('the CBOR has something else where an array belongs'));
const hex: To = (v) => toHex(bytes(v));
const address: To = (v) => checksummed(toHex(bytes(v)));
const integer: To = (v) => (typeof v === 'number' ? new Num(String(v)) : refuse('the CBOR has something else where an integer belongs'));
const text: To = (v) => (typeof v === 'string' ? v : refuse('the CBOR has something else where a text belongs'));
const chain: To = (v) => (typeof v === 'number' ? `eip155:${v}` : refuse('the CBOR has something else where a chain belongs'));
const cid: To = (v) => cidOf(bytes(v)).text;
const each =
  (to: To): To =>
  (v) =>
    array(v).map(to);
const path: To = (v) => {
  const all = bytes(v);
  if (all.length % 32 !== 0) refuse('a path of the CBOR is not of whole hashes');
  return Array.from({ length: all.length / 32 }, (_, i) => toHex(all.slice(32 * i, 32 * i + 32)));
};

const map =
  (...members: [key: number, name: string, to: To][]): To =>
  (v) => {
    if (!(v instanceof Map)) return refuse('the CBOR has something else where a map belongs');
    const out: JsonObject = new Map();
    for (const [k, x] of v) {
      const [, name, to] = members.find(([key]) => key === k) ?? refuse(`the CBOR has the key ${k}, which is not known`);
      out.set(name, to(x));
    }
    return out;
  };

const tuple =
  (...members: [name: string, to: To][]): To =>
  (v) =>
    array(v).length === members.length
      ? new Map(members.map(([name, to], i) => [name, to(array(v)[i] as Cbor)]))
      : refuse('an array of the CBOR has another length');

const isBeacon = (v: JsonObject): boolean => {
  const evidence = v.get('evidence');
  return v.size === 2 && v.get('kind') === 'beacon' && typeof evidence === 'string' && /^0x([0-9a-f]{2})+$/.test(evidence);
};

/** What is empty is left out. */
const notEmpty =
  (to: To): To =>
  (v) => {
    const size = v instanceof Map ? v.size : typeof v === 'number' ? 1 : v.length;
    return size > 0 ? to(v) : refuse('the CBOR has what is empty');
  };

const voucher: To = (v) => {
  if (v instanceof Uint8Array) {
    return v.length > 0
      ? new Map([
          ['kind', 'beacon'],
          ['evidence', toHex(v)],
        ])
      : refuse('a voucher of the CBOR is empty');
  }
  const written = text(v) as string;
  const object = parseJson(utf8(written), 16);
  const ok = object instanceof Map && writeJson(object) === written && !isBeacon(object);
  return ok ? object : refuse('a voucher of the CBOR is not in its form');
};

const entry = tuple(['id', hex], ['code', integer], ['next', hex], ['path', path]);
const anchor = map(
  [1, 'chain', chain],
  [2, 'registry', address],
  [3, 'header', hex],
  [4, 'accountProof', each(hex)],
  [5, 'storageProof', each(hex)],
  [6, 'status', each(entry)],
  [7, 'finality', notEmpty(each(voucher))],
);
const identity = tuple(['kind', text], ['salt', hex], ['path', path], ['evidence', hex]);
const submission: To = (v) => {
  const out = map(
    [1, 'issuer', address],
    [2, 'chain', chain],
    [3, 'registry', address],
    [4, 'count', integer],
    [5, 'issuedAt', integer],
    [6, 'path', path],
    [7, 'signature', hex],
    [8, 'identity', each(identity)],
  )(v) as JsonObject;
  out.set('home', `${out.get('chain')}:${out.get('registry')}`);
  out.delete('chain');
  out.delete('registry');
  return out;
};
const batch: To = (v) => new Map([['path', path(v)]]);
const proof = map(
  [1, 'hallmark', integer],
  [2, 'credential', cid],
  [3, 'salt', hex],
  [4, 'submission', submission],
  [5, 'batch', batch],
  [6, 'anchors', each(anchor)],
  [7, 'hints', notEmpty(map([1, 'node', notEmpty(text)], [2, 'transaction', notEmpty(text)]))],
);

/** Reads the CBOR form of a proof as the JSON that says the same; throws Refused. */
export const proofFromCbor = (data: Bytes): Json => proof(parseCbor(data));
