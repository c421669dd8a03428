import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './parts.tsx';
import { shared } from './shared.ts';
import { useWords } from './words.ts';

/** Dropped is a file with its place in the folder that was dropped or chosen. */
export interface Dropped {
  name: string; // such as "class/anna.json"
  file: File;
}

/**
 * FileDrop takes files and folders that are dropped anywhere on the page, or chosen. Children are further ways, shown
 * beside the buttons.
 */
export function FileDrop(props: {
  onFiles: (files: Dropped[]) => void;
  folders?: boolean;
  children?: ComponentChildren;
}) {
  const words = useWords(shared);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = useRef(props.onFiles);
  take.current = props.onFiles;

  useEffect(() => {
    // The whole page takes them: a file that misses the area must not replace the page.
    const drag = (e: DragEvent) => {
      e.preventDefault();
      setOver(e.type !== 'dragleave' || e.relatedTarget !== null);
    };
    const drop = (e: DragEvent) => {
      e.preventDefault();
      setOver(false);
      if (e.dataTransfer) {
        void droppedFiles(e.dataTransfer).then((all) => all.length > 0 && take.current(all));
      }
    };
    document.addEventListener('dragover', drag);
    document.addEventListener('dragleave', drag);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', drag);
      document.removeEventListener('dragleave', drag);
      document.removeEventListener('drop', drop);
    };
  }, []);

  const chosen = (input: HTMLInputElement) => {
    const all = [...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
    input.value = ''; // so that the same one can be chosen again
    if (all.length > 0) {
      props.onFiles(all);
    }
  };
  return (
    <div class={over ? 'drop over' : 'drop'}>
      <p>{words.drop}</p>
      <div class="row">
        <Button kind="main-action" onClick={() => files.current?.click()}>
          {words.pickFiles}
        </Button>
        {props.folders && <Button onClick={() => folder.current?.click()}>{words.pickFolder}</Button>}
        {props.children}
      </div>
      <input ref={files} type="file" multiple hidden onChange={(e) => chosen(e.currentTarget)} data-pick="files" />
      <input
        ref={folder}
        type="file"
        hidden
        onChange={(e) => chosen(e.currentTarget)}
        data-pick="folder"
        {...{ webkitdirectory: true }}
      />
    </div>
  );
}

/** droppedFiles are all files of a drop or a paste, those in folders included, in no certain order. */
export async function droppedFiles(data: DataTransfer): Promise<Dropped[]> {
  // Entries have to be taken before anything is awaited: the list is empty afterwards.
  const entries: FileSystemEntry[] = [];
  const single: Dropped[] = [];
  for (const item of data.items) {
    const entry = item.kind === 'file' ? item.webkitGetAsEntry() : null;
    const file = item.kind === 'file' ? item.getAsFile() : null;
    if (entry) {
      entries.push(entry);
    } else if (file) {
      single.push({ name: file.name, file });
    }
  }
  return [...single, ...(await Promise.all(entries.map(under))).flat()];
}

async function under(entry: FileSystemEntry): Promise<Dropped[]> {
  if (isFile(entry)) {
    const file = await new Promise<File | undefined>((done) => entry.file(done, () => done(undefined)));
    return file ? [{ name: entry.fullPath.replace(/^\//, ''), file }] : [];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: Dropped[] = [];
  for (;;) {
    // A browser gives a hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((done) => reader.readEntries(done, () => done([])));
    if (some.length === 0) {
      return all;
    }
    all.push(...(await Promise.all(some.map(under))).flat());
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
