import type { Answer, Question, Source } from './messages.ts';
import { type Engine, EngineError, type NamedFile, type Result, type Summary } from './types.ts';
import wasm from './verifier.wasm?url';

export * from './types.ts';

/** slowest is how long a file may take, in milliseconds: one that takes longer is given up, and the others go on. */
const slowest = 60_000;

/** Of so many files that stop the verifier the last ends the call: each costs the others a new start. */
const mostStops = 5;

/** The worker, once it is started, and whether it has its program. What fails throws both away. */
let running: { readonly worker: Worker; readonly loaded: Promise<void> } | undefined;

/** Calls wait for the one before. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(call: () => Promise<T>): Promise<T> {
  const next = last.then(call, call);
  last = next.catch(() => undefined);
  return next;
}

function start(): { readonly worker: Worker; readonly loaded: Promise<void> } {
  if (running === undefined) {
    const [worker, source] = newWorker();
    const loaded = ask(worker, { call: 'load', source }).then(() => undefined);
    running = { worker, loaded };
    loaded.catch(stop);
  }
  return running;
}

function stop(): void {
  running?.worker.terminate();
  running = undefined;
}

/** newWorker starts the worker from this server or, in the page that is one file, from the page itself. */
function newWorker(): [Worker, Source] {
  const program = document.getElementById('engine-worker')?.textContent;
  const gzip = document.getElementById('engine-wasm')?.textContent;
  if (!program || !gzip) {
    return [new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }), { url: wasm }];
  }
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  return [new Worker(url), { gzip }]; // of a page on the disk no module would be taken
}

/**
 * ask puts a question to a worker that is idle and returns the outcome. It calls told with all that comes before that,
 * and rejects when nothing has come for so long.
 */
function ask(
  worker: Worker,
  question: Question,
  told: (answer: Answer) => void = () => undefined,
  limit = 0,
  signal?: AbortSignal,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let timer = 0;
    const end = () => {
      clearTimeout(timer);
      worker.onmessage = worker.onerror = worker.onmessageerror = null;
      signal?.removeEventListener('abort', aborted);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const aborted = () => fail(signal?.reason);
    const wait = () => {
      clearTimeout(timer);
      if (limit > 0) {
        timer = window.setTimeout(
          () => fail(new EngineError('stopped', `it takes more than ${limit / 1000} s`)),
          limit,
        );
      }
    };
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('done' in data) {
        end();
        resolve(data.done);
      } else if ('error' in data) {
        fail(new EngineError(data.kind, data.error));
      } else {
        wait();
        told(data);
      }
    };
    worker.onmessageerror = () => fail(new EngineError('stopped', 'the verifier has stopped'));
    worker.onerror = (event) => {
      event.preventDefault();
      fail(new EngineError(question.call === 'load' ? 'load' : 'stopped', event.message || 'the verifier has stopped'));
    };
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) {
      aborted();
      return;
    }
    wait();
    worker.postMessage(question);
  });
}

/** once asks in turn; what leaves the worker in doubt ends it. */
async function once(question: Question): Promise<unknown> {
  const { worker, loaded } = start();
  await loaded;
  try {
    return await ask(worker, question, undefined, slowest);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'input') {
      stop();
    }
    throw error;
  }
}

/** engine is the verifier, in one worker for the page. */
export const engine: Engine = {
  async warm() {
    await start().loaded;
    await inTurn(() => once({ call: 'rehearse' })); // after what a person has asked meanwhile
  },

  verify: (files, settings, onResult, signal) =>
    inTurn(async () => {
      const { hops = [], ...rest } = settings;
      let left: readonly NamedFile[] = files;
      const told = new Set<string>(); // names of files that were looked at
      let failed = 0;
      for (;;) {
        let at: string | undefined;
        try {
          const { worker, loaded } = start();
          await loaded;
          const question: Question = { call: 'verify', files: left, settings: JSON.stringify(rest), hops };
          const tell = (answer: Answer) => {
            if ('began' in answer) {
              if (at !== undefined && answer.began !== at) {
                told.add(at);
              }
              at = answer.began;
            } else if ('result' in answer && at !== undefined && !told.has(at)) {
              onResult(JSON.parse(answer.result) as Result);
            }
          };
          const summary = (await ask(worker, question, tell, slowest, signal)) as Summary;
          return failed === 0
            ? summary
            : { ...summary, checked: summary.checked + failed, noProof: summary.noProof + failed };
        } catch (error) {
          const known = error instanceof EngineError;
          if (known && error.kind === 'input') {
            throw error;
          }
          stop();
          if (!known || error.kind === 'load' || at === undefined || ++failed > mostStops) {
            throw error;
          }
          // The file that it stopped at is told of, and the others are looked at without it.
          const bad = at;
          told.add(bad);
          onResult({ file: bad, verdict: 'NO PROOF', error: `${bad}: ${notLookedAt}: ${error.message}` });
          left = left.filter((file) => file.name !== bad);
        }
      }
    }),

  cid: (file) => inTurn(() => once({ call: 'cid', file }) as ReturnType<Engine['cid']>),

  assemble: (proof, files) => inTurn(() => once({ call: 'assemble', proof, files }) as ReturnType<Engine['assemble']>),

  refresh: (proof, served) => inTurn(() => once({ call: 'refresh', proof, served }) as Promise<Uint8Array>),
};

const notLookedAt = 'it could not be looked at';

/** stopped tells whether the verifier gave up on a file, which says nothing about the file. */
export function stopped(r: Result): boolean {
  return r.verdict === 'NO PROOF' && r.error?.includes(notLookedAt) === true;
}
