import { useEffect, useState } from 'preact/hooks';
import { useFormat } from '../node/format.ts';
import { Hash } from '../node/hash.tsx';
import { states, stateTone } from '../node/states.ts';
import { chainName, NodeError, type Submission } from '../node/wire.ts';
import { words as shared } from '../node/words.ts';
import { Button, Tag } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import { submissionsAt } from './load.ts';
import { Trouble } from './trouble.tsx';
import { words } from './words.ts';

/** Submissions are those of a batch or an issuer, a page at a time. */
export function Submissions(props: { path: string; cursor: 'after' | 'before'; showIssuer: boolean }) {
  const say = useWords(words);
  const format = useFormat();
  const [list, setList] = useState<Submission[]>([]);
  const [next, setNext] = useState<number>();
  const [state, setState] = useState<'busy' | 'done' | NodeError>('busy');
  const [from, setFrom] = useState<{ at: number | undefined }>({ at: undefined }); // a new object asks again
  const { path, cursor } = props;
  useEffect(() => {
    const given = new AbortController();
    setState('busy');
    submissionsAt(path, from.at === undefined ? '' : `&${cursor}=${from.at}`, given.signal).then(
      (page) => {
        setList((before) => (from.at === undefined ? page.submissions : [...before, ...page.submissions]));
        setNext(page.next);
        setState('done');
      },
      (error) =>
        !given.signal.aborted && setState(error instanceof NodeError ? error : new NodeError(0, String(error))),
    );
    return () => given.abort();
  }, [path, cursor, from]);
  return (
    <div>
      <h3>{say.list}</h3>
      {list.length > 0 && <SubmissionTable list={list} showIssuer={props.showIssuer} />}
      {state instanceof NodeError && <Trouble error={state} again={() => setFrom({ at: from.at })} />}
      <p role="status">
        {state === 'busy' && say.loading}
        {state === 'done' && list.length === 0 && say.noSubmissions}{' '}
        {state === 'done' && next !== undefined && cursor === 'before' && say.searched(format.count(next))}
      </p>
      {state === 'done' && next !== undefined && (
        <Button onClick={() => setFrom({ at: next })}>{cursor === 'after' ? say.more : say.further}</Button>
      )}
    </div>
  );
}

function SubmissionTable(props: { list: Submission[]; showIssuer: boolean }) {
  const say = useWords(words);
  const also = useWords(shared);
  const state = useWords(states);
  const format = useFormat();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroll" tabIndex={0} aria-label={say.list} data-list="submissions">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              {also.number}
            </th>
            <th scope="col">{say.submission}</th>
            {props.showIssuer ? <th scope="col">{say.issuer}</th> : <th scope="col">{say.inBatch}</th>}
            <th scope="col">{also.state}</th>
            <th scope="col" class="number">
              {also.credentials}
            </th>
            <th scope="col">{say.accepted}</th>
            <th scope="col">{say.chain}</th>
          </tr>
        </thead>
        <tbody>
          {props.list.map((s) => (
            <tr key={s.id}>
              <td class="number">{format.count(s.number)}</td>
              <td>
                <Hash text={s.id} of={say.submission} href={`#${s.id}`} />
              </td>
              <td>
                {props.showIssuer && <Hash text={s.issuer} of={say.issuer} href={`#${s.issuer}`} />}
                {!props.showIssuer &&
                  (s.batch ? <Hash text={s.batch} of={say.inBatch} href={`#${s.batch}`} /> : say.waits)}
              </td>
              <td>
                <Tag tone={stateTone(s.state)}>{state[s.state]}</Tag>
              </td>
              <td class="number">{format.count(s.count)}</td>
              <td>{format.time(s.acceptedAt)}</td>
              <td>{chainName(s.home)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
