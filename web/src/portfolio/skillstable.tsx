import { printable, shortened } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import type { Collected } from './skills.ts';
import { catalogue } from './words.ts';

const shown = (text: string | undefined) => printable(shortened(text ?? '', 300));

/** SkillsTable lists the skills of all badges, and which of these prove them. */
export function SkillsTable(props: { skills: Collected[] }) {
  const words = useWords(catalogue);
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{words.skill}</th>
            <th scope="col">{words.provenBy}</th>
            <th scope="col">{words.statedBy}</th>
          </tr>
        </thead>
        <tbody>
          {props.skills.map((s) => (
            <tr key={s.skill.ids?.[0] ?? s.skill.name}>
              <th scope="row">
                <bdi>{shown(s.skill.name ?? s.skill.ids?.[0])}</bdi>
                <small>{s.skill.ids?.[0] ? <span class="ltr">{shown(s.skill.ids[0])}</span> : words.inWords}</small>
              </th>
              <td>
                <Numbers of={s.proven} />
              </td>
              <td>
                <Numbers of={s.stated} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Numbers(props: { of: number[] }) {
  return (
    <>
      {props.of.map((i, at) => (
        <span key={i}>
          {at > 0 && ', '}
          <a href={`#badge-${i + 1}`}>{i + 1}</a>
        </span>
      ))}
    </>
  );
}
