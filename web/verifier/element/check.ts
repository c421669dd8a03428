import type { Report } from '../src/verify.js';
import type { NamedFile, Verdict } from './types.js';

/** The largest file that is looked at, in bytes: what the rest of Hallmark reads at most of a badge. */
export const maxFile = 16 << 20;

/** Problem is why there is no verdict: the name of a sentence. It is never a statement about the badge. */
export class Problem extends Error {
  constructor(readonly sentence: 'noProof' | 'unread' | 'notFetched' | 'tooLarge' | 'failed') {
    super(sentence);
  }
}

const suffix = '.proof.json';

/**
 * pair finds the badge and the proof among a few files: the proof is the file that says so by its name, or else the one
 * that is a proof. A badge alone must carry it.
 */
export function pair(files: NamedFile[]): { badge: NamedFile; proof: Uint8Array } {
  const proof = files.find((f) => f.name.endsWith(suffix)) ?? files.find((f) => isProof(f.bytes));
  const named = proof?.name.slice(0, -suffix.length);
  const badges = files.filter((f) => f !== proof);
  const badge = badges.find((f) => f.name === named) ?? badges[0];
  if (!badge) {
    throw new Problem('noProof');
  }
  const carried = proof ? proof.bytes : carriedBy(badge.bytes);
  if (!carried) {
    throw new Problem(textOf(badge.bytes) === undefined ? 'unread' : 'noProof');
  }
  return { badge, proof: carried };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function objectOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(bytes) ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The verifier reads the proof anew: this only tells files apart. */
function isProof(bytes: Uint8Array): boolean {
  const object = objectOf(bytes);
  return object !== undefined && 'hallmark' in object && 'submission' in object;
}

/** carriedBy returns the proof that a JSON document carries (section 6.2 of the specification), if there is exactly one. */
export function carriedBy(document: Uint8Array): Uint8Array | undefined {
  const entries = [objectOf(document)?.proof].flat() as unknown[];
  const ours = entries.filter((e): e is Record<string, unknown> => {
    return typeof e === 'object' && e !== null && (e as Record<string, unknown>).cryptosuite === 'hallmark-2026';
  });
  const text = ours[0]?.proofValue;
  if (ours.length !== 1 || typeof text !== 'string' || !/^u[A-Za-z0-9_-]+$/.test(text)) {
    return undefined;
  }
  try {
    const plain = atob(text.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** ofReport brings a report of the verifier in TypeScript into the form that is shown. */
export function ofReport(file: string, report: Report): Verdict {
  const time = (seconds?: number) => (seconds === undefined ? {} : { at: new Date(seconds * 1000).toISOString() });
  const anchored = time(report.anchoredAt).at;
  const status = time(report.statusAsOf).at;
  return {
    file,
    verdict: report.verdict,
    issuer: report.issuerName || report.issuer,
    test: report.test,
    checks: report.checks,
    ...(report.reason === undefined ? {} : { reason: report.reason }),
    ...(report.checks.some((c) => c.unread && c.reason === report.reason) ? { unread: true as const } : {}),
    ...(anchored === undefined ? {} : { anchoredAt: anchored }),
    ...(status === undefined ? {} : { statusAsOf: status }),
  };
}

/** fetched reads a file from a URL, without cookies. */
export async function fetched(url: string, base: string): Promise<NamedFile> {
  let bytes: Uint8Array;
  try {
    const response = await fetch(new URL(url, base), { credentials: 'omit', referrerPolicy: 'no-referrer' });
    if (!response.ok || !response.body) {
      throw new Problem('notFetched');
    }
    bytes = await bounded(response.body);
  } catch (problem) {
    throw problem instanceof Problem ? problem : new Problem('notFetched');
  }
  return { name: decodeURIComponent(new URL(url, base).pathname.split('/').pop() || 'badge'), bytes };
}

async function bounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    length += value.length;
    if (length > maxFile) {
      await reader.cancel();
      throw new Problem('tooLarge');
    }
    parts.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
