import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { No, Unsure, Yes } from './icons.tsx';
import { Tag, type Tone } from './parts.tsx';
import { shared } from './shared.ts';
import { useWords } from './words.ts';

/** Verdict is that of a report, or what stands in its place where there is none. */
export type Verdict = 'VALID' | 'INVALID' | 'UNKNOWN' | 'NO PROOF' | 'SKIPPED';

/** toneOf is the tone of a verdict. */
export function toneOf(verdict: Verdict): Tone | undefined {
  const tones: Record<Verdict, Tone | undefined> = {
    VALID: 'good',
    INVALID: 'bad',
    UNKNOWN: 'unsure',
    'NO PROOF': 'unsure',
    SKIPPED: undefined,
  };
  return tones[verdict];
}

/**
 * VerdictBanner is the answer, large, with what follows from it in a sentence. It takes the focus when asked to, so that
 * a screen reader reads it first.
 */
export function VerdictBanner(props: {
  verdict: Verdict;
  test: boolean;
  focus?: boolean;
  children?: ComponentChildren;
}) {
  const words = useWords(shared);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (props.focus) {
      box.current?.focus();
    }
  }, [props.focus]);
  const tone = toneOf(props.verdict) ?? 'unsure';
  const banner = (
    <section class={`verdict ${tone}`} ref={box} tabIndex={-1} aria-labelledby="verdict">
      {tone === 'good' ? <Yes /> : tone === 'bad' ? <No /> : <Unsure />}
      <div>
        <h2 id="verdict">
          {words[props.verdict]}
          {props.test && ` – ${words.test}`}
        </h2>
        {props.children}
      </div>
    </section>
  );
  if (!props.test) {
    return banner;
  }
  return (
    <div class="testing">
      <p class="testing-line">{words.testLine}</p>
      {banner}
    </div>
  );
}

/** VerdictTag is the same in a word, for tables. */
export function VerdictTag(props: { verdict: Verdict; test: boolean }) {
  const words = useWords(shared);
  return (
    <>
      <Tag tone={toneOf(props.verdict)}>{words[props.verdict]}</Tag> {props.test && <Tag tone="test">{words.test}</Tag>}
    </>
  );
}
