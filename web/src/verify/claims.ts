import { stopped } from '../engine/engine.ts';
import type { Result } from '../engine/types.ts';
import { printable, shortened } from '../ui/text.ts';
import type { Verdict } from '../ui/verdict.tsx';
import { unchecked } from './csv.ts';

// What a result says, as text to be shown. What a document says stands apart from what is proven.

const most = 300; // characters of a text that are shown

const shown = (text: string | undefined) => printable(shortened(text ?? '', most));

/** verdictOf is the verdict for display: that of a proof without its document says nothing of a document. */
export function verdictOf(r: Result): Verdict {
  return r.verdict === 'VALID' && unchecked(r) ? 'PROOF' : r.verdict;
}

/** reasonOf is the word for why a verdict is not "valid", undefined where it is. */
export function reasonOf(r: Result): string | undefined {
  switch (r.verdict) {
    case 'VALID':
      return undefined;
    case 'NO PROOF':
      return stopped(r) ? 'not_looked_at' : 'no_proof';
    case 'SKIPPED':
      return 'skipped';
    default:
      return r.reason ?? 'other';
  }
}

/** titleOf is what was achieved, as the document says. */
export function titleOf(r: Result): string {
  return (r.document?.achievements ?? []).map(shown).join('; ') || shown(r.document?.name);
}

/** recipientOf is who received it, as the document says; hashed stands for an address that is hidden. */
export function recipientOf(r: Result, hashed: string): string {
  const one = r.document?.recipients?.[0];
  const address = one?.hashed ? hashed : shown(one?.identity.replace(/^mailto:/, ''));
  return [shown(r.document?.recipientName), address].filter(Boolean).join(', ');
}

/** issuerOf is who issued it, as far as that is proven; empty if it is not. */
export function issuerOf(r: Result): string {
  const domain = r.issuerBy === 'x509' || r.issuerBy === 'dnssec' ? r.issuerDomain : undefined;
  if (!r.issuerBy) {
    return '';
  }
  return shown(domain || r.issuerName) || (r.issuer ?? '');
}

/** claimedIssuer is whom the document calls its issuer: its own words. */
export function claimedIssuer(r: Result): string {
  return shown(r.document?.issuerName || r.document?.issuerIds?.[0] || r.document?.issuerUrl);
}

/** checkOf is a check of a result. */
export function checkOf(r: Result, name: string) {
  return r.checks?.find((c) => c.check === name);
}
