import { Tag } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import { useFormat } from './format.ts';
import { Hash } from './hash.tsx';
import { states, stateTone } from './states.ts';
import type { Batch } from './wire.ts';
import { words } from './words.ts';

/** BatchTable is a list of batches, each a link to what is in it. */
export function BatchTable(props: { batches: Batch[]; label: string }) {
  const say = useWords(words);
  const state = useWords(states);
  const format = useFormat();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroll" tabIndex={0} aria-label={props.label} data-list="batches">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              {say.number}
            </th>
            <th scope="col">{say.root}</th>
            <th scope="col">{say.state}</th>
            <th scope="col">{say.sealed}</th>
            <th scope="col" class="number">
              {say.submissions}
            </th>
            <th scope="col" class="number">
              {say.credentials}
            </th>
            <th scope="col" class="number">
              {say.block}
            </th>
          </tr>
        </thead>
        <tbody>
          {props.batches.map((b) => (
            <tr key={b.root}>
              <td class="number">{format.count(b.number)}</td>
              <td>
                <Hash text={b.root} of={say.root} href={`/batches#${b.root}`} />
              </td>
              <td>
                <Tag tone={stateTone(b.state)}>{state[b.state]}</Tag>
              </td>
              <td>{format.time(b.sealedAt)}</td>
              <td class="number">{format.count(b.count)}</td>
              <td class="number">{format.count(b.leaves)}</td>
              <td class="number">{b.block === undefined ? '' : format.count(b.block)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
