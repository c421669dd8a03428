import { fail } from './fault.ts';
import type { Kept } from './submission.ts';

// What was signed is kept in this browser until its proofs are saved, so that a tab that was closed goes on where it was.

const name = 'hallmark-desk';
const table = 'submissions';

function open(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: 'id' });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  try {
    const db = await open();
    try {
      return await new Promise<T>((done, failed) => {
        // Strict: it is on the disk, not on its way there.
        const transaction = db.transaction(table, mode, { durability: 'strict' });
        const request = work(transaction.objectStore(table));
        transaction.oncomplete = () => done(request.result);
        transaction.onabort = () => failed(transaction.error);
        transaction.onerror = () => failed(transaction.error);
      });
    } finally {
      db.close();
    }
  } catch {
    return fail('storageFull');
  }
}

/** keep writes a submission, in place of how it was before. The browser is asked not to throw it away for want of space. */
export async function keep(one: Kept): Promise<void> {
  void navigator.storage.persist?.();
  await run('readwrite', (store) => store.put(one));
}

/** kept are all submissions that are kept, the oldest first. */
export async function kept(): Promise<Kept[]> {
  const all = await run<Kept[]>('readonly', (store) => store.getAll());
  return all.sort((a, b) => a.issuedAt - b.issuedAt);
}

/** forget takes one out. */
export async function forget(id: string): Promise<void> {
  await run('readwrite', (store) => store.delete(id));
}
