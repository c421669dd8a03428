import { signal } from '../ui/signal.ts';

/** Place is what the page shows, as the part of its address behind # says. */
export type Place =
  | { kind: 'list'; to: number | undefined } // up to the batch of that number; undefined: the newest
  | { kind: 'hash'; hash: string } // a batch, a submission or a leaf
  | { kind: 'issuer'; address: string }
  | { kind: 'wrong'; text: string };

/** placeOf reads it. */
export function placeOf(fragment: string): Place {
  const text = decodeSafely(fragment.replace(/^#/, '')).trim();
  if (text === '' || text === 'all') {
    return { kind: 'list', to: undefined };
  }
  const to = /^to=(\d{1,15})$/.exec(text)?.[1];
  if (to !== undefined) {
    return { kind: 'list', to: Number(to) };
  }
  if (/^0x[0-9a-f]{64}$/i.test(text)) {
    return { kind: 'hash', hash: text.toLowerCase() };
  }
  if (/^0x[0-9a-f]{40}$/i.test(text)) {
    return { kind: 'issuer', address: text };
  }
  return { kind: 'wrong', text };
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** place is the one that is shown now. */
export const place = signal<Place>(placeOf(location.hash));

addEventListener('hashchange', () => {
  place.value = placeOf(location.hash);
});
