import { Zip, ZipDeflate } from 'fflate';
import { pause } from './bytes.ts';
import { Fault, fail } from './fault.ts';

/** A Saved file is one to be written: its path with slashes, and its content. */
export interface Saved {
  name: string;
  text: string;
}

/** zipOf puts files into a zip. */
export async function zipOf(files: AsyncIterable<Saved> | Iterable<Saved>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, data) => {
    if (error) {
      throw error;
    }
    parts.push(data as Uint8Array<ArrayBuffer>);
  });
  let n = 0;
  for await (const file of files) {
    const entry = new ZipDeflate(file.name, { level: 1 });
    zip.add(entry);
    entry.push(new TextEncoder().encode(file.text), true);
    if (++n % 50 === 0) {
      await pause();
    }
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
}

type Picker = (options: { id: string; mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>;

function picker(): Picker | undefined {
  return (window as { showDirectoryPicker?: Picker }).showDirectoryPicker?.bind(window);
}

/** canPickFolder reports whether this browser lets a page write into a folder that the person chooses. */
export function canPickFolder(): boolean {
  return picker() !== undefined;
}

/** pickFolder asks for one; undefined if the person chose none. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await picker()?.({ id: 'hallmark', mode: 'readwrite' });
  } catch (error) {
    return error instanceof DOMException && error.name === 'AbortError' ? undefined : fail('folderDenied');
  }
}

/**
 * writeInto writes files into a folder, each at its path: where the folder is the one that the files were chosen from, beside
 * them. A file that is there already must be what may be replaced.
 */
export async function writeInto(
  folder: FileSystemDirectoryHandle,
  files: AsyncIterable<Saved> | Iterable<Saved>,
  replaces: (old: string, file: Saved) => boolean,
): Promise<void> {
  try {
    for await (const file of files) {
      const parts = file.name.split('/');
      const last = parts.pop() ?? '';
      let at = folder;
      for (const part of parts[0] === folder.name ? parts.slice(1) : parts) {
        at = await at.getDirectoryHandle(part, { create: true });
      }
      const old = await textOf(at, last);
      if (old === file.text) {
        continue;
      }
      if (old !== undefined && !replaces(old, file)) {
        fail('inTheWay', file.name);
      }
      const handle = await at.getFileHandle(last, { create: true });
      const out = await handle.createWritable();
      await out.write(file.text);
      await out.close();
    }
  } catch (error) {
    if (error instanceof Fault) {
      throw error;
    }
    fail('folderDenied');
  }
}

async function textOf(folder: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  try {
    return await (await (await folder.getFileHandle(name)).getFile()).text();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') {
      return undefined;
    }
    throw error;
  }
}
