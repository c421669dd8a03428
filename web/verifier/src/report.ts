// What a verifier says: results, reasons and verdicts in the words of section 8.

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
