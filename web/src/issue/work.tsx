import { useState } from 'preact/hooks';
import { Notice } from '../ui/parts.tsx';
import { printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { Fault } from './fault.ts';
import { words } from './words/index.ts';

/** Work runs what takes time, one after the other, and keeps what went wrong with the last one. */
export interface Work {
  busy: boolean;
  fault: Fault | undefined;
  run(work: () => Promise<void>): Promise<void>;
}

export function useWork(): Work {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setFault(undefined);
    try {
      await work();
    } catch (error) {
      setFault(error instanceof Fault ? error : new Fault('broken', String(error)));
    } finally {
      setBusy(false);
    }
  };
  return { busy, fault, run };
}

/** Problem says what went wrong and what to do. What others said of it is text. */
export function Problem(props: { fault: Fault | undefined }) {
  const w = useWords(words);
  if (!props.fault) {
    return null;
  }
  return (
    <Notice tone="bad" live="alert">
      <p>
        {w.faults[props.fault.reason]} {props.fault.detail && <bdi class="long">{printable(props.fault.detail)}</bdi>}
      </p>
    </Notice>
  );
}

/** throttled shows progress ten times a second at most, and its end. */
export function throttled(show: (done: number, of: number) => void): (done: number, of: number) => void {
  let last = 0;
  return (done, of) => {
    const now = performance.now();
    if (now - last > 100 || done === of) {
      last = now;
      show(done, of);
    }
  };
}
