import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Card, Choice, Notice, Progress } from '../ui/parts.tsx';
import { save } from '../ui/save.ts';
import { useWords } from '../ui/words.ts';
import { completed } from './completed.ts';
import { fail } from './fault.ts';
import { forget, keep } from './keep.ts';
import { follow, type State, states, submit } from './node.ts';
import { pendingProofs } from './proof.ts';
import { canPickFolder, pickFolder, type Saved, writeInto, zipOf } from './save.ts';
import { binarySubmission, type Kept, reopen } from './submission.ts';
import { when } from './when.ts';
import { words } from './words/index.ts';
import { Problem, throttled, useWork } from './work.tsx';

/** KeptCard takes a signed submission to its end: pending proofs saved, sent, final, complete proofs saved. */
export function KeptCard(props: { kept: Kept; onChange: (one: Kept | undefined) => void }) {
  const w = useWords(words);
  const { kept } = props;
  const work = useWork();
  const [folder, setFolder] = useState<FileSystemDirectoryHandle>();
  const [final, setFinal] = useState(false);
  const update = async (next: Partial<Kept>) => {
    const now = { ...kept, ...next };
    await keep(now);
    props.onChange(now);
  };
  const remove = () =>
    work.run(async () => {
      if (kept.done || confirm(w.forgetAsk)) {
        await forget(kept.id);
        props.onChange(undefined);
      }
    });
  const send = () =>
    work.run(async () => {
      const one = await reopen(kept);
      const answer = await submit(binarySubmission(one, kept.signature));
      if (answer.id !== kept.id) {
        fail('nodeLies');
      }
      await update({ sent: true });
    });
  return (
    <Card class="stack">
      <h3>
        {w.credentials(kept.entries.length)} <span class="quiet small">· {w.openAt(when(kept.issuedAt))}</span>
      </h3>
      {!kept.saved && <SavePending kept={kept} onFolder={setFolder} onSaved={() => update({ saved: true })} />}
      {kept.saved && !kept.sent && (
        <>
          <Notice tone="good" live="status">
            {w.saved}
          </Notice>
          <p>{w.sendLead}</p>
          <p>
            <Button kind="main-action" disabled={work.busy} onClick={() => void send()}>
              {work.busy ? w.sending : w.sendDo}
            </Button>
          </p>
        </>
      )}
      {kept.sent && <Steps id={kept.id} onFinal={() => setFinal(true)} />}
      {final && <TakeProofs kept={kept} folder={folder} onDone={() => update({ done: true })} />}
      <Problem fault={work.fault} />
      <p>
        <Button kind="plain" disabled={work.busy} onClick={() => void remove()}>
          {w.forget}
        </Button>
      </p>
    </Card>
  );
}

/** zipName is what a zip of proofs is called. */
function zipName(kept: Kept, what: string): string {
  return `hallmark-${kept.id.slice(2, 10)}-${what}.zip`;
}

function SavePending(props: {
  kept: Kept;
  onFolder: (folder: FileSystemDirectoryHandle) => void;
  onSaved: () => Promise<void>;
}) {
  const w = useWords(words);
  const { kept } = props;
  const work = useWork();
  const [zipped, setZipped] = useState(false);
  const [seen, setSeen] = useState(false);
  const proofs = async () => pendingProofs(await reopen(kept), kept.signature, location.origin);
  const beside = () =>
    work.run(async () => {
      const folder = await pickFolder();
      if (folder) {
        await writeInto(folder, await proofs(), () => false);
        props.onFolder(folder);
        await props.onSaved();
      }
    });
  const zip = () =>
    work.run(async () => {
      save(zipName(kept, 'pending'), await zipOf(await proofs()));
      setZipped(true);
    });
  return (
    <>
      <h4>{w.saveTitle}</h4>
      <p>{w.saveLead}</p>
      {canPickFolder() && <p class="quiet">{w.saveFolderHint}</p>}
      <div class="row">
        {canPickFolder() && (
          <Button kind="main-action" disabled={work.busy} onClick={() => void beside()}>
            {w.saveFolder}
          </Button>
        )}
        <Button disabled={work.busy} onClick={() => void zip()}>
          {w.saveZip}
        </Button>
      </div>
      {zipped && (
        <>
          <Choice label={w.saveConfirm} checked={seen} onChange={setSeen} />
          <p>
            <Button kind="main-action" disabled={!seen || work.busy} onClick={() => void work.run(props.onSaved)}>
              {w.goOn}
            </Button>
          </p>
        </>
      )}
      <Problem fault={work.fault} />
    </>
  );
}

/** Steps shows how far a submission has come, as the node tells it. */
function Steps(props: { id: string; onFinal: () => void }) {
  const w = useWords(words);
  const [state, setState] = useState<State>();
  const [lost, setLost] = useState(false);
  const told = useRef(props.onFinal);
  told.current = props.onFinal;
  useEffect(() => {
    const end = new AbortController();
    const changed = (now: { state: State }) => {
      setLost(false);
      setState(now.state);
      if (now.state === 'final') {
        told.current();
      }
    };
    void follow(props.id, changed, () => setLost(true), end.signal);
    return () => end.abort();
  }, [props.id]);
  const at = state === undefined ? -1 : states.indexOf(state);
  return (
    <>
      <h4>{w.progress}</h4>
      <ol class="steps">
        {states.map((name, i) => (
          <li key={name} class={i <= at ? 'past' : ''} aria-current={i === at ? 'step' : undefined}>
            {w.states[name]}
          </li>
        ))}
      </ol>
      <p class="unseen" role="status">
        {state && w.states[state]}
      </p>
      {lost && (
        <Notice tone="unsure" live="status">
          {w.lost}
        </Notice>
      )}
      {state !== 'final' && <p class="quiet">{w.closeTab}</p>}
    </>
  );
}

function TakeProofs(props: { kept: Kept; folder: FileSystemDirectoryHandle | undefined; onDone: () => Promise<void> }) {
  const w = useWords(words);
  const { kept } = props;
  const work = useWork();
  const [got, setGot] = useState(0);
  const proofs = async () =>
    completed(
      await reopen(kept),
      kept,
      throttled((done) => setGot(done)),
    );
  const beside = () =>
    work.run(async () => {
      const folder = props.folder ?? (await pickFolder());
      if (folder) {
        await writeInto(folder, await proofs(), sameSalt);
        await props.onDone();
      }
    });
  const zip = () =>
    work.run(async () => {
      save(zipName(kept, 'proofs'), await zipOf(await proofs()));
      await props.onDone();
    });
  return (
    <>
      <h4>{w.proofsTitle}</h4>
      <div class="row">
        {canPickFolder() && (
          <Button kind="main-action" disabled={work.busy} onClick={() => void beside()}>
            {w.proofsFolder}
          </Button>
        )}
        <Button disabled={work.busy} onClick={() => void zip()}>
          {w.proofsZip}
        </Button>
      </div>
      {work.busy && <Progress label={w.proofsGet(got, kept.entries.length)} done={got} of={kept.entries.length} />}
      {kept.done && !work.busy && (
        <Notice tone="good" live="status">
          {w.proofsDone}
        </Notice>
      )}
      <Problem fault={work.fault} />
    </>
  );
}

/** sameSalt reports whether a proof that lies there is an earlier state of the one that is written. */
function sameSalt(old: string, file: Saved): boolean {
  try {
    return JSON.parse(old).salt === JSON.parse(file.text).salt;
  } catch {
    return false;
  }
}
