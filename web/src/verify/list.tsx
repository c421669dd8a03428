import { useState } from 'preact/hooks';
import type { Result } from '../engine/types.ts';
import { language } from '../ui/i18n.ts';
import { Button } from '../ui/parts.tsx';
import { reasons, whyOf } from '../ui/reasons/index.ts';
import { save } from '../ui/save.ts';
import { shared } from '../ui/shared.ts';
import { useSignal } from '../ui/signal.ts';
import { day, printable, shortened } from '../ui/text.ts';
import { VerdictTag } from '../ui/verdict.tsx';
import { useWords } from '../ui/words.ts';
import { issuerOf, reasonOf, recipientOf, titleOf, verdictOf } from './claims.ts';
import { table } from './csv.ts';
import { opened, results } from './state.ts';
import { words } from './words/index.ts';

const page = 250; // rows that are drawn at once
const verdicts = ['VALID', 'INVALID', 'UNKNOWN', 'NO PROOF', 'SKIPPED'] as const;

type Column = 'file' | 'verdict' | 'what' | 'toWhom' | 'issuer' | 'when';

/** List is a table of results, to sort, to filter, and to save. */
export function List() {
  const w = useWords(words);
  const s = useWords(shared);
  const lang = useSignal(language);
  const all = useSignal(results);
  const [only, setOnly] = useState<string>('');
  const [order, setOrder] = useState<{ by: Column; down: boolean } | undefined>();
  const [most, setMost] = useState(page);

  const rows = all.map((result, place) => ({ result, place })).filter(({ result }) => !only || result.verdict === only);
  if (order) {
    const compare = new Intl.Collator(lang, { numeric: true }).compare;
    const sign = order.down ? -1 : 1;
    rows.sort((a, b) => sign * compare(value(a.result, order.by), value(b.result, order.by)) || a.place - b.place);
  }
  const columns: readonly (readonly [Column, string])[] = [
    ['file', w.file],
    ['verdict', w.verdict],
    ['what', w.what],
    ['toWhom', w.toWhom],
    ['issuer', w.issuer],
    ['when', w.when],
  ];
  return (
    <>
      <h1>{w.listTitle(all.length)}</h1>
      <div class="row no-print">
        <label>
          {w.show}{' '}
          <select class="filter" value={only} onChange={(e) => setOnly(e.currentTarget.value)}>
            <option value="">
              {w.all} ({all.length})
            </option>
            {verdicts
              .map((verdict) => [verdict, all.filter((r) => r.verdict === verdict).length] as const)
              .filter(([, n]) => n > 0)
              .map(([verdict, n]) => (
                <option key={verdict} value={verdict}>
                  {s[verdict]} ({n})
                </option>
              ))}
          </select>
        </label>
        <Button onClick={() => save('hallmark.csv', new Blob([table(all)], { type: 'text/csv' }))}>{w.csv}</Button>
        <Button onClick={() => print()}>{w.print}</Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="scroll" aria-label={w.listTitle(all.length)} tabIndex={0}>
        <table class="list">
          <thead>
            <tr>
              {columns.map(([by, name]) => (
                <th
                  key={by}
                  scope="col"
                  aria-sort={order?.by === by ? (order.down ? 'descending' : 'ascending') : 'none'}
                >
                  <button
                    type="button"
                    aria-label={s.sortBy(name)}
                    onClick={() => setOrder({ by, down: order?.by === by && !order.down })}
                  >
                    {name}
                    <span aria-hidden="true">{order?.by === by ? (order.down ? ' ▾' : ' ▴') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map(({ result, place }) => (
              <Row key={place} result={result} place={place} lang={lang} />
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > most && (
        <p>
          <Button onClick={() => setMost(most + 1000)}>{w.more(rows.length - most)}</Button>
        </p>
      )}
    </>
  );
}

function Row(props: { result: Result; place: number; lang: string }) {
  const w = useWords(words);
  const r = useWords(reasons);
  const { result } = props;
  const why = reasonOf(result);
  return (
    <tr>
      <td class="long">
        <button
          type="button"
          class="plain file"
          onClick={() => {
            opened.value = props.place;
          }}
        >
          <bdi>{printable(shortened(result.file, 120))}</bdi>
        </button>
      </td>
      <td>
        <VerdictTag verdict={verdictOf(result)} test={result.test === true} />
        {why && <div class="small quiet why">{whyOf(r, why)[0]}</div>}
      </td>
      <td class="long">
        <bdi>{titleOf(result)}</bdi>
      </td>
      <td class="long whom">
        <bdi>{recipientOf(result, w.hashed)}</bdi>
      </td>
      <td class="long">
        <bdi>{issuerOf(result)}</bdi>
      </td>
      <td class="date">{result.anchoredAt ? day(props.lang, result.anchoredAt, 'medium') : ''}</td>
    </tr>
  );
}

function value(r: Result, by: Column): string {
  switch (by) {
    case 'file':
      return r.file;
    case 'verdict':
      return `${verdicts.indexOf(r.verdict)}${r.reason ?? ''}`;
    case 'what':
      return titleOf(r);
    case 'toWhom':
      return recipientOf(r, '');
    case 'issuer':
      return issuerOf(r);
    case 'when':
      return r.anchoredAt ?? '';
  }
}
