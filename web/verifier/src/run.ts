// One verification: the proof and what it leads to, what the checks find, and what is said in the words of section 8.
import { type Bytes, Refused } from './bytes.js';
import { credentialLeaf, follow, submissionDigest, submissionId } from './commitment.js';
import type { Document } from './document.js';
import { type Entry, readEntry } from './evidence.js';
import type { Proof } from './proof.js';
import type { Trust } from './trust.js';
import type { Options } from './verify.js';

export type CheckName =
  | ('credential' | 'inclusion' | 'signature' | 'issuer' | 'anchor' | 'finality' | 'status' | 'validity' | 'issuerSignature')
  | 'recipient'; // only where somebody was named
/** What this implementation does not read, so that it says unknown where another one may say more. */
export type Unread = 'document' | 'identity' | 'dates' | 'own signature' | 'recipient' | 'asked issuer';

export interface Outcome {
  result: 'pass' | 'fail' | 'unknown';
  reason?: string; // of what is no pass
  detail: string; // one plain sentence
  unread?: Unread | undefined;
}
export interface Check extends Outcome {
  check: CheckName;
}

export interface Report {
  verdict: 'VALID' | 'INVALID' | 'UNKNOWN';
  reason?: string; // why it is not VALID
  checks: Check[];
  credential: string; // the CID
  leaf: string;
  issuer: string; // the address that signed, in EIP-55 form
  issuerName: string; // of the trust store
  chain: string; // that decides
  test: boolean; // a chain for tests
  anchoredAt: number | undefined; // Unix seconds; only where a final block proves it, as the next two
  statusAsOf: number | undefined;
  finalBy: string | undefined;
  replacedBy: string | undefined; // a CID, where the credential is revoked and the issuer names another one
}

export const pass = (detail: string): Outcome => ({ result: 'pass', detail });
export const fail = (reason: string, detail: string): Outcome => ({ result: 'fail', reason, detail });
export const unknown = (reason: string, detail: string, unread?: Unread): Outcome => ({ result: 'unknown', reason, detail, unread });
export const notRead = (reason: string, unread: Unread, what: string): Outcome =>
  unknown(reason, `${what}: not read by this implementation`, unread);

/** Draws the conclusion (section 8.4). `must` are the checks that have to pass. */
export function conclude(checks: Check[], must: CheckName[], testRefused: boolean): Pick<Report, 'verdict' | 'reason'> {
  const issuer = checks.some((c) => c.check === 'issuer' && c.result === 'pass');
  const failed = checks.find((c) => c.result === 'fail' && (c.check !== 'issuerSignature' || issuer));
  if (failed) return { verdict: 'INVALID', reason: failed.reason ?? '' };
  const missing = checks.filter((c) => c.result === 'unknown' && must.includes(c.check));
  const first = missing.find((c) => c.reason !== 'not_checked') ?? missing[0];
  if (first || testRefused) return { verdict: 'UNKNOWN', reason: first?.reason ?? 'test_chain' };
  return { verdict: 'VALID' };
}

export type Run = ReturnType<typeof begin>;

export function begin(proof: Proof, file: Bytes | undefined, trust: Trust, options: Options) {
  const { issuer, home, path, count, issuedAt } = proof.submission;
  const leaf = credentialLeaf(proof.credential.bytes, proof.salt);
  const root = follow(leaf, path); // of the submission
  const digest = submissionDigest(home, root, count, issuedAt);
  const batch = follow(submissionId(issuer, digest), proof.batch?.path ?? []);
  const entries = (proof.anchors ?? []).map((a) => readEntry(a, batch, issuer, trust, options));

  const line = [home.chain]; // the home chain and its successors; the last one decides
  const next = (): string | undefined => trust.chains.get(line.at(-1) ?? '')?.successor?.chain;
  for (let id = next(); id && !line.includes(id); id = next()) line.push(id);
  const last = line.at(-1) ?? '';

  /** The entry for a chain; at home of the home registry. */
  const entryOf = (chain: string): Entry | undefined =>
    entries.find(({ anchor: a }) => a.chain === chain && (chain !== home.chain || a.registry === home.registry));
  /** The entry for a chain of the line before the last one, if it counts (section 8.1). */
  const counting = (chain: string): Entry | undefined => {
    const e = entryOf(chain);
    const since = trust.chains.get(chain)?.successor?.since ?? 0;
    return e?.trusted && !(e.anchoredAt instanceof Refused) && e.final && e.time <= since ? e : undefined;
  };
  const times = line.slice(0, -1).map((id) => Number(counting(id)?.anchoredAt ?? 0));
  const results = new Map<CheckName, Outcome>();
  return {
    ...{ proof, file, trust, options, leaf, root, digest, entries, line, last, counting, results },
    deciding: entryOf(last),
    circle: next() !== undefined, // the successors form one
    test: line.some((id) => trust.chains.get(id)?.test), // a chain of the line is for tests
    earliest: times.filter((t) => t > 0).sort((a, b) => a - b)[0], // time of the anchor in entries that count
    passed: (name: CheckName): boolean => results.get(name)?.result === 'pass',
    /** The outcome of a check that rests on one which did not pass. */
    notChecked: (on: CheckName): Outcome => unknown('not_checked', `it rests on the check ${on}`, results.get(on)?.unread),
    // What the checks find: the document, if the file is the credential, and times, if a final block proves them.
    document: undefined as Document | undefined,
    anchoredAt: undefined as number | undefined,
    statusAsOf: undefined as number | undefined,
    replacedBy: undefined as string | undefined,
  };
}
