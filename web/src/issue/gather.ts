import type { Dropped } from '../ui/drop.tsx';
import { Fault } from './fault.ts';
import { type Left, leftOut, read } from './files.ts';
import { type ListProblem, readList } from './list.ts';
import { proofSuffix } from './proof.ts';
import type { Item } from './submission.ts';

/** A Remark is something to know of a row before it is issued. What it is about is text of others. */
export interface Remark {
  kind: 'zip' | 'table' | 'unreadable' | 'twice' | 'refused' | 'had' | 'other' | 'links' | 'unread';
  about: string;
}

/** A Row is one file or CID that was chosen. Without a CID it is not issued. */
export interface Row {
  name: string;
  cid: string | undefined;
  remark: Remark | undefined;
}

/** Gathered is what was chosen. */
export interface Gathered {
  rows: Row[];
  left: Partial<Record<Left, number>>;
  /** lists that could not be taken. */
  problems: { name: string; problem: ListProblem; line: number }[];
}

export const nothing: Gathered = { rows: [], left: {}, problems: [] };

/** A Named file is one as it is hashed: its CID, and what verifiers will not be able to tell. */
export interface Named {
  cid: string;
  remark?: Remark;
}

/** Namer names the credential in a file. It throws, in words for people, where a file has no CID. */
export type Namer = (name: string, bytes: Uint8Array) => Promise<Named>;

/** atOnce is how many files are read at the same time. */
const atOnce = 4;

/**
 * gather adds what was chosen to what was before, as hallmark submit does with files, folders and lists. Files are read one
 * after the other and not held.
 */
export async function gather(
  before: Gathered,
  chosen: Dropped[],
  namer: Namer,
  progress: (done: number, total: number) => void,
): Promise<Gathered> {
  const { rows, left, problems } = { rows: [...before.rows], left: { ...before.left }, problems: [...before.problems] };
  const leave = (why: Left) => {
    left[why] = (left[why] ?? 0) + 1;
  };
  const names = new Set(rows.map((row) => row.name));
  const proofs = new Map(chosen.filter((c) => c.name.endsWith(proofSuffix)).map((c) => [c.name, c.file]));
  const files: Dropped[] = [];
  for (const one of chosen) {
    const why = names.has(one.name) ? 'twice' : leftOut(one);
    if (why) {
      leave(why);
      continue;
    }
    names.add(one.name);
    files.push(one);
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const taken = new Array<Row[]>(files.length);
  let [next, done] = [0, 0];
  const work = async () => {
    for (let i = next++; i < files.length; i = next++) {
      const one = files[i] as Dropped;
      const bytes = await read(one.file);
      if (bytes === 'tooLarge') {
        leave(bytes);
        taken[i] = [];
        continue;
      }
      const list = bytes && !one.name.includes('/') ? listOf(one.name, bytes) : undefined;
      if (list && 'problem' in list) {
        problems.push({ name: one.name, ...list });
      }
      taken[i] = list ? ('cids' in list ? list.cids.map(plainRow) : []) : [await rowOf(one.name, bytes, namer, proofs)];
      progress(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const first = new Map(rows.map((row) => [row.cid, row.name]));
  for (const row of taken.flat()) {
    const same = row.cid === undefined ? undefined : first.get(row.cid);
    if (same !== undefined && row.name === row.cid) {
      leave('twice');
      continue;
    }
    rows.push(same !== undefined && !row.remark ? { ...row, remark: { kind: 'twice', about: same } } : row);
    first.set(row.cid, same ?? row.name);
  }
  return { rows, left, problems };
}

function plainRow(cid: string): Row {
  return { name: cid, cid, remark: undefined };
}

function listOf(name: string, bytes: Uint8Array) {
  return /\.(csv|tsv|txt)$/i.test(name) ? readList(bytes) : undefined;
}

async function rowOf(
  name: string,
  bytes: Uint8Array | undefined,
  namer: Namer,
  proofs: Map<string, File>,
): Promise<Row> {
  if (!bytes) {
    return { name, cid: undefined, remark: { kind: 'unreadable', about: '' } };
  }
  try {
    const named = await namer(name, bytes);
    const single = /\.(?:(zip)|(?:csv|tsv))$/i.exec(name);
    const whole: Remark | undefined = single ? { kind: single[1] ? 'zip' : 'table', about: '' } : undefined;
    const had = await earlier(proofs.get(name + proofSuffix), named.cid);
    if (had) {
      return { name, cid: undefined, remark: { kind: had, about: '' } };
    }
    return { name, cid: named.cid, remark: named.remark ?? whole };
  } catch (error) {
    if (error instanceof Fault) {
      throw error;
    }
    const about = error instanceof Error ? error.message : String(error);
    return { name, cid: undefined, remark: { kind: 'refused', about } };
  }
}

/** earlier tells whether a proof that lies beside a file is its own. */
async function earlier(proof: File | undefined, cid: string): Promise<'had' | 'other' | undefined> {
  if (!proof) {
    return undefined;
  }
  try {
    const file: unknown = JSON.parse(await proof.text());
    return typeof file === 'object' && file !== null && 'credential' in file && file.credential === cid
      ? 'had'
      : 'other';
  } catch {
    return 'other';
  }
}

/** itemsOf are those that are issued. */
export function itemsOf(gathered: Gathered): Item[] {
  return gathered.rows.flatMap((row) => (row.cid === undefined ? [] : [{ name: row.name, cid: row.cid }]));
}
