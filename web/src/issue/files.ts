import { proofSuffix } from './proof.ts';

/** A Chosen file has the path under which it was chosen, with slashes. */
export interface Chosen {
  name: string;
  file: File;
}

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
export function leftOut(chosen: Chosen): Left | undefined {
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
  return chosen.file.size > mostBytes ? 'tooLarge' : undefined;
}

/** ofInput are the files of an input, with their paths where a folder was chosen. */
export function ofInput(list: FileList): Chosen[] {
  return [...list].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
}

/** ofDrop are the files that were dropped, and those in folders and below. It must be called before the event ends. */
export async function ofDrop(data: DataTransfer): Promise<Chosen[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const chosen: Chosen[] = [];
  for (const entry of entries) {
    await walk(entry, chosen);
  }
  return chosen;
}

async function walk(entry: FileSystemEntry, chosen: Chosen[]): Promise<void> {
  const name = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    chosen.push({ name, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) {
      return;
    }
    for (const one of some) {
      await walk(one, chosen);
    }
  }
}
