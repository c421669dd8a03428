import { verify } from '../../verifier/src/verify.ts';
import type { Check, NamedFile, Settings } from '../engine/types.ts';

/** Early is the verdict of the second implementation, which is small, while the verifier itself is still being loaded. */
export interface Early {
  readonly verdict: 'VALID' | 'INVALID';
  readonly reason?: string;
  readonly test: boolean;
  readonly checks: readonly Check[];
}

const suffix = '.proof.json';

/**
 * early judges a badge in JSON whose proof is beside it. It says nothing unless the second implementation reads all that
 * there is to check: then both implementations give the same verdict. Nor does it say what cannot be told.
 */
export function early(files: readonly NamedFile[], settings: Settings): Early | undefined {
  const proof = files.find((f) => f.name.endsWith(suffix));
  const badge = files.find((f) => f.name === proof?.name.slice(0, -suffix.length));
  if (files.length !== 2 || !proof || !badge || !isAlone(badge.bytes) || settings.allowExpired) {
    return undefined;
  }
  try {
    const { trust, at, allowTest = false, hops = [], issuer, recipient } = settings;
    const report = verify(proof.bytes, badge.bytes, {
      trust: trust === undefined ? undefined : new TextEncoder().encode(trust),
      now: Math.floor((at === undefined ? Date.now() : Date.parse(at)) / 1000),
      allowTest,
      hops: [...hops],
      ...(issuer === undefined ? {} : { issuer }),
      ...(recipient === undefined ? {} : { recipient }),
    });
    const { verdict, reason, test, checks } = report;
    if (verdict === 'UNKNOWN' || checks.some((c) => c.unread)) {
      return undefined;
    }
    return { verdict, test, checks, ...(reason === undefined ? {} : { reason }) };
  } catch {
    return undefined; // what it refuses, the verifier tells why
  }
}

/** isAlone tells that a file is a JSON object, and brings along no proof of its own that might decide. */
function isAlone(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.length <= 1 << 20 ? bytes : new Uint8Array());
  return /^\s*\{/.test(text) && !text.includes('hallmark-');
}
