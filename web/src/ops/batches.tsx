import { useEffect, useState } from 'preact/hooks';
import { BatchTable } from '../node/batchtable.tsx';
import { ask, type Batch, type BatchPage } from '../node/wire.ts';
import { useWords } from '../ui/words.ts';
import type { Health } from './health.ts';
import { words } from './words.ts';

const shown = 5;

/** Batches are the newest ones. They are asked for again when the node has counted something new. */
export function Batches(props: { health: Health }) {
  const say = useWords(words);
  const [batches, setBatches] = useState<Batch[]>([]);
  const { health } = props;
  const stages = health.chains.map((c) => c.stages.map((s) => s.batches).join());
  const news = [health.lastDay.batches, health.lastAnchor?.number, health.lastAnchor?.since, ...stages].join(' ');
  useEffect(() => {
    const given = new AbortController();
    const newest = async () => {
      const { newest } = await ask<BatchPage>('/v1/batches?limit=1', given.signal);
      const page = await ask<BatchPage>(
        `/v1/batches?limit=${shown}&after=${Math.max(0, newest - shown)}`,
        given.signal,
      );
      setBatches(page.batches.reverse());
    };
    newest().catch(() => undefined); // the connection to the node says so
    return () => given.abort();
  }, [news]);
  return (
    <div>
      <h2>{say.recentBatches}</h2>
      {batches.length === 0 ? (
        <p class="quiet">{say.none}</p>
      ) : (
        <BatchTable batches={batches} label={say.recentBatches} />
      )}
      <p>
        <a href="/batches">{say.allBatches}</a>
      </p>
    </div>
  );
}
