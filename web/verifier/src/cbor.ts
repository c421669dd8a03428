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
    const fits = n >= least && Number.isSafeInteger(n);
    return fits ? [first >> 5, n] : refuse('a number of the CBOR is too large, or not in its shortest form');
  };
  const item = (depth: number): Cbor => {
    const [major, n] = head();
    if (major === 0) return n;
    if (major === 2) return take(n);
    if (major === 3) return decodeText(take(n));
    if ((major !== 4 && major !== 5) || depth > 16 || n > bytes.length - at) refuse('the CBOR has what no proof has');
    if (major === 4) return Array.from({ length: n }, () => item(depth + 1));
    const map = new Map<number, Cbor>();
    for (let i = 0, last = -1; i < n; i++) {
      const key = item(depth + 1);
      if (typeof key !== 'number' || key <= last) return refuse('the keys of the CBOR are not ascending integers');
      map.set(key, item(depth + 1));
      last = key;
    }
    return map;
  };
  const out = item(1);
  return at === bytes.length ? out : refuse('something follows the CBOR');
}

/** The tables of section 6.1: maps with keys, and arrays without. A kind with a star is an array of these. */
const SHAPES: Record<string, string> = {
  proof: '1 hallmark integer,2 credential cid,3 salt hex,4 submission submission,5 batch path,6 anchors anchor*,7 hints hints',
  submission:
    '1 issuer address,2 chain chain,3 registry address,4 count integer,5 issuedAt integer,6 path path,7 signature hex,8 identity identity*',
  identity: 'kind text,salt hex,path path,evidence hex',
  anchor: '1 chain chain,2 registry address,3 header hex,4 accountProof hex*,5 storageProof hex*,6 status status*,7 finality voucher*',
  status: 'id hex,code integer,next hex,path path',
  hints: '1 node text,2 transaction text',
};

const other = (what: string): never => refuse(`the CBOR has something else where ${what} belongs`);
const bytes = (v: Cbor): Bytes => (v instanceof Uint8Array ? v : other('a byte string'));
const text = (v: Cbor): string => (typeof v === 'string' ? v : other('a text'));
const integer = (v: Cbor): string => (typeof v === 'number' ? String(v) : other('a number'));
const array = (v: Cbor | undefined): Cbor[] => (Array.isArray(v) ? v : other('an array'));

const KINDS: Record<string, (v: Cbor) => Json> = {
  integer: (v) => new Num(integer(v)),
  text,
  hex: (v) => toHex(bytes(v)),
  cid: (v) => cidOf(bytes(v)).text,
  chain: (v) => `eip155:${integer(v)}`,
  address: (v) => checksummed(toHex(bytes(v))),
  path: (v) =>
    toHex(bytes(v))
      .slice(2)
      .match(/.{1,64}/g)
      ?.map((node) => `0x${node}`) ?? [],
  voucher: (v) => {
    const beacon = (evidence: string): JsonObject => new Map(Object.entries({ kind: 'beacon', evidence }));
    if (v instanceof Uint8Array) return v.length > 0 ? beacon(toHex(v)) : refuse('a voucher is empty');
    const object = parseJson(utf8(text(v)), 16);
    const evidence = object instanceof Map && object.size === 2 && object.get('kind') === 'beacon' ? object.get('evidence') : '';
    const short = typeof evidence === 'string' && /^0x([0-9a-f]{2})+$/.test(evidence); // it would be a byte string
    return object instanceof Map && !short && writeJson(object) === v ? object : refuse('a voucher of the CBOR is not in its form');
  },
};

function convert(kind: string, v: Cbor): Json {
  if (kind.endsWith('*')) return array(v).map((x) => convert(kind.slice(0, -1), x));
  const members = SHAPES[kind]?.split(',').map((member) => member.split(' ')) ?? [];
  if (members.length === 0) return (KINDS[kind] as (v: Cbor) => Json)(v);
  const keyed = members[0]?.length === 3;
  if (!keyed && array(v).length !== members.length) other(`an array of ${members.length}`);
  const entries = keyed ? (v instanceof Map && v.size > 0 ? v : other('a map')) : array(v).entries();
  const out: JsonObject = new Map();
  for (const [key, x] of entries) {
    const [kind = '', name = ''] = (keyed ? members.find(([k]) => k === String(key)) : members[key])?.toReversed() ?? other('a known key');
    const converted = convert(kind, x);
    // What stands for nothing is left out.
    if ((name === 'finality' || name === 'node' || name === 'transaction') && (converted as string).length === 0) other('something');
    out.set(name, converted);
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
