// Reading evidence (section 8.2): a block header, and what the state tries prove that a registry held.
import { type Bytes, type Hex, keccak, number, toHex, word } from './bytes.js';

/** Evidence that is not what it must be. */
export class Malformed extends Error {}
/** A trie node that a walk needs is not there. */
export class Missing extends Error {}
/** Evidence of a form that this verifier does not know. */
export class NotKnown extends Error {}

interface Item {
  list: boolean;
  payload: Bytes;
  raw: Bytes; // all of it
}

const malformed = (what: string): never => {
  throw new Malformed(what);
};

/** The item of RLP, in its canonical form, that begins at an offset. */
function item(b: Bytes, at: number): Item {
  const first = b[at] ?? malformed('RLP is cut off');
  if (first < 0x80) return { list: false, payload: b.slice(at, at + 1), raw: b.slice(at, at + 1) };
  const list = first >= 0xc0;
  const short = first - (list ? 0xc0 : 0x80);
  const wide = Math.max(0, short - 55);
  const length = wide === 0 ? short : Number(number(b.slice(at + 1, at + 1 + wide)));
  const start = at + 1 + wide;
  if ((wide > 0 && (length <= 55 || b[at + 1] === 0)) || start + length > b.length) malformed('RLP is cut off or not canonical');
  const payload = b.slice(start, start + length);
  if (!list && length === 1 && (payload[0] ?? 0) < 0x80) malformed('RLP is not canonical');
  return { list, payload, raw: b.slice(at, start + length) };
}

/** The items of a list that takes all of b. */
function items(b: Bytes): Item[] {
  const whole = item(b, 0);
  if (!whole.list || whole.raw.length !== b.length) malformed('RLP is not one list');
  const out: Item[] = [];
  for (let at = 0; at < whole.payload.length; ) {
    const next = item(whole.payload, at);
    out.push(next);
    at += next.raw.length;
  }
  return out;
}

export interface Header {
  hash: Hex;
  stateRoot: Hex;
  number: bigint;
  time: bigint;
}

/** Reads a header; throws Malformed or NotKnown. */
export function readHeader(b: Bytes): Header {
  if (b.length > 0 && (b[0] ?? 0) < 0x80) throw new NotKnown('the header is of a form that is not known');
  const fields = items(b);
  const field = (i: number, fits: (payload: Bytes) => boolean): Bytes => {
    const f = fields[i];
    if (fields.length < 15 || f === undefined || f.list || !fits(f.payload))
      throw new NotKnown('the header is of a form that is not known');
    return f.payload;
  };
  const integer = (p: Bytes): boolean => p[0] !== 0 && number(p) <= Number.MAX_SAFE_INTEGER;
  const root = field(3, (p) => p.length === 32);
  return { hash: keccak(toHex(b)), stateRoot: toHex(root), number: number(field(8, integer)), time: number(field(11, integer)) };
}

/** A node of a trie: a branch, which has no path, an extension or a leaf. */
interface Node {
  items: Item[];
  path: string | undefined; // its nibbles
  leaf: boolean;
}

/** Reads a node with those inside of it, also where no way leads on. */
function readNode(b: Bytes): Node {
  const all = items(b);
  let [path, leaf]: [string | undefined, boolean] = [undefined, false];
  if (all.length === 2) {
    const part = all[0] as Item;
    const digits = toHex(part.payload).slice(2);
    const kind = Number.parseInt(digits.charAt(0), 16);
    if (part.list || !(kind <= 3) || part.payload.length > 33 || (kind % 2 === 0 && digits[1] !== '0'))
      malformed('a path of the trie is malformed');
    path = digits.slice(2 - (kind % 2));
    leaf = kind >= 2;
  } else if (all.length !== 17) malformed('a node of the trie has neither 2 nor 17 items');
  for (const [i, child] of all.entries()) {
    if ((path !== undefined && i === 0) || (!child.list && (child.payload.length === 0 || child.payload.length === 32))) continue;
    const value = leaf || i === 16;
    if (value ? child.list : !child.list || child.raw.length >= 32)
      malformed('a node of the trie has something else where a child or a value belongs');
    if (!value) readNode(child.raw);
  }
  return { items: all, path, leaf };
}

/** Nodes of a trie by their hashes, and which of them a walk used. */
export class Nodes {
  private readonly byHash = new Map<Hex, Bytes>();
  private readonly used = new Set<Hex>();
  private readonly twice: boolean;

  constructor(nodes: Bytes[]) {
    for (const n of nodes) this.byHash.set(keccak(toHex(n)), n);
    this.twice = this.byHash.size < nodes.length;
  }

  /** Throws Malformed if a node is given twice or was not used. */
  checkUsed(): void {
    if (this.twice || this.used.size < this.byHash.size) malformed('a node is given twice, or not used');
  }

  /** Walks from a root along a key of 32 bytes: the value, or undefined if there is none. Throws Malformed or Missing. */
  walk(root: Hex, key: Hex): Bytes | undefined {
    if (root === keccak('0x80')) return undefined;
    let rest = key.slice(2);
    let node = readNode(this.node(root));
    for (;;) {
      let child = node.items[1] as Item;
      if (node.path === undefined) {
        child = node.items[rest === '' ? 16 : Number.parseInt(rest.charAt(0), 16)] as Item;
        if (rest === '') return child.payload.length > 0 ? child.payload : undefined;
        rest = rest.slice(1);
      } else if (node.leaf) {
        if (node.path !== rest) return undefined;
        return child.payload.length > 0 ? child.payload : malformed('a leaf of the trie is empty');
      } else {
        if (node.path === '') malformed('an extension of the trie has an empty path');
        if (!rest.startsWith(node.path)) return undefined;
        rest = rest.slice(node.path.length);
      }
      if (!child.list && child.payload.length === 0) return undefined;
      node = child.list ? readNode(child.raw) : readNode(this.node(toHex(child.payload)));
    }
  }

  private node(hash: Hex): Bytes {
    const node = this.byHash.get(hash);
    if (node === undefined) throw new Missing('a node of the trie is not there');
    this.used.add(hash);
    return node;
  }
}

const CODE_HASH = '0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7';

/** The storage root of a registry's account; undefined if there is no account. Throws also NotKnown, for other code. */
export function storageRoot(nodes: Nodes, stateRoot: Hex, registry: Hex): Hex | undefined {
  const value = nodes.walk(stateRoot, keccak(registry));
  nodes.checkUsed();
  if (value === undefined) return undefined;
  const [, , root, code, ...more] = items(value);
  if (root?.payload.length !== 32 || root.list || code?.payload.length !== 32 || code.list || more.length > 0)
    return malformed('the account is malformed');
  if (toHex(code?.payload ?? root.payload) !== CODE_HASH) throw new NotKnown('the registry has other code');
  return toHex(root.payload);
}

/** The word in a slot; zero if it was never set. */
export function slot(nodes: Nodes, root: Hex, position: Hex): bigint {
  const value = nodes.walk(root, keccak(position));
  if (value === undefined) return 0n;
  const whole = item(value, 0);
  const p = whole.payload;
  if (whole.list || whole.raw.length !== value.length || p.length === 0 || p.length > 32 || p[0] === 0)
    malformed('a value of the storage is malformed');
  return number(p);
}

/** The slot of a key in the mapping at a position (section 4.2). */
export const mapping = (key: Hex, position: number): Hex => keccak(word(key), word(position));
