// Reading evidence (section 8.2): a block header, and what the state tries prove that a registry held.
import { attempt, type Bytes, type Hex, keccak, number, Refused, refuse, toHex, word, ZERO } from './bytes.js';
import { vouched } from './finality.js';
import type { Anchor } from './proof.js';
import type { Trust } from './trust.js';
import type { Options } from './verify.js';

/** An item of RLP, in its canonical form. */
interface Item {
  list: boolean;
  payload: Bytes;
  raw: Bytes; // all of it
}

/** The item that begins at an offset. */
function item(b: Bytes, at: number): Item {
  const first = b[at] ?? refuse('RLP is cut off');
  if (first < 0x80) return { list: false, payload: b.slice(at, at + 1), raw: b.slice(at, at + 1) };
  const list = first >= 0xc0;
  const short = first - (list ? 0xc0 : 0x80);
  const wide = Math.max(0, short - 55);
  const length = wide === 0 ? short : Number(number(b.slice(at + 1, at + 1 + wide)));
  const start = at + 1 + wide;
  if ((wide > 0 && (length <= 55 || b[at + 1] === 0)) || start + length > b.length) refuse('RLP is cut off or not canonical');
  const payload = b.slice(start, start + length);
  if (!list && length === 1 && (payload[0] ?? 0) < 0x80) refuse('RLP is not canonical');
  return { list, payload, raw: b.slice(at, start + length) };
}

/** The item that is all of b. */
function whole(b: Bytes, list: boolean): Item {
  const it = item(b, 0);
  return it.list === list && it.raw.length === b.length ? it : refuse('RLP is not one item');
}

/** The items of the list that is all of b. */
function items(b: Bytes): Item[] {
  const { payload } = whole(b, true);
  const out: Item[] = [];
  for (let at = 0; at < payload.length; at += out.at(-1)?.raw.length ?? 0) out.push(item(payload, at));
  return out;
}

export type Header = ReturnType<typeof readHeader>;

/** Reads a header; throws Refused. */
function readHeader(b: Bytes) {
  const unknown = (): never => refuse('the header is of a form that needs a newer verifier', 'newer_verifier');
  if ((b[0] ?? 0xff) < 0x80) unknown();
  const fields = items(b);
  const [root, height, time] = [3, 8, 11].map((i) => fields[i] ?? unknown()) as [Item, Item, Item];
  const integer = ({ list, payload }: Item): bigint =>
    list || payload[0] === 0 || number(payload) > Number.MAX_SAFE_INTEGER ? unknown() : number(payload);
  if (fields.length < 15 || root.list || root.payload.length !== 32) unknown();
  return { hash: keccak(toHex(b)), stateRoot: toHex(root.payload), number: integer(height), time: integer(time) };
}

/**
 * Reads a node of a trie with those inside of it, also where no way leads on: a branch, which has 17 children and no path, an
 * extension or a leaf, which have one child and the nibbles of a path.
 */
function readNode(b: Bytes) {
  const children = items(b);
  if (children.length !== 2 && children.length !== 17) refuse('a node of the trie has neither 2 nor 17 items');
  const part = children.length === 2 ? children.shift() : undefined;
  const digits = part && toHex(part.payload).slice(2);
  const kind = Number.parseInt(digits?.charAt(0) ?? '0', 16); // 1: an odd path, 2: a leaf, 3: both
  const even = kind % 2 === 0;
  if (part && (part.list || !(kind <= 3) || part.payload.length > 33 || (even && digits?.[1] !== '0')))
    refuse('a path of the trie is malformed');
  const leaf = kind >= 2;
  for (const [i, { list, payload, raw }] of children.entries()) {
    const fits = leaf || i === 16 ? !list : list ? raw.length < 32 : payload.length === 0 || payload.length === 32;
    if (!fits) refuse('a node of the trie has something else where a child or a value belongs');
    if (list) readNode(raw);
  }
  return { children, path: digits?.slice(even ? 2 : 1), leaf };
}

/** Nodes of a trie by their hashes, and which of them a walk used. */
class Nodes {
  private readonly byHash: Map<Hex, Bytes>;
  private readonly used = new Set<Hex>();

  constructor(private readonly nodes: Bytes[]) {
    this.byHash = new Map(nodes.map((n) => [keccak(toHex(n)), n]));
  }

  /** Refuses nodes that are given twice or were not used. */
  checkUsed(): void {
    if (this.used.size < this.nodes.length) refuse('a node is given twice, or not used');
  }

  /** Walks from a root along a key of 32 bytes: the value, or undefined if there is none; throws Refused. */
  walk(root: Hex, key: Hex): Bytes | undefined {
    if (root === keccak('0x80')) return undefined;
    let rest = key.slice(2);
    let node = this.node(root);
    for (;;) {
      const { leaf, path = rest.charAt(0), children } = node;
      if (leaf ? path !== rest : !rest.startsWith(path)) return undefined;
      rest = rest.slice(path.length);
      const branch = children.length > 1;
      const { list, payload, raw } = children[!branch ? 0 : path === '' ? 16 : Number.parseInt(path, 16)] as Item;
      if (!branch && (leaf ? payload.length === 0 : path === '')) refuse('a leaf of the trie is empty, or the path of an extension');
      if (leaf || (branch && path === '') || (!list && payload.length === 0)) return payload.length > 0 ? payload : undefined;
      node = list ? readNode(raw) : this.node(toHex(payload));
    }
  }

  private node(hash: Hex) {
    this.used.add(hash);
    return readNode(this.byHash.get(hash) ?? refuse('a node of the trie is not there'));
  }
}

const CODE_HASH = '0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7';

/** The storage root of a registry's account; undefined if there is no account. Refuses other code. */
function storageRoot(nodes: Nodes, stateRoot: Hex, registry: Hex): Hex | undefined {
  const value = nodes.walk(stateRoot, keccak(registry));
  nodes.checkUsed();
  if (value === undefined) return undefined;
  const account = items(value);
  const [root, code] = account.slice(2).map((it) => (it.list || it.payload.length !== 32 ? undefined : toHex(it.payload)));
  if (account.length !== 4 || !root || !code) return refuse('the account is malformed');
  return code === CODE_HASH ? root : refuse('the registry has other code: this needs a newer verifier', 'newer_verifier');
}

/** The word in a slot; zero if it was never set. */
function slot(nodes: Nodes, root: Hex, position: Hex): bigint {
  const value = nodes.walk(root, keccak(position));
  if (value === undefined) return 0n;
  const { payload } = whole(value, false);
  return payload[0] && payload.length <= 32 ? number(payload) : refuse('a value of the storage is malformed');
}

/** The slot of a key in the mapping at a position (section 4.2). */
const mapping = (key: Hex, position: number): Hex => keccak(word(key), word(position));

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
