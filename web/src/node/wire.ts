// What a node answers, as /openapi.json describes it: the members that pages show.

/** State is how far a submission, a batch or a statement has come. */
export type State = 'accepted' | 'batched' | 'broadcast' | 'mined' | 'final' | 'failed';

/** ChainState is how far a batch has come on one chain. */
export interface ChainState {
  home: string; // CAIP-10
  state: State;
  transaction?: string;
  block?: number;
  since: string;
}

/** Batch is a sealed batch. */
export interface Batch {
  number: number;
  root: string;
  manifestCid: string;
  count: number;
  leaves: number;
  state: State;
  sealedAt: string;
  since: string;
  transaction?: string;
  block?: number;
  chains: ChainState[];
}

/** BatchPage is a run of batches, in the order of sealing. */
export interface BatchPage {
  batches: Batch[];
  next?: number;
  newest: number;
}

/** Submission is one without its leaves. */
export interface Submission {
  number: number;
  id: string;
  issuer: string;
  home: string;
  root: string;
  count: number;
  issuedAt: number;
  acceptedAt: string;
  state: State;
  since: string;
  batch?: string;
}

/** SubmissionPage is a run of submissions. There may be more though it is empty. */
export interface SubmissionPage {
  submissions: Submission[];
  next?: number;
}

/** Status is where a submission stands. */
export interface Status {
  id: string;
  state: State;
  batch?: string;
}

/** NodeError is an answer that is none: status is that of HTTP, or 0 if there was no answer. */
export class NodeError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** ask gets what the node says at a path. It throws a [NodeError]. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { headers: { Accept: 'application/json' }, ...(signal ? { signal } : {}) });
  } catch (failed) {
    throw new NodeError(0, String(failed));
  }
  if (!answer.ok) {
    const problem: { detail?: string } = await answer.json().catch(() => ({}));
    throw new NodeError(answer.status, problem.detail ?? answer.statusText);
  }
  try {
    return (await answer.json()) as T;
  } catch (failed) {
    throw new NodeError(0, String(failed));
  }
}

const chains: Record<string, string> = {
  'eip155:1': 'Ethereum',
  'eip155:10': 'OP Mainnet',
  'eip155:100': 'Gnosis',
  'eip155:137': 'Polygon',
  'eip155:8453': 'Base',
  'eip155:42161': 'Arbitrum One',
  'eip155:11155111': 'Sepolia',
  'eip155:560048': 'Hoodi',
};

/** chainName is the name of the chain of a registry that people know it by, or its id. */
export function chainName(home: string): string {
  const id = home.split(':').slice(0, 2).join(':');
  return chains[id] ?? id;
}

/** short is the beginning and the end of a hash or an address. */
export function short(text: string): string {
  return text.length > 18 ? `${text.slice(0, 10)}…${text.slice(-6)}` : text;
}
