import type { NamedFile } from '../engine/types.ts';

/** Sort is what a file is to the page. Most are for the engine; these the page deals with itself. */
export type Sort = 'trust' | 'hops' | 'served' | 'other';

const utf8 = new TextDecoder();
const hopsMark = 'hallhop\x01';

/** sortOf tells a trust list, a file of hops, and what a node serves of a proof, from everything else. */
export function sortOf(file: NamedFile): Sort {
  if (utf8.decode(file.bytes.subarray(0, hopsMark.length)) === hopsMark) {
    return 'hops';
  }
  const object = smallObject(file.bytes);
  if (object && 'hallmarkTrust' in object) {
    return 'trust';
  }
  return object && 'submissionId' in object && !('hallmark' in object) ? 'served' : 'other';
}

// Neither is large; more is not parsed on the thread that draws.
const largest = 16 << 20;

function smallObject(bytes: Uint8Array): object | undefined {
  if (bytes.length > largest) {
    return undefined;
  }
  const text = utf8.decode(bytes.subarray(0, 65536));
  if (
    !/^\s*\{/.test(text) ||
    !/"(hallmarkTrust|submissionId)"/.test(bytes.length > 65536 ? utf8.decode(bytes) : text)
  ) {
    return undefined;
  }
  try {
    return JSON.parse(utf8.decode(bytes)) as object;
  } catch {
    return undefined;
  }
}

/** pasted makes a file of a text. */
export function pasted(text: string): NamedFile {
  const begin = text.trimStart();
  const ending = begin.startsWith('{') || begin.startsWith('[') ? 'json' : begin.startsWith('<') ? 'xml' : 'txt';
  return { name: `pasted.${ending}`, bytes: new TextEncoder().encode(text) };
}

/** isPicture tells by its name whether a code may be in a file. */
export function isPicture(name: string): boolean {
  return /\.(png|jpe?g|webp|gif|bmp|avif|heic)$/i.test(name);
}
