import { Notice } from '../ui/parts.tsx';
import { printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import type { Left } from './files.ts';
import { type Gathered, itemsOf, type Remark, type Row } from './gather.ts';
import { words } from './words/index.ts';

/** most is how many rows are shown: those with a remark come first. */
const most = 100;

/** Chosen is the table of what was chosen, with the CID of each. */
export function Chosen(props: { gathered: Gathered }) {
  const w = useWords(words);
  const { rows, left, problems } = props.gathered;
  const ordered = [...rows.filter((row) => row.remark), ...rows.filter((row) => !row.remark)];
  const out = (Object.keys(left) as Left[]).map((why) => `${left[why]} ${w.left[why]}`);
  return (
    <>
      {problems.map((p) => (
        <Notice key={p.name} tone="bad" live="alert">
          <p>
            <bdi>{printable(p.name)}</bdi>, {w.line(p.line)}: {w.listProblem[p.problem]}
          </p>
        </Notice>
      ))}
      {rows.length > 0 && (
        <>
          <div role="status">
            <h3>{w.credentials(itemsOf(props.gathered).length)}</h3>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
          <section class="scroll" tabIndex={0} aria-label={w.chooseTitle}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{w.name}</th>
                  <th scope="col">{w.cid}</th>
                </tr>
              </thead>
              <tbody>
                {ordered.slice(0, most).map((row) => (
                  <ChosenRow key={row.name} row={row} />
                ))}
              </tbody>
            </table>
          </section>
          {rows.length > most && <p class="quiet">{w.more(rows.length - most)}</p>}
        </>
      )}
      {out.length > 0 && <p class="quiet">{w.leftOut(out.join(', '))}</p>}
    </>
  );
}

function ChosenRow(props: { row: Row }) {
  const w = useWords(words);
  const { name, cid, remark } = props.row;
  return (
    <tr>
      <td class="long">
        <bdi>{printable(name)}</bdi>
        {remark && <div class="remark">{printable(remarkText(w, remark))}</div>}
      </td>
      <td class="long">
        <code class="ltr small">{cid ?? '–'}</code>
      </td>
    </tr>
  );
}

function remarkText(w: (typeof words)['en'], remark: Remark): string {
  switch (remark.kind) {
    case 'table':
      return w.remarkTable;
    case 'zip':
      return w.remarkZip;
    case 'twice':
      return w.remarkTwice(remark.about);
    case 'unreadable':
      return w.remarkUnreadable;
    case 'had':
      return w.remarkHad;
    case 'other':
      return w.remarkOther;
    case 'links':
      return w.remarkLinks;
    case 'unread':
      return `${w.remarkUnread} ${remark.about}`;
    case 'refused':
      return `${w.remarkRefused} ${remark.about}`;
  }
}
