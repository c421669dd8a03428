import { chainName } from '../node/wire.ts';
import { CopyButton, Notice } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import { faults } from './faults.ts';
import type { Fault } from './health.ts';
import { words } from './words.ts';

/** FaultList is what is wrong, with what to do; or that nothing is. */
export function FaultList(props: { faults: Fault[]; several: boolean }) {
  const say = useWords(words);
  const holds = props.faults.some((f) => f.holds);
  return (
    <section class="faults stack" aria-label={say.title} aria-live="polite">
      {!holds && (
        <Notice tone="good">
          <h2>{say.well}</h2>
          <p>{say.wellText}</p>
        </Notice>
      )}
      {props.faults.map((fault) => (
        <FaultNotice key={`${fault.code} ${fault.home} ${fault.text}`} fault={fault} several={props.several} />
      ))}
    </section>
  );
}

function FaultNotice(props: { fault: Fault; several: boolean }) {
  const say = useWords(words);
  const known = useWords(faults);
  const { code, holds, home, account, text, remedy } = props.fault;
  const [wrong, help] = (Object.hasOwn(known, code) && known[code]) || [text, remedy];
  return (
    <Notice tone={holds ? 'bad' : 'unsure'}>
      <div data-fault={code}>
        <h2>
          {wrong}
          {props.several && home && ` ${say.on(chainName(home))}`}
        </h2>
        <p>{help}</p>
        {account && (
          <p class="row">
            <code class="ltr">{account}</code>
            <CopyButton text={account} of={say.account} />
          </p>
        )}
        {wrong !== text && (
          <p class="small">
            {say.nodeSays}:{' '}
            <bdi lang="en" dir="ltr">
              {text}
            </bdi>
          </p>
        )}
      </div>
    </Notice>
  );
}
