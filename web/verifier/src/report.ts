// What a verifier says: results, reasons and verdicts in the words of section 8.
export type CheckName =
  | 'credential'
  | 'inclusion'
  | 'signature'
  | 'issuer'
  | 'anchor'
  | 'finality'
  | 'status'
  | 'validity'
  | 'issuerSignature'
  | 'recipient';
export type Result = 'pass' | 'fail' | 'unknown';

/** What this implementation does not read, so that it says unknown where another may say more. */
export type Unread = 'document' | 'identity' | 'dates' | 'own signature' | 'recipient' | 'asked issuer';

export interface Outcome {
  result: Result;
  reason?: string; // of what is no pass
  detail: string; // one plain sentence
  unread?: Unread;
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
  anchoredAt?: number; // Unix seconds; where a final block proves it
  statusAsOf?: number;
  finalBy?: string;
  replacedBy?: string; // a CID, where the credential is revoked and the issuer names another one
}

export const pass = (detail: string): Outcome => ({ result: 'pass', detail });
export const fail = (reason: string, detail: string): Outcome => ({ result: 'fail', reason, detail });
export const unknown = (reason: string, detail: string): Outcome => ({ result: 'unknown', reason, detail });
export const notChecked = (on: CheckName): Outcome => unknown('not_checked', `it rests on the check ${on}, which did not pass`);
export const notRead = (reason: string, unread: Unread, what: string): Outcome => ({
  ...unknown(reason, `${what}: not read by this implementation`),
  unread,
});

/** Draws the conclusion (section 8.4). `must` are the checks that have to pass. */
export function conclude(checks: Check[], must: CheckName[], testRefused: boolean): Pick<Report, 'verdict' | 'reason'> {
  const passed = (name: CheckName): boolean => checks.some((c) => c.check === name && c.result === 'pass');
  const failed = checks.find((c) => c.result === 'fail' && (c.check !== 'issuerSignature' || passed('issuer')));
  if (failed) return { verdict: 'INVALID', reason: failed.reason ?? '' };
  const missing = checks.filter((c) => c.result === 'unknown' && must.includes(c.check));
  const first = missing.find((c) => c.reason !== 'not_checked') ?? missing[0];
  if (first) return { verdict: 'UNKNOWN', reason: first.reason ?? '' };
  return testRefused ? { verdict: 'UNKNOWN', reason: 'test_chain' } : { verdict: 'VALID' };
}
