import { CopyButton } from '../ui/parts.tsx';
import { short } from './wire.ts';

/** Hash is a hash or an address in short, to look at or follow, and to copy as a whole. */
export function Hash(props: { text: string; of: string; href?: string }) {
  const shown = (
    <code class="ltr" title={props.text}>
      {short(props.text)}
    </code>
  );
  return (
    <span class="hash">
      {props.href ? <a href={props.href}>{shown}</a> : shown}
      <CopyButton text={props.text} of={`${props.of} ${short(props.text)}`} />
    </span>
  );
}
