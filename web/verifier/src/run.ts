// One verification: the proof and what it leads to, and what the checks so far have found.
import { type Bytes, Refused } from './bytes.js';
import { credentialLeaf, follow, submissionDigest, submissionId } from './commitment.js';
import { type Entry, readEntry } from './evidence.js';
import type { Document } from './names.js';
import type { Proof } from './proof.js';
import { type CheckName, type Outcome, unknown } from './report.js';
import type { Trust } from './trust.js';
import type { Options } from './verify.js';

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
