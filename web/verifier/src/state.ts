// Reading evidence (section 8.2): a block header, and what the state tries prove that a registry held.
import { type Bytes, type Hex, keccak, number, toHex, word } from './bytes.js'

/** Evidence that is not what it must be. */
export class Malformed extends Error {}
/** A trie node that a walk needs is not there. */
export class Missing extends Error {}
/** Evidence of a form that this verifier does not know. */
export class NotKnown extends Error {}

interface Item {
  list: boolean
  payload: Bytes
  size: number // of all of it
}

const malformed = (what: string): never => {
  throw new Malformed(what)
}

/** The item of RLP, in its canonical form, that begins at an offset. */
function item(b: Bytes, at: number): Item {
  const first = b[at] ?? malformed('RLP is cut off')
  if (first < 0x80) return { list: false, payload: b.slice(at, at + 1), size: 1 }
  const list = first >= 0xc0
  const short = first - (list ? 0xc0 : 0x80)
  const wide = Math.max(0, short - 55)
  const length = wide === 0 ? short : Number(number(b.slice(at + 1, at + 1 + wide)))
  const start = at + 1 + wide
  if ((wide > 0 && (length <= 55 || b[at + 1] === 0)) || start + length > b.length) malformed('RLP is cut off or not canonical')
  const payload = b.slice(start, start + length)
  if (!list && length === 1 && (payload[0] ?? 0) < 0x80) malformed('RLP is not canonical')
  return { list, payload, size: 1 + wide + length }
}

/** The items of a list that takes all of b. */
function items(b: Bytes): Item[] {
  const whole = item(b, 0)
  if (!whole.list || whole.size !== b.length) malformed('RLP is not one list')
  const out: Item[] = []
  for (let at = 0; at < whole.payload.length; ) {
    const next = item(whole.payload, at)
    out.push(next)
    at += next.size
  }
  return out
}

export interface Header {
  hash: Hex
  stateRoot: Hex
  number: bigint
  time: bigint
}

/** Reads a header; throws Malformed or NotKnown. */
export function readHeader(b: Bytes): Header {
  if (b.length > 0 && (b[0] ?? 0) < 0x80) throw new NotKnown('the header is of a form that is not known')
  const fields = items(b)
  const field = (i: number, fits: (payload: Bytes) => boolean): Bytes => {
    const f = fields[i]
    if (fields.length < 15 || f === undefined || f.list || !fits(f.payload)) throw new NotKnown('the header is of a form that is not known')
    return f.payload
  }
  const integer = (p: Bytes): boolean => p.length <= 8 && p[0] !== 0
  const root = field(3, (p) => p.length === 32)
  return { hash: keccak(toHex(b)), stateRoot: toHex(root), number: number(field(8, integer)), time: number(field(11, integer)) }
}

/** Nodes of a trie by their hashes, and which of them a walk used. */
export class Nodes {
  private readonly byHash = new Map<Hex, Bytes>()
  private readonly used = new Set<Hex>()
  private readonly twice: boolean

  constructor(nodes: Bytes[]) {
    for (const n of nodes) this.byHash.set(keccak(toHex(n)), n)
    this.twice = this.byHash.size < nodes.length
  }

  /** Reports whether there is a node that is given twice or was not used. */
  superfluous(): boolean {
    return this.twice || this.used.size < this.byHash.size
  }

  /** Walks from a root along a key of 32 bytes: the value, or undefined if there is none. Throws Malformed or Missing. */
  walk(root: Hex, key: Hex): Bytes | undefined {
    if (root === keccak('0x80')) return undefined
    let rest = key.slice(2)
    let node = this.node(root)
    for (;;) {
      const parts = items(node)
      let child: Item
      if (parts.length === 17) {
        const at = rest === '' ? 16 : Number.parseInt(rest.charAt(0), 16)
        child = parts[at] as Item
        if (!child.list && child.payload.length === 0) return undefined
        if (at === 16) return child.list ? malformed('a value of the trie is a list') : child.payload
        rest = rest.slice(1)
      } else if (parts.length === 2) {
        const path = toHex((parts[0] as Item).payload).slice(2)
        const kind = Number.parseInt(path.charAt(0), 16)
        if ((parts[0] as Item).list || !(kind <= 3) || (kind % 2 === 0 && path[1] !== '0')) malformed('a path of the trie is malformed')
        const nibbles = path.slice(2 - (kind % 2))
        child = parts[1] as Item
        if (kind >= 2) {
          if (child.list || child.payload.length === 0) malformed('a leaf of the trie is malformed')
          return nibbles === rest ? child.payload : undefined
        }
        if (nibbles === '') malformed('an extension of the trie has an empty path')
        if (!child.list && child.payload.length !== 32) malformed('a reference of the trie is malformed')
        if (!rest.startsWith(nibbles)) return undefined
        rest = rest.slice(nibbles.length)
      } else {
        return malformed('a node of the trie has neither 2 nor 17 items')
      }
      if (child.list && child.size >= 32) malformed('a node inside its parent is too long')
      if (!child.list && child.payload.length !== 32) malformed('a reference of the trie is malformed')
      node = child.list ? Uint8Array.from([0xc0 + child.payload.length, ...child.payload]) : this.node(toHex(child.payload))
    }
  }

  private node(hash: Hex): Bytes {
    const node = this.byHash.get(hash)
    if (node === undefined) throw new Missing('a node of the trie is not there')
    this.used.add(hash)
    return node
  }
}

const CODE_HASH = '0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7'

/** The storage root of a registry's account; undefined if there is no account. Throws also NotKnown, for other code. */
export function storageRoot(nodes: Nodes, stateRoot: Hex, registry: Hex): Hex | undefined {
  const value = nodes.walk(stateRoot, keccak(registry))
  if (value === undefined) return undefined
  const [, , root, code, ...more] = items(value)
  if (root?.payload.length !== 32 || root.list || code === undefined || code.list || more.length > 0) malformed('the account is malformed')
  if (toHex(code!.payload) !== CODE_HASH) throw new NotKnown('the registry has other code')
  return toHex(root!.payload)
}

/** The word in a slot; zero if it was never set. */
export function slot(nodes: Nodes, root: Hex, position: Hex): bigint {
  const value = nodes.walk(root, keccak(position))
  if (value === undefined) return 0n
  const whole = item(value, 0)
  const p = whole.payload
  if (whole.list || whole.size !== value.length || p.length === 0 || p.length > 32 || p[0] === 0) malformed('a value of the storage is malformed')
  return number(p)
}

/** The slot of a key in the mapping at a position (section 4.2). */
export const mapping = (key: Hex, position: number): Hex => keccak(word(key), word(position))
