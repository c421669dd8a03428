import type { Dropped } from '../ui/drop.tsx';
import { concat } from './bytes.ts';
import { proofSuffix } from './proof.ts';

/** Why a file is left out, as by hallmark submit. */
export type Left = 'hidden' | 'system' | 'proof' | 'twice' | 'tooLarge';

/** mostBytes is how large a file may be that is hashed here: it is held in memory. */
export const mostBytes = 256 << 20;

/** system are files that operating systems leave in folders, in lower case. */
const system = new Set([
  ...['thumbs.db', 'ehthumbs.db', 'ehthumbs_vista.db', 'desktop.ini', '$recycle.bin', 'system volume information'],
  ...['.ds_store', '__macosx', 'icon\r', '.localized', '.apdisk', '.applesingle', '.appledouble', '.spotlight-v100'],
  ...['.trashes', '.fseventsd', '.temporaryitems', '.documentrevisions-v100'],
  ...['.directory', 'lost+found', '@eadir', '#recycle'],
]);

function isSystem(part: string): boolean {
  const lower = part.toLowerCase();
  return system.has(lower) || /^(\._.|~\$.|\.~lock\..*#$|\.trash-|\.nfs|\.fuse_hidden)/i.test(part);
}

/** leftOut says why a file is not taken; undefined if it is. */
export function leftOut(chosen: Dropped): Left | undefined {
  const parts = chosen.name.split('/');
  if (parts.some(isSystem)) {
    return 'system';
  }
  // A file that was named itself is taken, hidden or not.
  if (parts.length > 1 && parts.some((part) => part.startsWith('.'))) {
    return 'hidden';
  }
  if (chosen.name.endsWith(proofSuffix) || chosen.name.endsWith('.proofs')) {
    return 'proof';
  }
  return undefined;
}

/**
 * read reads a file; undefined if it cannot be read, as one that was changed since it was chosen. Its size is not asked
 * for: a browser stands still while it looks at the disk for that.
 */
export async function read(file: File): Promise<Uint8Array<ArrayBuffer> | 'tooLarge' | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    const reader = file.stream().getReader();
    for (let some = await reader.read(); !some.done; some = await reader.read()) {
      parts.push(some.value);
      bytes += some.value.length;
      if (bytes > mostBytes) {
        await reader.cancel();
        return 'tooLarge';
      }
    }
  } catch {
    return undefined;
  }
  return concat(...parts);
}
