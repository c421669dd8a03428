import { useEffect, useRef, useState } from 'preact/hooks';
import { type Dropped, FileDrop } from '../ui/drop.tsx';
import { Button, Card, Facts, Field, Notice, Progress } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { useWords } from '../ui/words.ts';
import { type Account, account } from './account.tsx';
import { homeText, parseHome } from './address.ts';
import { hex } from './bytes.ts';
import { CommandLine } from './commandline.tsx';
import { fail } from './fault.ts';
import { type Gathered, gather, itemsOf, nothing } from './gather.ts';
import { keep } from './keep.ts';
import { namer } from './names.ts';
import { type Info, info, issuerStatus } from './node.ts';
import { type Draft, dataOf, draft, type Kept, mostCredentials, signed } from './submission.ts';
import { Chosen } from './table.tsx';
import { signData } from './wallet.ts';
import { when } from './when.ts';
import { words } from './words/index.ts';
import { Problem, throttled, useWork } from './work.tsx';

/** Issue chooses credentials and has them signed. What is signed is kept before onSigned is told of it. */
export function Issue(props: { onSigned: (one: Kept) => void }) {
  const w = useWords(words);
  const by = useSignal(account);
  const work = useWork();
  const [gathered, setGathered] = useState(nothing);
  const [progress, setProgress] = useState<[done: number, of: number]>();
  const [node, setNode] = useState<Info>();
  const [home, setHome] = useState('');
  const [ready, setReady] = useState<Draft>();
  const latest = useRef(gathered);
  const queue = useRef(Promise.resolve()); // what is dropped while something is read comes after it
  const items = itemsOf(gathered);
  const show = (next: Gathered) => {
    latest.current = next;
    setGathered(next);
  };

  const ask = () =>
    work.run(async () => {
      const now = await info();
      setNode(now);
      setHome((before) => before || (now.homes[0] ?? ''));
    });
  useEffect(() => void ask(), []);

  const choose = (chosen: Dropped[]) =>
    work.run(async () => {
      setReady(undefined);
      const shown = throttled((done, of) => setProgress([done, of]));
      try {
        show(await gather(latest.current, chosen, namer, shown));
      } finally {
        setProgress(undefined);
      }
    });
  const add = (chosen: Dropped[]) => {
    queue.current = queue.current.then(() => choose(chosen));
  };
  const prepare = (signer: Account) =>
    work.run(async () => {
      const registry = parseHome(home) ?? fail('noHome');
      const most = Math.min(mostCredentials, node?.maxLeaves ?? mostCredentials);
      if (items.length > most) {
        fail('tooMany', String(most));
      }
      if ((await issuerStatus(signer.address, home)).retiredFrom !== 0) {
        fail('keyRetired', signer.address);
      }
      setReady(await draft(signer.address, registry, items));
    });
  const sign = (one: Draft, signer: Account) =>
    work.run(async () => {
      if (signer.address !== one.issuer) {
        fail('accountChanged', one.issuer);
      }
      const kept = signed(one, await signData(signer.wallet, one.issuer, dataOf(one)));
      await keep(kept);
      show(nothing);
      setReady(undefined);
      props.onSigned(kept);
    });

  return (
    <Card class="stack">
      <h2>{w.chooseTitle}</h2>
      <p>{w.chooseLead}</p>
      <FileDrop onFiles={add} folders />
      {progress && <Progress label={w.reading(...progress)} done={progress[0]} of={progress[1]} />}
      <Chosen gathered={gathered} />
      {items.length > 0 && !ready && (
        <>
          {node && node.homes.length > 1 && (
            <Field
              label={w.registry}
              input={(ids) => (
                <select {...ids} value={home} onChange={(e) => setHome(e.currentTarget.value)}>
                  {node.homes.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </select>
              )}
            />
          )}
          {!by && <p>{w.connectFirst}</p>}
          <div class="row">
            {node && by && (
              <Button kind="main-action" disabled={work.busy} onClick={() => void prepare(by)}>
                {w.goOn}
              </Button>
            )}
            {!node && (
              <Button disabled={work.busy} onClick={() => void ask()}>
                {w.tryAgain}
              </Button>
            )}
            <Button disabled={work.busy} onClick={() => show(nothing)}>
              {w.startOver}
            </Button>
          </div>
          <CommandLine rows={gathered.rows} />
        </>
      )}
      {ready && (
        <section class="stack" aria-labelledby="sign">
          <h3 id="sign">{w.signTitle}</h3>
          <p>{w.signLead}</p>
          <Facts
            of={[
              [w.youSign, `Submission: ${w.credentials(ready.entries.length)}`],
              [w.count, ready.entries.length],
              [w.root, <code class="ltr long">{hex(ready.tree.root)}</code>],
              [w.issuedAt, `${when(ready.issuedAt)} (${ready.issuedAt})`],
              [w.issuer, <code class="ltr">{ready.issuer}</code>],
              [w.registry, <code class="ltr">{homeText(ready.home)}</code>],
            ]}
          />
          <div class="row">
            <Button kind="main-action" disabled={work.busy} onClick={() => by && void sign(ready, by)}>
              {w.signDo}
            </Button>
            <Button disabled={work.busy} onClick={() => setReady(undefined)}>
              {w.cancel}
            </Button>
          </div>
          {work.busy && <Notice live="status">{w.signing}</Notice>}
        </section>
      )}
      <Problem fault={work.fault} />
    </Card>
  );
}
