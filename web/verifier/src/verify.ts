// hallmark-verifier: the offline check (section 8), from the specification alone: of a proof, by a trust store, at a time, with the
// credential's bytes if they are at hand.
import { type Bytes, checksummed, Refused } from './bytes.js';
import { anchor, finality, inclusion, signature, status } from './chain.js';
import { credential, issuerSignature, recipient, validity } from './document.js';
import { issuer } from './issuer.js';
import { type Proof, readProof } from './proof.js';
import { begin, type CheckName, conclude, type Outcome, type Report } from './run.js';
import { readTrust, type Trust } from './trust.js';

export type { Check, CheckName, Outcome, Unread } from './run.js';
export { type Proof, Refused, type Report, readProof, readTrust, type Trust };

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

// In the order of a report. The issuer comes last, since when its key was believed rests on when a final block proves the anchor.
const CHECKS = { credential, inclusion, signature, issuer, anchor, finality, status, validity, issuerSignature, recipient };
const NAMES = Object.keys(CHECKS) as CheckName[];
const ORDER: CheckName[] = [...NAMES.filter((name) => name !== 'issuer'), 'issuer'];
const REQUIRED: CheckName[] = ['inclusion', 'signature', 'issuer', 'anchor', 'finality', 'status', 'recipient'];

/** Checks a proof, in JSON or CBOR; throws Refused if it is none, or the trust store cannot be read. */
export function verify(proof: Bytes | Proof, credential: Bytes | undefined, options: Options): Report {
  const trust = options.trust === undefined || options.trust instanceof Uint8Array ? readTrust(options.trust) : options.trust;
  const run = begin(proof instanceof Uint8Array ? readProof(proof) : proof, credential, trust, options);
  for (const name of ORDER) if (name !== 'recipient' || options.recipient !== undefined) run.results.set(name, CHECKS[name](run));
  const checks = NAMES.filter((name) => run.results.has(name)).map((check) => ({ check, ...(run.results.get(check) as Outcome) }));
  const must = [...REQUIRED, ...(options.require ?? [])];
  if (credential) must.push('credential');
  if (run.document) must.push('validity');
  const required = must.filter((c) => !options.allowUnknown?.includes(c));
  const { credential: cid, submission } = run.proof;
  const { leaf, last: chain, test, anchoredAt, statusAsOf, replacedBy } = run;
  return {
    ...conclude(checks, required, test && !options.allowTest),
    ...{ checks, credential: cid.text, leaf, issuer: checksummed(submission.issuer), chain, test, anchoredAt, statusAsOf, replacedBy },
    issuerName: trust.issuers.get(submission.issuer)?.name ?? '',
    finalBy: run.passed('finality') ? run.deciding?.by : undefined,
  };
}
