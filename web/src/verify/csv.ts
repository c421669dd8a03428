import type { Result } from '../engine/types.ts';
import { printable } from '../ui/text.ts';

/** columns are those of verify --csv. */
const columns = [
  'file',
  'verdict',
  'issuer',
  'issuerAddress',
  'credentialName',
  'recipient',
  'anchoredAt',
  'statusAsOf',
  'reason',
  'test',
  'otherProofs',
  'reasonCode',
  'issuerBy',
  'issuerDomain',
  'issuerSince',
  'replacedBy',
] as const;

/** table is the results as verify --csv writes them (RFC 4180, UTF-8). */
export function table(results: readonly Result[]): string {
  return [columns.join(','), ...results.map(record)].map((line) => `${line}\r\n`).join('');
}

function record(r: Result): string {
  const document = r.document;
  const noReport = r.verdict === 'NO PROOF' || r.verdict === 'SKIPPED';
  const cells: Record<(typeof columns)[number], string | null | undefined> = {
    file: r.file,
    verdict: r.verdict,
    issuer: r.issuerName,
    issuerAddress: r.issuer,
    credentialName: document?.achievements?.join('; '),
    recipient: [document?.recipientName, ...(document?.recipients ?? []).map((one) => one.identity)]
      .filter(Boolean)
      .join('; '),
    anchoredAt: r.anchoredAt,
    statusAsOf: r.statusAsOf,
    reason: noReport ? (r.error ?? r.reason) : r.because || (unchecked(r) ? 'the document itself was not checked' : ''),
    test: r.test ? 'test' : '',
    otherProofs: r.otherProofs?.map((o) => `${o.file} ${o.verdict}`).join('; '),
    reasonCode: noReport ? '' : r.reason,
    issuerBy: r.issuerBy,
    issuerDomain: r.issuerDomain,
    issuerSince: r.issuerSince,
    replacedBy: r.replacedBy,
  };
  return columns.map((name) => cell(cells[name] ?? '')).join(',');
}

/** unchecked tells that a report is about a proof alone. */
export function unchecked(r: Result): boolean {
  return r.checks?.find((c) => c.check === 'credential')?.result === 'unknown';
}

// A spreadsheet runs what begins like a formula, also behind a sign that it may take for the end of a cell: such a sign
// gets an apostrophe.
function cell(text: string): string {
  const safe = printable(text).replace(/(^|[;,|][ "]*)([=+\-@＝＋－＠])/g, "$1'$2");
  return /[",\r\n]|^\s/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
