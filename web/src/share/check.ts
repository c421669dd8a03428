import { engine } from '../engine/engine.ts';
import type { NamedFile, Result, Settings } from '../engine/types.ts';
import { language } from '../ui/i18n.ts';
import { reasons, whyOf } from '../ui/reasons/index.ts';
import { settings } from '../verify/settings.ts';

/** The longest file that is fetched, in bytes: a badge of 8 MiB, and more than any proof. */
const longest = 10 << 20;

/** fetched gets a file of this site. */
async function fetched(url: string): Promise<Uint8Array> {
  const answer = await fetch(url, { credentials: 'omit' });
  if (!answer.ok) {
    throw new Error(`${url}: ${answer.status}`);
  }
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length > longest) {
    throw new Error(`${url}: too long`);
  }
  return bytes;
}

/**
 * judged verifies a badge by its proof, and returns the result that is about the leaf of the page: a badge may hold others,
 * and what a node serves may be about another one.
 */
async function judged(leaf: string, files: readonly NamedFile[], asked: Settings): Promise<Result | undefined> {
  let result: Result | undefined;
  await engine.verify(files, asked, (one) => {
    if (one.leaf === leaf) {
      result ??= one;
    }
  });
  return result;
}

/**
 * checkHere verifies the badge of a page in this browser: by what is built in, and by what the person trusts who uses it.
 * It tells the outcome below the node's, and never takes the node's word for anything. Of the node it takes the two files,
 * and which committees followed each other, which is proven by their signatures.
 */
export async function checkHere(): Promise<void> {
  const place = document.querySelector<HTMLElement>('#browser');
  const base = document.querySelector<HTMLElement>('main[data-share]')?.dataset.share;
  if (!place || !base) {
    return;
  }
  const words = place.dataset;
  const tell = (text: string | undefined, value = '') => {
    place.textContent = (text ?? '').replace('{0}', value).trim();
  };
  tell(words.wait);
  try {
    const [badge, proof] = await Promise.all([fetched(`${base}/badge`), fetched(`${base}/proof.json`)]);
    const files = [
      { name: 'badge', bytes: badge },
      { name: 'badge.proof.json', bytes: proof },
    ];
    const asked = settings();
    const leaf = base.slice(base.lastIndexOf('/') + 1);
    let result = await judged(leaf, files, asked);
    if (result?.verdict === 'UNKNOWN' && result.checks?.some((c) => c.check === 'finality' && c.result === 'unknown')) {
      const hops = await fetched(`/v1/chains/${encodeURIComponent(result.chain ?? '')}/hops`).catch(() => undefined);
      if (hops) {
        result = await judged(leaf, files, { ...asked, hops: [...(asked.hops ?? []), hops] });
      }
    }
    switch (result?.verdict) {
      case 'VALID':
        tell(place.closest<HTMLElement>('[data-state]')?.dataset.state === 'valid' ? words.valid : words.other);
        break;
      case 'INVALID':
        tell(words.invalid, whyOf(reasons[language.value], result.reason)[0]);
        break;
      case 'UNKNOWN':
        tell(words.unknown, whyOf(reasons[language.value], result.reason)[0]);
        break;
      default:
        tell(words.fault);
    }
    place.dataset.verdict = result?.verdict ?? '';
  } catch {
    tell(words.fault); // a fault of the network or of this browser is no word about the credential
    place.dataset.verdict = '';
  }
}
