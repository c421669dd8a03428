import { Button, CopyButton, Fold } from '../ui/parts.tsx';
import { save } from '../ui/save.ts';
import { useWords } from '../ui/words.ts';
import type { Row } from './gather.ts';
import { words } from './words/index.ts';

/** CommandLine hands what was chosen over to hallmark submit, for keys that are in no wallet. */
export function CommandLine(props: { rows: Row[] }) {
  const w = useWords(words);
  const command = `hallmark submit --node ${location.origin} --wait --cids credentials.csv`;
  const list = () => {
    // A formula of a spreadsheet begins like these, and a file may have any name.
    const quoted = (name: string) => `"${(/^[=+\-@\t\r]/.test(name) ? `'${name}` : name).replaceAll('"', '""')}"`;
    const lines = props.rows.flatMap((row) => (row.cid ? [`${row.cid},${quoted(row.name)}`] : []));
    save('credentials.csv', new Blob([`cid,file\r\n${lines.join('\r\n')}\r\n`], { type: 'text/csv' }));
  };
  return (
    <Fold summary={w.cliTitle}>
      <p>{w.cliLead}</p>
      <pre class="ltr">{command}</pre>
      <p class="row">
        <Button onClick={list}>{w.cliList}</Button>
        <CopyButton text={command} of={w.cliTitle} />
      </p>
    </Fold>
  );
}
