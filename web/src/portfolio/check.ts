import { engine, stopped } from '../engine/engine.ts';
import type { NamedFile, Result, Settings } from '../engine/types.ts';
import { type Badge, filesOf } from './content.ts';

/** Outcome is what the verifier said of a badge: its result, and those of credentials inside it. Nothing if it could not be asked. */
export interface Outcome {
  result?: Result;
  inside: Result[];
}

/** What the verifier is given at once, in badges and in bytes: it reads what they have in common once. */
const most = 50;
const mostBytes = 16 << 20;

/** checkAll checks badges and tells of each as it is done, each in a folder of its own; what it returns ends it. */
export function checkAll(
  badges: readonly Badge[],
  settings: Settings,
  tell: (badge: number, outcome: Outcome) => void,
) {
  const stop = new AbortController();
  const some = async (from: number): Promise<number> => {
    const files: NamedFile[] = [];
    let bytes = 0;
    let to = from;
    for (; to < badges.length && to - from < most && bytes < mostBytes; to++) {
      for (const file of filesOf(badges[to] as Badge)) {
        files.push({ name: `${String(to).padStart(5, '0')}/${file.name}`, bytes: file.bytes });
        bytes += file.bytes.length;
      }
    }
    let last = from; // results come in the order of names, which is that of badges
    let results: Result[] = [];
    const done = (next: number) => {
      for (; last < next; last++) {
        const [result, ...inside] = results;
        tell(last, result ? { result, inside } : { inside });
        results = [];
      }
    };
    try {
      await engine.verify(
        files,
        settings,
        (r) => {
          const [at, name = ''] = split(r.file);
          done(at);
          if (r.verdict !== 'SKIPPED' && !stopped(r)) {
            results.push({ ...r, file: name });
          }
        },
        stop.signal,
      );
    } catch {
      results = []; // half a result is none
    }
    if (!stop.signal.aborted) {
      done(to);
    }
    return to;
  };
  const run = async () => {
    for (let from = 0; from < badges.length && !stop.signal.aborted; ) {
      from = await some(from);
    }
  };
  void run();
  return () => stop.abort();
}

function split(path: string): [number, string] {
  const slash = path.indexOf('/');
  return [Number(path.slice(0, slash)), path.slice(slash + 1)];
}
