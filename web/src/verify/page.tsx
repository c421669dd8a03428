import { useEffect, useRef } from 'preact/hooks';
import { droppedFiles, useDropped } from '../ui/drop.tsx';
import { Frame } from '../ui/frame.tsx';
import { Button, Notice, Progress } from '../ui/parts.tsx';
import { reasons, whyOf } from '../ui/reasons/index.ts';
import { shared } from '../ui/shared.ts';
import { useSignal } from '../ui/signal.ts';
import { printable } from '../ui/text.ts';
import { VerdictBanner } from '../ui/verdict.tsx';
import { useWords } from '../ui/words.ts';
import { Answer } from './answer.tsx';
import { Intake } from './intake.tsx';
import { List } from './list.tsx';
import { ask } from './settings.ts';
import {
  check,
  first,
  notice,
  offered,
  opened,
  results,
  run,
  shown,
  startOver,
  stop,
  take,
  takeText,
} from './state.ts';
import { Trust } from './trust.tsx';
import { words } from './words/index.ts';

/** VerifyPage takes files and shows what is to be said of them: one in full, several as a table. */
export function VerifyPage() {
  const w = useWords(words);
  const { phase } = useSignal(run);
  const all = useSignal(results);
  useSignal(opened);
  usePaste();
  useBack();
  const result = phase === 'done' || all.length > 1 ? shown() : undefined;
  const table = !result && all.length > 1;
  return (
    <Frame title={w.title} wide={table}>
      <div class="stack">
        {phase === 'idle' ? <Intake /> : <DropAnywhere />}
        <Offer />
        <First />
        <Told />
        {result && <Answer result={result} />}
        {table && <List />}
        {phase === 'done' && (
          <p class="row no-print">
            {all.length > 1 && result && <Button onClick={() => history.back()}>{w.back}</Button>}
            <Button onClick={startOver}>{w.another}</Button>
          </p>
        )}
        <Trust />
      </div>
      <Live />
    </Frame>
  );
}

function DropAnywhere() {
  useDropped((all) => void take(all));
  return null;
}

/** First is the verdict that is known before the verifier is loaded. */
function First() {
  const w = useWords(words);
  const all = useWords(reasons);
  const { phase } = useSignal(run);
  const answer = useSignal(first);
  if (phase !== 'checking' || !answer) {
    return null;
  }
  return (
    <VerdictBanner verdict={answer.verdict} test={answer.test}>
      <p>{answer.verdict === 'VALID' ? w.validLine : whyOf(all, answer.reason ?? 'other')[0]}</p>
      <p class="small">{w.firstLine}</p>
    </VerdictBanner>
  );
}

/** Told is what goes on, and what went wrong: never a verdict. */
function Told() {
  const w = useWords(words);
  const { phase, fault, stopped } = useSignal(run);
  const done = useSignal(results).length;
  const note = useSignal(notice);
  if (phase === 'reading' || phase === 'checking') {
    return (
      <div class="card late no-print">
        <Progress label={phase === 'reading' ? w.reading : done > 0 ? w.checking(done) : w.preparing} />
        <Button onClick={stop}>{w.stop}</Button>
      </div>
    );
  }
  return (
    <>
      {note === 'hops' && <Notice live="status">{w.hopsTaken}</Notice>}
      {stopped && <Notice tone="unsure">{w.stopped}</Notice>}
      {fault && (
        <Notice tone="unsure" live="alert">
          <p>
            {fault.kind === 'memory' && w.memory}
            {fault.kind === 'failed' && w.failed}
            {fault.kind === 'settings' && w.settingsWrong}
            {fault.kind === 'file' && w.unreadFile(printable(fault.detail))}
          </p>
          {(fault.kind === 'failed' || fault.kind === 'settings') && (
            <p class="small" lang="en" dir="ltr">
              {printable(fault.detail)}
            </p>
          )}
          {fault.kind !== 'file' && <Button onClick={() => void check()}>{w.again}</Button>}
        </Notice>
      )}
    </>
  );
}

/** Offer asks about a trust list that was among the files. */
function Offer() {
  const w = useWords(words);
  const list = useSignal(offered);
  if (!list) {
    return null;
  }
  const use = () => {
    offered.value = undefined;
    ask({ trust: new TextDecoder().decode(list.bytes), trustName: list.name });
    void again();
  };
  return (
    <Notice tone="unsure" live="status">
      <p>{w.trustFound(printable(list.name))}</p>
      <p class="row">
        <Button onClick={use}>{w.trustUse}</Button>
        <Button
          onClick={() => {
            offered.value = undefined;
          }}
        >
          {w.trustLeave}
        </Button>
      </p>
    </Notice>
  );
}

async function again(): Promise<void> {
  if (run.value.phase !== 'idle') {
    await check();
  }
}

/** Live tells a screen reader the answer. */
function Live() {
  const w = useWords(words);
  const s = useWords(shared);
  const { phase } = useSignal(run);
  const all = useSignal(results);
  const only = all.length === 1 ? all[0] : undefined;
  let text = '';
  if (phase === 'reading' || phase === 'checking') {
    text = w.preparing;
  } else if (phase === 'done' && only) {
    text = `${only.test ? `${s.test}: ` : ''}${s[only.verdict]}`;
  } else if (phase === 'done' && all.length > 1) {
    text = w.listTitle(all.length);
  }
  return (
    <p class="unseen" role="status">
      {text}
    </p>
  );
}

/** usePaste takes files and texts that are pasted anywhere but into a field. */
function usePaste(): void {
  useEffect(() => {
    const paste = (e: ClipboardEvent) => {
      if (!e.clipboardData || (e.target instanceof HTMLElement && e.target.closest('input, textarea'))) {
        return;
      }
      const text = e.clipboardData.getData('text/plain');
      void droppedFiles(e.clipboardData).then((all) => {
        if (all.length > 0) {
          void take(all);
        } else if (text.trim() !== '') {
          void takeText(text);
        }
      });
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}

/** useBack makes the browser's way back lead from an answer to the list. */
function useBack(): void {
  const top = useRef(0); // how far the list was scrolled
  useEffect(() => {
    const back = () => {
      opened.value = undefined;
      requestAnimationFrame(() => scrollTo(0, top.current));
    };
    const left = opened.subscribe(() => {
      if (opened.value !== undefined) {
        top.current = scrollY;
        history.pushState(null, '');
        scrollTo(0, 0);
      }
    });
    addEventListener('popstate', back);
    return () => {
      left();
      removeEventListener('popstate', back);
    };
  }, []);
}
