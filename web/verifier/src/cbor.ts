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
  const head = (): [major: number, n: number] => {
    const first = take(1)[0] ?? 0;
    const info = first & 31;
    if (info < 24) return [first >> 5, info];
    const least = [24, 2 ** 8, 2 ** 16, 2 ** 32][info - 24] ?? refuse('the CBOR has an item without a length');
    const n = Number(number(take(1 << (info - 24))));
    return n >= least && Number.isSafeInteger(n)
      ? [first >> 5, n]
      : refuse('a number of the CBOR is too large, or not in its shortest form');
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

/** The tables of section 6.1: maps with keys, and arrays without. A kind with a star is an array of these, with a plus it is not empty. */
const SHAPES: Record<string, string> = {
  proof: '1 hallmark integer,2 credential cid,3 salt hex,4 submission submission,5 batch path,6 anchors anchor*,7 hints hints',
  submission:
    '1 issuer address,2 chain chain,3 registry address,4 count integer,5 issuedAt integer,6 path path,7 signature hex,8 identity identity*',
  identity: 'kind text,salt hex,path path,evidence hex',
  anchor: '1 chain chain,2 registry address,3 header hex,4 accountProof hex*,5 storageProof hex*,6 status status*,7 finality voucher+',
  status: 'id hex,code integer,next hex,path path',
  hints: '1 node name,2 transaction name',
};

const bytes = (v: Cbor): Bytes => (v instanceof Uint8Array ? v : refuse('the CBOR has something else where bytes belong'));
const text = (v: Cbor): string => (typeof v === 'string' ? v : refuse('the CBOR has something else where a text belongs'));
const integer = (v: Cbor): string => (typeof v === 'number' ? String(v) : refuse('the CBOR has something else where a number belongs'));

const KINDS: Record<string, (v: Cbor) => Json> = {
  integer: (v) => new Num(integer(v)),
  text,
  name: (v) => text(v) || refuse('the CBOR has what is empty'),
  hex: (v) => toHex(bytes(v)),
  cid: (v) => cidOf(bytes(v)).text,
  chain: (v) => `eip155:${integer(v)}`,
  address: (v) => checksummed(toHex(bytes(v))),
  path: (v) => {
    const all = bytes(v);
    if (all.length % 32 !== 0) refuse('a path of the CBOR is not of whole hashes');
    return Array.from({ length: all.length / 32 }, (_, i) => toHex(all.slice(32 * i, 32 * i + 32)));
  },
  voucher: (v) => {
    if (v instanceof Uint8Array)
      return new Map([
        ['kind', 'beacon'],
        ['evidence', v.length > 0 ? toHex(v) : refuse('a voucher is empty')],
      ]);
    const object = parseJson(utf8(text(v)), 16);
    const evidence = object instanceof Map && object.size === 2 && object.get('kind') === 'beacon' ? object.get('evidence') : '';
    const beacon = typeof evidence === 'string' && /^0x[0-9a-f]+$/.test(evidence) && evidence.length % 2 === 0; // it would be a byte string
    return object instanceof Map && !beacon && writeJson(object) === v ? object : refuse('a voucher of the CBOR is not in its form');
  },
};

function convert(kind: string, v: Cbor): Json {
  if (/[*+]$/.test(kind)) {
    if (!Array.isArray(v) || (kind.endsWith('+') && v.length === 0)) return refuse('the CBOR has something else where an array belongs');
    return v.map((x) => convert(kind.slice(0, -1), x));
  }
  const shape = SHAPES[kind]?.split(',').map((member) => member.split(' '));
  if (shape === undefined) return (KINDS[kind] as (v: Cbor) => Json)(v);
  const out: JsonObject = new Map();
  if (shape[0]?.length === 2) {
    if (!Array.isArray(v) || v.length !== shape.length) return refuse('the CBOR has something else where an array belongs');
    for (const [i, [name = '', kind = '']] of shape.entries()) out.set(name, convert(kind, v[i] as Cbor));
    return out;
  }
  for (const [key, x] of v instanceof Map && v.size > 0 ? v : refuse('the CBOR has something else where a map belongs')) {
    const [, name = '', kind = ''] = shape.find(([k]) => k === String(key)) ?? refuse(`the CBOR has the key ${key}, which is not known`);
    out.set(name, convert(kind, x));
  }
  if (kind === 'submission') {
    out.set('home', `${out.get('chain')}:${out.get('registry')}`);
    out.delete('chain');
    out.delete('registry');
  }
  if (out.has('batch')) out.set('batch', new Map([['path', out.get('batch') as Json]]));
  return out;
}

/** Reads the CBOR form of a proof as the JSON that says the same; throws Refused. */
export const proofFromCbor = (data: Bytes): Json => convert('proof', parseCbor(data));
