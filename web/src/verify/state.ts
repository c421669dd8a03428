import { EngineError, engine, type NamedFile, type Result } from '../engine/engine.ts';
import type { Dropped } from '../ui/drop.tsx';
import { signal } from '../ui/signal.ts';
import type { Early } from './early.ts';
import { putEvidence } from './newer.ts';
import { hops, settings } from './settings.ts';
import { isPicture, pasted, sortOf } from './sort.ts';

// What the page knows. All of it changes here, and components only show it.

/** Run is how far the page is with what it was given. */
export interface Run {
  phase: 'idle' | 'reading' | 'checking' | 'done';
  stopped?: boolean;
  fault?: { kind: 'memory' | 'failed' | 'settings' | 'file'; detail: string };
}

export const run = signal<Run>({ phase: 'idle' });
export const files = signal<readonly NamedFile[]>([]);
export const results = signal<readonly Result[]>([]);
/** first is a verdict that is known before the verifier is loaded; undefined as soon as that has answered. */
export const first = signal<Early | undefined>(undefined);
/** opened is the place in results of the one that is shown in full; undefined for the list. */
export const opened = signal<number | undefined>(undefined);
/** offered is a trust list that was among the files. It counts only once a person says so. */
export const offered = signal<NamedFile | undefined>(undefined);
/** notice is what else is to be said about the last files. */
export const notice = signal<'hops' | undefined>(undefined);

let current = 0; // the run that may change the state; others are over
let abort = new AbortController(); // of what the engine does for it

/** shown is the result that is shown in full. */
export function shown(): Result | undefined {
  return results.value.length === 1 ? results.value[0] : results.value[opened.value ?? -1];
}

/** asks tells whether the answer that is shown is about what is missing, so that new files belong to it. */
export function asks(result: Result | undefined): 'document' | 'proof' | undefined {
  if (result?.verdict === 'NO PROOF') {
    return 'proof';
  }
  const document = result?.checks?.find((c) => c.check === 'credential');
  return document?.reason === 'document_missing' ? 'document' : undefined;
}

/** take reads files that were dropped or chosen, and has them checked. */
export async function take(all: readonly Dropped[]): Promise<void> {
  const mine = ++current;
  const adding = asks(shown()) !== undefined;
  run.value = { phase: 'reading' };
  const read: NamedFile[] = [];
  for (const { name, file } of all) {
    try {
      read.push({ name, bytes: new Uint8Array(await file.arrayBuffer()) });
    } catch (error) {
      const memory = error instanceof RangeError;
      return fail(mine, memory ? 'memory' : 'file', name);
    }
    if (mine !== current) {
      return;
    }
  }
  await takeRead(read, adding);
}

/** takeText does the same with a text that was pasted or is in a code. */
export async function takeText(text: string): Promise<void> {
  await takeRead([pasted(text)], asks(shown()) !== undefined);
}

async function takeRead(read: readonly NamedFile[], adding: boolean): Promise<void> {
  const kept: NamedFile[] = [];
  notice.value = undefined;
  for (const file of read) {
    switch (sortOf(file)) {
      case 'trust':
        offered.value = file;
        break;
      case 'hops':
        hops.value = [...hops.value, file.bytes];
        notice.value = 'hops';
        break;
      case 'served': {
        const result = shown();
        if (result) {
          return putEvidence(result, file.bytes).then(
            () => undefined,
            (error: unknown) => fail(current, 'failed', said(error)),
          );
        }
        kept.push(file);
        break;
      }
      default:
        kept.push(file);
    }
  }
  if (kept.length > 0) {
    files.value = adding ? merged(files.value, kept) : kept;
  } else if (files.value.length === 0) {
    run.value = { phase: 'idle' };
    return;
  }
  await check();
}

/** put takes files in place of those of the same names and of another one, and checks again. */
export async function put(more: readonly NamedFile[], replacing?: string): Promise<void> {
  files.value = merged(
    files.value.filter((f) => f.name !== replacing),
    more,
  );
  await check();
}

function merged(before: readonly NamedFile[], more: readonly NamedFile[]): NamedFile[] {
  const names = new Set(more.map((f) => f.name));
  return [...before.filter((f) => !names.has(f.name)), ...more];
}

/** check has the engine look at all files, with the settings of now. What it answers is shown as it comes. */
export async function check(): Promise<void> {
  const mine = ++current;
  abort.abort();
  abort = new AbortController();
  run.value = { phase: 'checking' };
  const came: Result[] = [];
  let drawing = false;
  const draw = () => {
    drawing = false;
    if (mine === current) {
      results.value = [...came];
    }
  };
  results.value = [];
  opened.value = undefined;
  first.value = undefined;
  const waiting = setTimeout(() => files.value.length === 2 && void answerFirst(mine), patience); // of a badge with its proof
  try {
    const tell = (result: Result) => {
      clearTimeout(waiting);
      came.push(result);
      if (!drawing && mine === current) {
        drawing = true;
        requestAnimationFrame(draw); // once a frame, however many there are
      }
    };
    await engine.verify(files.value, settings(), tell, abort.signal);
  } catch (error) {
    draw();
    return fail(mine, kindOf(error), said(error));
  } finally {
    clearTimeout(waiting);
  }
  if (mine !== current) {
    return;
  }
  if (await readPictures(came, mine)) {
    return check();
  }
  if (mine === current) {
    draw();
    run.value = { phase: 'done' };
  }
}

/** patience is how long the verifier may take before there is a first answer, in milliseconds: once loaded, it takes less. */
const patience = 100;

// Over a slow link the verifier takes seconds to come, and the second implementation a tenth of one.
async function answerFirst(mine: number): Promise<void> {
  try {
    const { early } = await import('./early.ts');
    if (mine === current && run.value.phase === 'checking' && results.value.length === 0) {
      first.value = early(files.value, settings());
    }
  } catch {
    // It could not be loaded, and the verifier will answer.
  }
}

/** mostPictures bounds how many pictures without a badge are searched for a code. */
const mostPictures = 20;

// A photo or a screenshot of a code is no badge, but the code in it may be a proof.
async function readPictures(came: readonly Result[], mine: number): Promise<boolean> {
  const without = new Set(came.filter((r) => r.verdict === 'NO PROOF' || r.verdict === 'SKIPPED').map((r) => r.file));
  const pictures = files.value.filter((f) => without.has(f.name) && isPicture(f.name)).slice(0, mostPictures);
  if (pictures.length === 0) {
    return false;
  }
  const { codesInPicture } = await import('./qr.ts');
  let found = false;
  for (const picture of pictures) {
    const code = (await codesInPicture(picture.bytes)).find((text) => text.startsWith('HM1:'));
    if (mine !== current) {
      return false;
    }
    if (code) {
      found = true;
      const text = { name: `${picture.name}.txt`, bytes: new TextEncoder().encode(code) };
      files.value = files.value.map((f) => (f === picture ? text : f));
    }
  }
  return found;
}

/** stop ends what is under way; what was answered until then stays. */
export function stop(): void {
  current++;
  abort.abort();
  run.value = results.value.length > 0 ? { phase: 'done', stopped: true } : { phase: 'idle' };
}

/** startOver forgets all files. */
export function startOver(): void {
  current++;
  abort.abort();
  files.value = [];
  results.value = [];
  opened.value = undefined;
  offered.value = undefined;
  notice.value = undefined;
  run.value = { phase: 'idle' };
}

type Kind = NonNullable<Run['fault']>['kind'];

function kindOf(error: unknown): Kind {
  if (error instanceof RangeError || /memory/i.test(said(error))) {
    return 'memory';
  }
  return error instanceof EngineError && error.kind === 'input' ? 'settings' : 'failed';
}

function fail(mine: number, kind: Kind, detail: string): void {
  if (mine === current) {
    run.value = { phase: 'done', fault: { kind, detail } };
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
