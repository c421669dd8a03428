// One verification: the proof and what it leads to, and what the checks so far have found.
import { type Bytes, type Hex, Refused } from './bytes.js';
import { credentialLeaf, follow, submissionDigest, submissionId } from './commitment.js';
import { type Entry, readEntry } from './evidence.js';
import type { Document } from './names.js';
import type { Proof } from './proof.js';
import { type CheckName, type Outcome, unknown } from './report.js';
import type { Trust } from './trust.js';
import type { Options } from './verify.js';

export const DAY = 86400;

export class Run {
  readonly leaf: Hex;
  readonly root: Hex; // of the submission
  readonly digest: Hex;
  readonly line: string[]; // the home chain and its successors; the last one decides
  readonly last: string;
  readonly circle: boolean; // the successors form one
  readonly test: boolean; // a chain of the line is for tests
  readonly entries: Entry[];
  readonly deciding: Entry | undefined;
  readonly results = new Map<CheckName, Outcome>();
  document: Document | undefined; // of the file, if it is the credential
  anchoredAt: number | undefined; // if it is proven by a final block, as the next one
  statusAsOf: number | undefined;
  replacedBy: string | undefined;

  constructor(
    readonly proof: Proof,
    readonly file: Bytes | undefined,
    readonly trust: Trust,
    readonly options: Options,
  ) {
    const { issuer, home, path, count, issuedAt } = proof.submission;
    this.leaf = credentialLeaf(proof.credential.bytes, proof.salt);
    this.root = follow(this.leaf, path);
    this.digest = submissionDigest(home, this.root, count, issuedAt);
    const batch = follow(submissionId(issuer, this.digest), proof.batch?.path ?? []);
    const line = [home.chain];
    const next = (): string | undefined => trust.chains.get(line.at(-1) ?? '')?.successor?.chain;
    for (let id = next(); id && !line.includes(id); id = next()) line.push(id);
    this.line = line;
    this.last = line.at(-1) ?? '';
    this.circle = next() !== undefined;
    this.test = line.some((id) => trust.chains.get(id)?.test);
    const when = { now: options.now, maxSignatureAge: options.maxSignatureAge ?? 730 * DAY, hops: options.hops ?? [] };
    this.entries = (proof.anchors ?? []).map((a) => readEntry(a, batch, issuer, trust, when));
    this.deciding = this.entryOf(this.last);
  }

  passed(name: CheckName): boolean {
    return this.results.get(name)?.result === 'pass';
  }

  /** The outcome of a check that rests on one which did not pass. */
  notChecked(on: CheckName): Outcome {
    return unknown('not_checked', `it rests on the check ${on}, which did not pass`, this.results.get(on)?.unread);
  }

  /** The entry for a chain; at home of the home registry. */
  private entryOf(chain: string): Entry | undefined {
    const { home } = this.proof.submission;
    return this.entries.find(({ anchor: a }) => a.chain === chain && (chain !== home.chain || a.registry === home.registry));
  }

  /** The entry for a chain of the line before the last one, if it counts (section 8.1). */
  counting(chain: string): Entry | undefined {
    const e = this.entryOf(chain);
    const since = this.trust.chains.get(chain)?.successor?.since ?? 0;
    return e?.trusted && !(e.anchoredAt instanceof Refused) && e.final && e.header && e.header.time <= since ? e : undefined;
  }

  /** The earliest time of the anchor in these entries. */
  earliest(): number | undefined {
    const times = this.line.slice(0, -1).map((id) => Number(this.counting(id)?.anchoredAt ?? 0));
    return times.filter((t) => t > 0).sort((a, b) => a - b)[0];
  }
}
