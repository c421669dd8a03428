import type { Result } from '../engine/types.ts';
import { served } from '../ui/frame.tsx';
import { language } from '../ui/i18n.ts';
import { Button, Card, Notice } from '../ui/parts.tsx';
import { signal, useSignal } from '../ui/signal.ts';
import { day, printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { getNewer, type Outcome, type Source, sourcesOf } from './newer.ts';
import { words } from './words/index.ts';

/** asking is what came of asking last. It outlives the answer, which is drawn anew with what came. */
const asking = signal<{ outcome: Outcome | 'asking'; host: string; leaf: string | undefined } | undefined>(undefined);

/** Newer offers to fetch newer evidence, and says from where and who learns what. */
export function Newer(props: { result: Result }) {
  const r = props.result;
  const w = useWords(words);
  const lang = useSignal(language);
  const last = useSignal(asking);
  const told = last?.leaf === r.leaf && last?.outcome !== 'late' ? last : undefined;
  const sources = sourcesOf(r);
  if (!r.proof || sources.length === 0) {
    return null;
  }
  const get = (source: Source) => {
    const tell = (outcome: Outcome | 'asking') => {
      asking.value = { outcome, host: source.host, leaf: r.leaf };
    };
    tell('asking');
    getNewer(r, source).then(tell, () => tell('failed'));
  };
  return (
    <Card class="no-print">
      <h2>{w.newerTitle}</h2>
      <p>{r.statusAsOf ? w.newerNote(day(lang, r.statusAsOf)) : w.newerNoDate}</p>
      {sources.map((source) => (
        <div key={source.url} class="source">
          {served ? (
            <Button
              kind={r.verdict === 'UNKNOWN' ? 'main-action' : undefined}
              disabled={told?.outcome === 'asking'}
              onClick={() => get(source)}
            >
              {w.newerFrom(printable(source.host))}
            </Button>
          ) : (
            <>
              <p>{w.newerDrop}</p>
              <a class="button" href={source.url} target="_blank" rel="noreferrer" download={`${r.leaf}.json`}>
                {w.newerLink(printable(source.host))}
              </a>
            </>
          )}
          <p class="quiet small">{w.newerTells(printable(source.host))}</p>
        </div>
      ))}
      {told && told.outcome !== 'asking' && (
        <Notice live="status" tone={told.outcome === 'failed' ? 'unsure' : undefined}>
          {told.outcome === 'none' && w.newerNone(printable(told.host))}
          {told.outcome === 'failed' && w.newerFailed(printable(told.host))}
          {told.outcome === 'got' && w.newerGot(printable(told.host))}
        </Notice>
      )}
    </Card>
  );
}
