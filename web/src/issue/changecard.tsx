import { useRef, useState } from 'preact/hooks';
import { type Dropped, FileDrop } from '../ui/drop.tsx';
import { Button, Card, Choice, Facts, Field, Notice } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { account } from './account.tsx';
import { hex, unhex } from './bytes.ts';
import { type Change, changeOf, publish, type Standing, settled } from './change.ts';
import { Fault, fail } from './fault.ts';
import { info } from './node.ts';
import { type Proof, proofSuffix, readProof } from './proof.ts';
import { type Listed, revoked, suspended, withReplaced, withStatus } from './statuslist.ts';
import { when } from './when.ts';
import { words } from './words/index.ts';
import { Problem, useWork } from './work.tsx';

/** Verbs are what can be said of credentials. */
const verbs = ['revoke', 'suspend', 'reinstate', 'replace'] as const;
type Verb = (typeof verbs)[number];

const codes: Record<Exclude<Verb, 'replace'>, number> = { revoke: revoked, suspend: suspended, reinstate: 0 };

/** A Wish is what is to be changed and how: credentials by their proofs, all of one issuer and registry, or one leaf. */
interface Wish {
  verb: Verb;
  proofs: Proof[];
  leaf: string;
  whole: boolean;
  next: Proof | undefined;
}

/** Done is what a change came to: a version of the list, or nothing to change. */
type Done = { version: number; at: number } | 'unchanged';

/** ChangeCard makes a new version of an issuer's list, shows what is signed, and publishes it. */
export function ChangeCard(props: {
  shown: { issuer: string; home: string } | undefined; // the issuer of a leaf
  onChanged: (issuer: string, home: string) => void;
}) {
  const w = useWords(words);
  const by = useSignal(account);
  const work = useWork();
  const [wish, setWish] = useState<Wish>({ verb: 'revoke', proofs: [], leaf: '', whole: false, next: undefined });
  const [change, setChange] = useState<Change>();
  const [phase, setPhase] = useState<'waiting' | 'signing' | 'published'>();
  const [done, setDone] = useState<Done>();
  const next = useRef<HTMLInputElement>(null);
  const first = wish.proofs[0];
  const alter = (some: Partial<Wish>) => {
    setWish((before) => ({ ...before, ...some }));
    setChange(undefined);
    setDone(undefined);
  };

  const take = (files: Dropped[]) =>
    work.run(async () => {
      const found = files.length > 1 ? files.filter((f) => f.name.endsWith(proofSuffix)) : files;
      const all = new Map(wish.proofs.map((p) => [hex(p.leaf), p]));
      for (const one of found) {
        const p = readProof(one.name, new Uint8Array(await one.file.arrayBuffer()));
        const before = [...all.values()][0];
        if (before && (before.issuer !== p.issuer || before.home !== p.home)) {
          fail('otherIssuer', p.name);
        }
        all.set(hex(p.leaf), p);
      }
      alter({ proofs: [...all.values()] });
    });
  const takeNext = (file: File | undefined) =>
    work.run(async () => {
      if (file) {
        alter({ next: readProof(file.name, new Uint8Array(await file.arrayBuffer())) });
      }
    });

  const prepare = () =>
    work.run(async () => {
      setPhase(undefined);
      const homes = (await info()).homes;
      const issuer = first?.issuer ?? props.shown?.issuer ?? by?.address ?? fail('walletLocked');
      const home = first?.home ?? props.shown?.home ?? homes[0] ?? fail('noHome');
      if (!homes.includes(home)) {
        fail('homeElsewhere', home);
      }
      const now = await settled(issuer, home, () => setPhase('waiting'));
      setPhase(undefined);
      const items = changed(now, wish);
      if (!items) {
        setDone('unchanged');
        return;
      }
      setChange(await changeOf(now, items));
    });
  const sign = () =>
    work.run(async () => {
      if (!change || !by) {
        return;
      }
      setPhase('signing');
      try {
        const now = await publish(change, by, () => setPhase('published'));
        setDone({ version: change.version.version, at: now.updatedAt });
        props.onChanged(change.version.issuer, change.homeText);
      } catch (error) {
        if (error instanceof Fault && error.reason === 'overtaken') {
          props.onChanged(change.version.issuer, change.homeText);
          setChange(undefined);
        }
        throw error;
      } finally {
        setPhase(undefined);
      }
      setChange(undefined);
    });
  const some = wish.proofs.length > 0 || unhex(wish.leaf, 32) !== undefined;
  const complete = wish.verb === 'replace' ? wish.proofs.length === 1 && wish.next !== undefined : some;

  return (
    <Card class="stack">
      <h2>{w.changeTitle}</h2>
      <p>{w.changeDrop}</p>
      <FileDrop onFiles={(files) => void take(files)} folders />
      {wish.proofs.length > 0 && (
        <ul>
          {wish.proofs.slice(0, 50).map((p) => (
            <li key={hex(p.leaf)}>
              <bdi>{printable(p.name)}</bdi>
            </li>
          ))}
          {wish.proofs.length > 50 && <li>{w.more(wish.proofs.length - 50)}</li>}
        </ul>
      )}
      {wish.proofs.length === 0 && (
        <Field
          label={w.leaf}
          help={w.leafHelp}
          input={(ids) => (
            <input
              {...ids}
              class="ltr"
              value={wish.leaf}
              placeholder="0x…"
              autocomplete="off"
              spellcheck={false}
              onInput={(e) => alter({ leaf: e.currentTarget.value.trim().toLowerCase() })}
            />
          )}
        />
      )}
      <fieldset>
        <legend class="unseen">{w.changeTitle}</legend>
        {verbs.map((verb) => (
          <label key={verb} class="choice">
            <input type="radio" name="verb" checked={wish.verb === verb} onChange={() => alter({ verb })} />
            <span>
              <b>{w.verbs[verb]}</b> <span class="quiet">{w.verbHelp[verb]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {wish.verb !== 'replace' && wish.proofs.length > 0 && (
        <Choice label={w.whole} checked={wish.whole} onChange={(whole) => alter({ whole })} />
      )}
      {wish.verb === 'replace' && (
        <div class="row">
          <Button onClick={() => next.current?.click()}>{w.replaceBy}</Button>
          <input
            ref={next}
            type="file"
            hidden
            data-pick="next"
            onChange={(e) => void takeNext(e.currentTarget.files?.[0])}
          />
          {wish.next && <bdi>{printable(wish.next.name)}</bdi>}
        </div>
      )}
      {!change && (
        <div class="row">
          <Button kind="main-action" disabled={work.busy || !by || !complete} onClick={() => void prepare()}>
            {w.goOn}
          </Button>
          {some && (
            <Button disabled={work.busy} onClick={() => alter({ proofs: [], leaf: '', next: undefined, whole: false })}>
              {w.startOver}
            </Button>
          )}
          {!by && <span>{w.connectFirst}</span>}
        </div>
      )}
      {change && (
        <Signing change={change} wish={wish} busy={work.busy} onSign={() => void sign()} onCancel={() => alter({})} />
      )}
      {phase === 'waiting' && <Notice live="status">{w.onItsWay}</Notice>}
      {phase === 'signing' && <Notice live="status">{w.signing}</Notice>}
      {phase === 'published' && <Notice live="status">{w.changing}</Notice>}
      {done === 'unchanged' && <Notice live="status">{w.unchanged}</Notice>}
      {done && done !== 'unchanged' && (
        <Notice tone="good" live="status">
          {w.changed(done.version, when(done.at))}
        </Notice>
      )}
      <Problem fault={work.fault} />
    </Card>
  );
}

/** changed is the list that a wish makes of one; undefined if it says so already. */
function changed(now: Standing, wish: Wish): Listed[] | undefined {
  if (wish.verb !== 'replace') {
    const ids = wish.proofs.map((p) => hex(wish.whole ? p.root : p.leaf));
    return withStatus(now.items, ids.length > 0 ? ids : [wish.leaf], codes[wish.verb]);
  }
  const [old, next] = [wish.proofs[0], wish.next];
  if (!old || !next) {
    return undefined;
  }
  const items = withReplaced(now.items, old, next.credential);
  const own = next.issuer === old.issuer && next.home === old.home;
  if (own && now.items.some((item) => item.id === hex(next.leaf) || item.id === hex(next.root))) {
    return fail('nextNotGood', next.name);
  }
  return items;
}

/** Signing shows in words what the wallet is about to sign. */
function Signing(props: { change: Change; wish: Wish; busy: boolean; onSign: () => void; onCancel: () => void }) {
  const w = useWords(words);
  const { change, wish } = props;
  const n = Math.max(1, wish.proofs.length);
  return (
    <section class="stack" aria-labelledby="sign">
      <h3 id="sign">{w.signTitle}</h3>
      <p>{w.signLead}</p>
      <Facts
        of={[
          [w.youSign, `SetStatus: ${w.verbs[wish.verb]}, ${w.credentials(n)}${wish.whole ? ` (${w.whole})` : ''}`],
          [w.version, change.version.version],
          [w.entries, change.items.length],
          [w.root, <code class="ltr long">{hex(change.version.root)}</code>],
          [w.listDigest, <code class="ltr long">{hex(change.version.list)}</code>],
          [w.changeUntil, `${when(change.deadline)} (${change.deadline})`],
          [w.issuer, <code class="ltr">{change.version.issuer}</code>],
          [w.registry, <code class="ltr">{change.homeText}</code>],
        ]}
      />
      <div class="row">
        <Button
          kind={wish.verb === 'reinstate' ? 'main-action' : 'danger'}
          disabled={props.busy}
          onClick={props.onSign}
        >
          {w.changeDo}
        </Button>
        <Button disabled={props.busy} onClick={props.onCancel}>
          {w.cancel}
        </Button>
      </div>
    </section>
  );
}
