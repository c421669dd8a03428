import type { NodeError } from '../node/wire.ts';
import { Button, Notice } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import { words } from './words.ts';

/** Trouble says why there is nothing to show. That a node does not answer says nothing about a credential. */
export function Trouble(props: { error: NodeError; again: () => void }) {
  const say = useWords(words);
  const { status, message } = props.error;
  return (
    <Notice tone="unsure" live="status">
      <p>{status === 404 ? say.notFound : say.away}</p>
      {status !== 404 && status !== 0 && (
        <p class="small">
          {say.nodeSays}: <bdi lang="en">{message}</bdi>
        </p>
      )}
      {status !== 404 && <Button onClick={props.again}>{say.again}</Button>}
    </Notice>
  );
}
