// What an entry of a proof shows of a registry at one block, and whether that block is final (section 8.2).
import { type Hex, word } from './bytes.js'
import { type Finality, type FinalityOptions, finality } from './finality.js'
import type { Anchor } from './proof.js'
import { type Outcome, unknown } from './report.js'
import { type Header, Malformed, Missing, mapping, Nodes, NotKnown, readHeader, slot, storageRoot } from './state.js'
import type { Trust } from './trust.js'

export interface Entry {
  anchor: Anchor
  trusted: boolean // the store lists the registry
  header: Header | undefined
  final: Finality
  anchoredAt: bigint | undefined // 0: the registry had no record; undefined: see fault
  fault: Outcome | undefined // why it is not known
  issuer: { statusRoot: Hex; retiredFrom: bigint } | undefined
  issuerFault: Outcome | undefined
}

function why(e: unknown): Outcome {
  if (e instanceof Missing || e instanceof Malformed) return unknown('evidence_bad', `the evidence does not hold: ${e.message}`)
  if (e instanceof NotKnown) return unknown('newer_verifier', `${e.message}: this needs a newer verifier`)
  throw e
}

/** The slot after another one. */
const next = (position: Hex): Hex => word(BigInt(position) + 1n)

export function readEntry(anchor: Anchor, root: Hex, issuer: Hex, trust: Trust, options: FinalityOptions): Entry {
  const chain = trust.chains.get(anchor.chain)
  const trusted = chain?.registries.includes(anchor.registry) ?? false
  const e: Entry = {
    ...{ anchor, trusted, header: undefined, final: { final: false, by: 'the chain is not known' } },
    ...{ anchoredAt: undefined, fault: undefined, issuer: undefined, issuerFault: undefined },
  }
  try {
    e.header = readHeader(anchor.header)
    if (chain) e.final = finality(anchor.chain, chain, e.header, anchor.finality, options)
    const [accounts, slots] = [new Nodes(anchor.accountProof), new Nodes(anchor.storageProof)]
    const storage = storageRoot(accounts, e.header.stateRoot, anchor.registry)
    const read = (position: Hex): bigint => (storage === undefined ? 0n : slot(slots, storage, position))
    const record = (read(mapping(root, 0)) >> 160n) & 0xffffffffffffn
    const state = mapping(issuer, 1)
    try {
      e.issuer = { statusRoot: word(read(state)), retiredFrom: read(next(state)) & 0xffffffffffffffffn }
    } catch (x) {
      e.issuerFault = why(x)
    }
    if (e.issuer && (accounts.superfluous() || slots.superfluous())) throw new Malformed('a node is given twice, or not used')
    e.anchoredAt = record
  } catch (x) {
    e.fault = why(x)
    e.issuer = undefined
    e.issuerFault ??= e.fault
  }
  return e
}
