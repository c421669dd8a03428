import { useEffect, useState } from 'preact/hooks';
import { ask, type Batch, type BatchPage, NodeError, type Status, type SubmissionPage } from '../node/wire.ts';

/** Loaded is what came of a request: nothing yet, an answer, or an error. */
export type Loaded<T> = { value?: T; error?: NodeError };

/** useLoaded asks for something whenever the key changes; again asks once more. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): [Loaded<T>, again: () => void] {
  const [tries, setTries] = useState(0);
  const [loaded, setLoaded] = useState<Loaded<T> & { key?: string }>({});
  useEffect(() => {
    const given = new AbortController();
    load(given.signal).then(
      (value) => !given.signal.aborted && setLoaded({ key, value }),
      (error) => {
        if (!given.signal.aborted) {
          setLoaded({ key, error: error instanceof NodeError ? error : new NodeError(0, String(error)) });
        }
      },
    );
    return () => given.abort();
  }, [key, tries]);
  return [loaded.key === key ? loaded : {}, () => setTries((n) => n + 1)];
}

const size = 50;

/** batchesTo are the batches up to a number (undefined: the newest), the newest first. */
export async function batchesTo(to: number | undefined, signal: AbortSignal): Promise<BatchPage> {
  const last = to ?? (await ask<BatchPage>('/v1/batches?limit=1', signal)).newest;
  const page = await ask<BatchPage>(`/v1/batches?limit=${size}&after=${Math.max(0, last - size)}`, signal);
  return { ...page, batches: page.batches.filter((b) => b.number <= last).reverse() };
}

/** step is by how many batches one turns over. */
export const step = size;

/** Found is what a hash turned out to be. */
export type Found =
  | { kind: 'batch'; batch: Batch }
  | { kind: 'submission'; status: Status }
  | { kind: 'leaf'; status: Status; issuer: string };

interface LeafProof {
  submissionId: string;
  submission: { issuer: string };
}

/** find looks a hash up as a batch, then as a submission, then as a leaf. It throws a 404 if it is none. */
export async function find(hash: string, signal: AbortSignal): Promise<Found> {
  const missing = (error: unknown) => {
    if (error instanceof NodeError && error.status === 404) {
      return undefined;
    }
    throw error;
  };
  const batch = await ask<Batch>(`/v1/batches/${hash}`, signal).catch(missing);
  if (batch) {
    return { kind: 'batch', batch };
  }
  const status = await ask<Status>(`/v1/submissions/${hash}`, signal).catch(missing);
  if (status) {
    return { kind: 'submission', status };
  }
  const proof = await ask<LeafProof>(`/v1/proofs/${hash}`, signal);
  const of = await ask<Status>(`/v1/submissions/${proof.submissionId}`, signal);
  return { kind: 'leaf', status: of, issuer: proof.submission.issuer };
}

/** submissionsAt asks for a page of submissions at a path, from a number on. */
export function submissionsAt(path: string, from: string, signal: AbortSignal): Promise<SubmissionPage> {
  return ask<SubmissionPage>(`${path}/submissions?limit=100${from}`, signal);
}
