import { useEffect, useState } from 'preact/hooks';
import { Button, Card, Facts, Field, Notice, Tag } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { account } from './account.tsx';
import { parseAddress } from './address.ts';
import { onItsWay, type Standing, standing } from './change.ts';
import { ChangeCard } from './changecard.tsx';
import { fail } from './fault.ts';
import { info } from './node.ts';
import { revoked, suspended } from './statuslist.ts';
import { when } from './when.ts';
import { words } from './words/index.ts';
import { Problem, useWork } from './work.tsx';

/** most is how many entries of a list are shown. */
const most = 100;

/** StatusPart shows what an issuer says of its credentials, and changes it. names knows files by their leaves. */
export function StatusPart(props: { names: Map<string, string> }) {
  const w = useWords(words);
  const by = useSignal(account);
  const work = useWork();
  const [issuer, setIssuer] = useState('');
  const [homes, setHomes] = useState<string[]>([]);
  const [home, setHome] = useState('');
  const [now, setNow] = useState<Standing>();

  const show = (who: string, where: string) =>
    work.run(async () => {
      setNow(undefined);
      let registry = where;
      if (homes.length === 0) {
        const all = (await info()).homes;
        setHomes(all);
        registry ||= all[0] ?? fail('noHome');
      }
      setHome(registry);
      setNow(await standing(parseAddress(who) ?? fail('notAddress', who), registry));
    });
  useEffect(() => {
    if (by) {
      setIssuer((before) => before || by.address);
    }
  }, [by]);

  return (
    <>
      <Card class="stack">
        <h2>{w.tabStatus}</h2>
        <p>{w.statusLead}</p>
        <Field
          label={w.statusIssuer}
          input={(ids) => (
            <input
              {...ids}
              class="ltr"
              value={issuer}
              placeholder="0x…"
              autocomplete="off"
              spellcheck={false}
              onInput={(e) => setIssuer(e.currentTarget.value)}
            />
          )}
        />
        {homes.length > 1 && (
          <Field
            label={w.registry}
            input={(ids) => (
              <select {...ids} value={home} onChange={(e) => setHome(e.currentTarget.value)}>
                {homes.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
          />
        )}
        <p>
          <Button kind="main-action" disabled={work.busy} onClick={() => void show(issuer, home)}>
            {w.statusShow}
          </Button>
        </p>
        <Problem fault={work.fault} />
        {now && <StandingView now={now} names={props.names} />}
      </Card>
      <ChangeCard
        shown={now?.status}
        onChanged={(who, where) => {
          setIssuer(who);
          void show(who, where);
        }}
      />
    </>
  );
}

function StandingView(props: { now: Standing; names: Map<string, string> }) {
  const w = useWords(words);
  const { status, items } = props.now;
  return (
    <>
      <div role="status">
        <h3>{w.statusVersion(status.version)}</h3>
      </div>
      <Facts
        of={[
          [w.statusSince, status.version > 0 && when(status.updatedAt)],
          [w.controller, <code class="ltr">{status.controller}</code>],
          [w.registry, <code class="ltr">{status.home}</code>],
        ]}
      />
      {status.retiredFrom !== 0 && <Notice tone="bad">{w.retired(when(status.retiredFrom))}</Notice>}
      {onItsWay(status) && <Notice tone="unsure">{w.onItsWay}</Notice>}
      {items.length === 0 && status.version > 0 && <p>{w.statusEmpty}</p>}
      {items.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <section class="scroll" tabIndex={0} aria-label={w.tabStatus}>
          <table>
            <thead>
              <tr>
                <th scope="col">{w.entry}</th>
                <th scope="col">{w.says}</th>
              </tr>
            </thead>
            <tbody>
              {items.slice(0, most).map((item) => (
                <tr key={item.id}>
                  <td class="long">
                    {props.names.has(item.id) && <bdi>{printable(props.names.get(item.id) ?? '')} </bdi>}
                    <code class="ltr small">{item.id}</code>
                  </td>
                  <td>
                    <Tag tone={item.code === revoked ? 'bad' : item.code === suspended ? 'unsure' : undefined}>
                      {w.codes[item.code] ?? w.codeOther}
                    </Tag>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {items.length > most && <p class="quiet">{w.more(items.length - most)}</p>}
    </>
  );
}
