// The offline check (section 8): a proof, a trust store, a time, and the credential's bytes if they are at hand.
import { type Bytes, checksummed } from './bytes.js';
import { anchor, finality, inclusion, signature, status } from './chain.js';
import { credential, issuerSignature, recipient, validity } from './content.js';
import { issuer } from './issuer.js';
import { type Proof, readProof } from './proof.js';
import { CHECKS, type CheckName, conclude, type Outcome, type Report } from './report.js';
import { Run } from './run.js';
import { readTrust, type Trust } from './trust.js';

export interface Options {
  trust?: Trust | Bytes | undefined; // what to believe: a store, or its file; without it what is built in
  now: number; // Unix seconds
  maxStatusAge?: number; // seconds; 30 days
  maxSignatureAge?: number; // seconds; 730 days
  hops?: Bytes[]; // files of hops
  allowTest?: boolean;
  allowExpired?: boolean;
  require?: CheckName[];
  allowUnknown?: CheckName[];
  issuer?: string; // who must have issued
  recipient?: string; // whom it must be about
}

// In the order of what rests on what, which is not that of a report.
const STEPS: [CheckName, (r: Run) => Outcome][] = [
  ...([
    ['credential', credential],
    ['inclusion', inclusion],
    ['signature', signature],
    ['anchor', anchor],
  ] as const),
  ...([
    ['finality', finality],
    ['status', status],
    ['issuer', issuer],
    ['validity', validity],
  ] as const),
  ...([
    ['issuerSignature', issuerSignature],
    ['recipient', recipient],
  ] as const),
].map(([name, step]) => [name, step]);
const REQUIRED: CheckName[] = ['inclusion', 'signature', 'issuer', 'anchor', 'finality', 'status', 'recipient'];

/** Checks a proof, in JSON or CBOR; throws Refused if it is none, or the trust store cannot be read. */
export function verify(proof: Bytes | Proof, credential: Bytes | undefined, options: Options): Report {
  const trust = options.trust === undefined || options.trust instanceof Uint8Array ? readTrust(options.trust) : options.trust;
  const run = new Run(proof instanceof Uint8Array ? readProof(proof) : proof, credential, trust, options);
  for (const [name, step] of STEPS) if (name !== 'recipient' || options.recipient !== undefined) run.results.set(name, step(run));
  const checks = CHECKS.flatMap((check) => {
    const outcome = run.results.get(check);
    return outcome ? [{ check, ...outcome }] : [];
  });
  const must = [...REQUIRED, ...(options.require ?? [])];
  if (credential) must.push('credential');
  if (run.document) must.push('validity');
  const required = must.filter((c) => !options.allowUnknown?.includes(c));
  const { credential: cid, submission } = run.proof;
  return {
    ...conclude(checks, required, run.test && !options.allowTest),
    ...{ checks, credential: cid.text, leaf: run.leaf, issuer: checksummed(submission.issuer), chain: run.last, test: run.test },
    issuerName: trust.issuers.get(submission.issuer)?.name ?? '',
    anchoredAt: run.anchoredAt,
    statusAsOf: run.statusAsOf,
    finalBy: run.passed('finality') ? run.deciding?.final.by : undefined,
    replacedBy: run.replacedBy,
  };
}
