import type { NamedFile } from '../engine/types.ts';

/** Badge is one of the portfolio. What it says of itself is a claim until the verifier has read it. */
export interface Badge {
  /** The path that it had in the learner's folder. */
  file: string;
  title: string;
  issuer?: string;
  /** The address of a page about it. */
  url?: string;
  /** In base64. */
  document: string;
  proof: string;
}

/** Content is what whoever made the portfolio put into the page. */
export interface Content {
  /** The date, as that person's computer had it. */
  made: string;
  badges: Badge[];
}

/** content reads it from the page; nothing if the page has none, as it is before badges are put in. */
export function content(): Content | undefined {
  const text = document.getElementById('badges')?.textContent;
  return text ? (JSON.parse(text) as Content) : undefined;
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64);
  const bytes = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) {
    bytes[i] = plain.charCodeAt(i);
  }
  return bytes;
}

/** filesOf are a badge and its proof, as they lie in a folder. */
export function filesOf(b: Badge): NamedFile[] {
  return [
    { name: b.file, bytes: bytesOf(b.document) },
    { name: `${b.file}.proof.json`, bytes: bytesOf(b.proof) },
  ];
}

const kinds: [string, (b: Uint8Array) => boolean][] = [
  ['image/png', (b) => b[0] === 0x89 && b[1] === 0x50 && b[2] === 0x4e && b[3] === 0x47],
  ['image/jpeg', (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff],
];

const inside = /"data:(image\\?\/(?:png|jpeg|svg\+xml));base64,([A-Za-z0-9+/=\\]+)"/g;

/**
 * pictureOf returns the picture that a badge is or brings along, if there is exactly one. A link is never followed. It is
 * shown in an `<img>` only, where an SVG runs no scripts and loads nothing.
 */
export function pictureOf(b: Badge): Blob | undefined {
  const bytes = bytesOf(b.document);
  const kind = kinds.find(([, is]) => is(bytes));
  if (kind) {
    return new Blob([bytes], { type: kind[0] });
  }
  const text = new TextDecoder().decode(bytes);
  if (/^\uFEFF?\s*<(?:\?xml|svg|!--|!DOCTYPE svg)/i.test(text)) {
    return new Blob([bytes], { type: 'image/svg+xml' });
  }
  const found = [...text.matchAll(inside)];
  const [, type, data] = found[0] ?? [];
  if (found.length !== 1 || type === undefined || data === undefined) {
    return undefined;
  }
  try {
    return new Blob([bytesOf(data.replaceAll('\\', ''))], { type: type.replace('\\', '') });
  } catch {
    return undefined;
  }
}
