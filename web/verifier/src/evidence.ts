// What an entry of a proof shows of a registry at one block, and whether that block is final (section 8.2).
import { type Hex, word, ZERO } from './bytes.js';
import { type Finality, type FinalityOptions, finality } from './finality.js';
import type { Anchor } from './proof.js';
import { type Outcome, unknown } from './report.js';
import { type Header, Malformed, Missing, mapping, Nodes, NotKnown, readHeader, slot, storageRoot } from './state.js';
import type { Trust } from './trust.js';

export interface Entry {
  anchor: Anchor;
  trusted: boolean; // the store lists the registry
  header: Header | undefined;
  final: Finality;
  anchoredAt: bigint | undefined; // 0: the registry had no record; undefined: see fault
  fault: Outcome | undefined; // why it is not known
  issuer: { statusRoot: Hex; retiredFrom: bigint } | undefined;
  issuerFault: Outcome | undefined;
}

function why(e: unknown): Outcome {
  if (e instanceof Missing || e instanceof Malformed) return unknown('evidence_bad', `the evidence does not hold: ${e.message}`);
  if (e instanceof NotKnown) return unknown('newer_verifier', `${e.message}: this needs a newer verifier`);
  throw e;
}

/** The slot after another one. */
const next = (position: Hex): Hex => word(BigInt(position) + 1n);

export function readEntry(anchor: Anchor, root: Hex, issuer: Hex, trust: Trust, options: FinalityOptions): Entry {
  const chain = trust.chains.get(anchor.chain);
  const trusted = chain?.registries.includes(anchor.registry) ?? false;
  const e: Entry = {
    ...{ anchor, trusted, header: undefined, final: { final: false, by: 'the chain is not known' } },
    ...{ anchoredAt: undefined, fault: undefined, issuer: undefined, issuerFault: undefined },
  };
  const tell = (what: 'fault' | 'issuerFault', read: () => void): void => {
    try {
      read();
    } catch (x) {
      e[what] = why(x);
    }
  };
  let storage: Hex | undefined;
  tell('fault', () => {
    e.header = readHeader(anchor.header);
    if (chain) e.final = finality(anchor.chain, chain, e.header, anchor.finality, options);
    storage = storageRoot(new Nodes(anchor.accountProof), e.header.stateRoot, anchor.registry);
  });
  if (e.fault) return { ...e, issuerFault: e.fault };
  if (storage === undefined) return { ...e, anchoredAt: 0n, issuer: { statusRoot: ZERO, retiredFrom: 0n } };
  const nodes = new Nodes(anchor.storageProof);
  const read = (position: Hex): bigint => slot(nodes, storage ?? '', position);
  const state = mapping(issuer, 1);
  tell('issuerFault', () => {
    const first = read(state);
    e.issuer = { statusRoot: word(first), retiredFrom: read(next(state)) & 0xffffffffffffffffn };
  });
  tell('fault', () => {
    const record = (read(mapping(root, 0)) >> 160n) & 0xffffffffffffn;
    if (e.issuer) nodes.checkUsed();
    e.anchoredAt = record;
  });
  return e;
}
