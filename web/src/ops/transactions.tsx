import { useFormat } from '../node/format.ts';
import { Hash } from '../node/hash.tsx';
import { states, stateTone } from '../node/states.ts';
import { Tag } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import type { Transaction } from './health.ts';
import { useClock } from './now.ts';
import { words } from './words.ts';

/** Transactions are those on their way, or the newest that came to an end. */
export function Transactions(props: { title: string; list: Transaction[]; more: number; name: string }) {
  const say = useWords(words);
  const format = useFormat();
  return (
    <div>
      <h3>{props.title}</h3>
      {props.list.length === 0 ? (
        <p class="quiet">{say.none}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label={props.title} data-list={props.name}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say.what}</th>
                <th scope="col">{say.state}</th>
                <th scope="col" class="number">
                  {say.since}
                </th>
                <th scope="col" class="number">
                  {say.nonce}
                </th>
                <th scope="col" class="number">
                  {say.fees}
                </th>
                <th scope="col" class="number">
                  {say.paid}
                </th>
                <th scope="col" class="number">
                  {say.block}
                </th>
                <th scope="col">{say.transaction}</th>
              </tr>
            </thead>
            <tbody>
              {props.list.map((t) => (
                <Row key={`${t.kind} ${t.subject} ${t.nonce}`} of={t} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {props.more > 0 && <p class="quiet">{say.more(format.count(props.more))}</p>}
    </div>
  );
}

const kinds = ['anchor', 'status', 'retire', 'controller'] as const;

function Row(props: { of: Transaction }) {
  const say = useWords(words);
  const state = useWords(states);
  const format = useFormat();
  const clock = useClock();
  const t = props.of;
  const kind = kinds.find((k) => k === t.kind);
  const name = kind ? say[kind] : t.kind;

  return (
    <tr>
      <td>
        {name} <Hash text={t.subject} of={name} href={`/batches#${t.subject}`} />
      </td>
      <td>
        <Tag tone={stateTone(t.state)}>{state[t.state]}</Tag>
        {t.attempts > 1 && <span class="note">{say.replaced(format.count(t.attempts - 1))}</span>}
        {t.reason && (
          <span class="note" lang="en">
            <bdi>{t.reason}</bdi>
          </span>
        )}
      </td>
      <td class="number">{clock.ago(t.since)}</td>
      <td class="number">{t.hash ? t.nonce : ''}</td>
      <td class="number">{t.feeCap ? `≤ ${format.gwei(t.feeCap)}` : ''}</td>
      <td class="number">{t.paid ? format.ether(t.paid) : ''}</td>
      <td class="number">{t.block === undefined ? '' : format.count(t.block)}</td>
      <td>{t.hash && <Hash text={t.hash} of={say.transaction} />}</td>
    </tr>
  );
}
