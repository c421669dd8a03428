import { fail } from './fault.ts';
import type { Listed } from './statuslist.ts';

/** Info is what a node says of itself, as far as the desk needs it. */
export interface Info {
  homes: string[];
  open: boolean;
  maxLeaves: number;
  maxStatusItems: number;
}

/** States of a submission, in their order. */
export const states = ['accepted', 'batched', 'broadcast', 'mined', 'final'] as const;

export type State = (typeof states)[number];

/** Status is how far a submission has come. */
export interface Status {
  id: string;
  state: State;
  transaction?: string;
  block?: number;
}

/** IssuerStatus is what a node says of an issuer in a registry: the list, and what the chain records of it. */
export interface IssuerStatus {
  issuer: string;
  home: string;
  /** time is that of the newest block, Unix seconds. */
  time: number;
  version: number;
  root: string;
  updatedAt: number;
  retiredFrom: number;
  controller: string;
  /** known says whether the node has the list behind root. */
  known: boolean;
  items?: Listed[];
  pending?: {
    kind: string;
    version?: number;
    root?: string;
    state: State | 'failed';
    reason?: string;
    transaction?: string;
  };
}

/** StatusUpdate is a new list with the signature of who speaks for the issuer. */
export interface StatusUpdate {
  home: string;
  version: number;
  items: Listed[];
  root: string;
  list: string;
  deadline: number;
  signature: string;
}

/** tries is how often the desk asks again, where a node says when it may. */
const tries = 5;

/** longestWait is how long it waits for that, in seconds: who is to come again tomorrow is told so. */
const longestWait = 30;

/**
 * ask sends a request to the node that served this page and returns its answer. Of a node that cannot be reached, is busy
 * or refuses there is a Fault. What it says then is English and one sentence.
 */
async function ask(path: string, init: RequestInit = {}, takes: number[] = [200]): Promise<Response> {
  for (let i = 1; ; i++) {
    let answer: Response;
    try {
      answer = await fetch(path, { ...init, signal: AbortSignal.timeout(120_000) });
    } catch {
      return fail('nodeDown', location.host);
    }
    if (takes.includes(answer.status)) {
      return answer;
    }
    const detail = await problemOf(answer);
    const wait = Number(answer.headers.get('Retry-After') ?? 0);
    switch (answer.status) {
      case 429:
      case 503:
      case 507:
        if (wait === 0 || wait > longestWait || i === tries) {
          return fail('nodeBusy', detail);
        }
        await sleep(wait * 1000);
        continue;
      case 408:
        return fail('nodeDown', detail);
      case 409:
        return fail('overtaken', detail);
    }
    return fail(answer.status < 500 ? 'nodeRefused' : 'nodeFailed', detail);
  }
}

/** sleep waits, in milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

async function problemOf(answer: Response): Promise<string> {
  try {
    const body: unknown = JSON.parse((await answer.text()).slice(0, 4096));
    if (typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string') {
      return body.detail;
    }
  } catch {
    // Something between here and the node answered.
  }
  return `HTTP ${answer.status}`;
}

async function json<T>(answer: Promise<Response>): Promise<T> {
  try {
    return (await (await answer).json()) as T;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return fail('nodeFailed');
    }
    throw error;
  }
}

export function info(): Promise<Info> {
  return json(ask('/v1/info'));
}

/** submit gives the node a submission. The same one again changes nothing. */
export function submit(body: Uint8Array<ArrayBuffer>): Promise<Status> {
  const headers = { 'Content-Type': 'application/vnd.hallmark.submission' };
  return json(ask('/v1/submissions', { method: 'POST', headers, body }, [200, 202]));
}

/** submission asks how far one has come; undefined if the node does not know it. */
export async function submission(id: string): Promise<Status | undefined> {
  const answer = await ask(`/v1/submissions/${id}`, {}, [200, 404]);
  return answer.status === 404 ? undefined : json(Promise.resolve(answer));
}

/** proof asks for what a node has of the proof of a leaf, as it answers; undefined if it is not final yet. */
export async function proof(leaf: string, id: string): Promise<Uint8Array | undefined> {
  const answer = await ask(`/v1/proofs/${leaf}?submission=${id}`, {}, [200, 202]);
  return answer.status === 202 ? undefined : new Uint8Array(await answer.arrayBuffer());
}

export function issuerStatus(issuer: string, home: string): Promise<IssuerStatus> {
  return json(ask(`/v1/issuers/${issuer}/status?home=${encodeURIComponent(home)}`, { cache: 'no-store' }));
}

/** setStatus gives the node a new list, which it sends and pays for. */
export async function setStatus(issuer: string, update: StatusUpdate): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  await ask(`/v1/issuers/${issuer}/status`, { method: 'PUT', headers, body: JSON.stringify(update) }, [200, 202]);
}

/** pollEvery is how often a node is asked where it sends no events, in milliseconds. */
const pollEvery = 3000;

/**
 * follow tells each state of a submission until it is final or the signal ends it. It listens to the node's events, and
 * where there are none it asks now and then. What cannot be reached is asked again, and told of by lost.
 */
export async function follow(
  id: string,
  changed: (s: Status) => void,
  lost: () => void,
  signal: AbortSignal,
): Promise<void> {
  let final = false;
  const told = (s: Status) => {
    final ||= s.state === 'final';
    changed(s);
  };
  while (!final && !signal.aborted) {
    await events(id, told, signal);
    if (final || signal.aborted) {
      return;
    }
    try {
      const now = await submission(id);
      if (now) {
        told(now);
      }
    } catch {
      lost();
    }
    if (!final) {
      await sleep(pollEvery);
    }
  }
}

/** events listens to the node's events until they end. */
function events(id: string, changed: (s: Status) => void, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const source = new EventSource(`/v1/submissions/${id}/events`);
    const end = () => {
      source.close();
      signal.removeEventListener('abort', end);
      done();
    };
    signal.addEventListener('abort', end);
    source.addEventListener('error', end); // also at the end of the stream
    source.addEventListener('state', (event) => {
      try {
        const now = JSON.parse(String(event.data)) as Status;
        changed(now);
        if (now.state === 'final') {
          end();
        }
      } catch {
        end();
      }
    });
  });
}
