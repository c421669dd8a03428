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

/** The tables of section 6.1: maps with keys from 1, and arrays. A kind with a star is an array of these. */
const MAPS: Record<string, string> = {
  proof: 'hallmark integer,credential cid,salt hex,submission submission,batch path,anchors anchor*,hints hints',
  submission: 'issuer address,chain chain,registry address,count integer,issuedAt integer,path path,signature hex,identity identity*',
  anchor: 'chain chain,registry address,header hex,accountProof hex*,storageProof hex*,status status*,finality voucher*',
  hints: 'node text,transaction text',
};
const ARRAYS: Record<string, string> = {
  identity: 'kind text,salt hex,path path,evidence hex',
  status: 'id hex,code integer,next hex,path path',
};
const NEVER_EMPTY = ['finality', 'node', 'transaction'];

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
    Array.from(
      toHex(bytes(v))
        .slice(2)
        .match(/.{1,64}/g) ?? [],
      (node) => `0x${node}`,
    ),
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
  const members = (MAPS[kind] ?? ARRAYS[kind])?.split(',').map((member) => member.split(' '));
  if (!members) return (KINDS[kind] as (v: Cbor) => Json)(v);
  const inArray = kind in ARRAYS;
  if (inArray && array(v).length !== members.length) other(`an array of ${members.length}`);
  const out: JsonObject = new Map();
  for (const [key, x] of inArray ? array(v).entries() : v instanceof Map && v.size > 0 ? v : other('a map')) {
    const [name = '', kind = ''] = members[inArray ? key : key - 1] ?? other('a known key');
    const converted = convert(kind, x);
    if (NEVER_EMPTY.includes(name) && (converted as string | Json[]).length === 0) other('something');
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
