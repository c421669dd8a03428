import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { shared } from './shared.ts';
import { useWords } from './words.ts';

/** Tone is what a notice or a tag means; the words have to say it as well. */
export type Tone = 'good' | 'bad' | 'unsure' | 'test';

/**
 * Button does something on this page. The main one of a view is filled. One that cannot be pressed now says why beside
 * it.
 */
export function Button(
  props: { kind?: 'main-action' | 'danger' | 'plain' } & Omit<JSX.IntrinsicElements['button'], 'type' | 'class'>,
) {
  const { kind, ...rest } = props;
  return <button type="button" class={kind} {...rest} />;
}

/** Card is a surface for what belongs together. */
export function Card(props: { children: ComponentChildren; class?: string }) {
  return <div class={props.class ? `card ${props.class}` : 'card'}>{props.children}</div>;
}

/** Notice is something to know; live ones are read out when they appear, urgent ones at once. */
export function Notice(props: { tone?: Tone; live?: 'status' | 'alert'; children: ComponentChildren }) {
  return (
    <div class={props.tone ? `notice ${props.tone}` : 'notice'} role={props.live}>
      {props.children}
    </div>
  );
}

/** Tag is a word for a state. */
export function Tag(props: { tone?: Tone | undefined; children: ComponentChildren }) {
  return <span class={props.tone ? `tag ${props.tone}` : 'tag'}>{props.children}</span>;
}

/** Fold hides details until they are asked for. */
export function Fold(props: { summary: ComponentChildren; open?: boolean; children: ComponentChildren }) {
  return (
    <details class="fold" open={props.open}>
      <summary>{props.summary}</summary>
      <div class="fold-in">{props.children}</div>
    </details>
  );
}

/** Facts is a list of names and what they are; those without a value are left out. */
export function Facts(props: { of: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {props.of
        .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
        .map(([name, value]) => (
          <FactRow key={name} name={name} value={value} />
        ))}
    </dl>
  );
}

function FactRow(props: { name: string; value: ComponentChildren }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </>
  );
}

/** Field is a label, help, and the input that is given as a function of the ids to refer to. */
export function Field(props: {
  label: string;
  help?: string | undefined;
  wrong?: string | undefined;
  input: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => JSX.Element;
}) {
  const id = useRef(`field-${++fields}`).current;
  const about = props.wrong || props.help ? { 'aria-describedby': `${id}-about` } : {};
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <span id={`${id}-about`}>
        {props.help && <span class="help">{props.help}</span>}
        {props.wrong && <span class="wrong">{props.wrong}</span>}
      </span>
      {props.input({ id, ...about, ...(props.wrong ? { 'aria-invalid': true } : {}) })}
    </div>
  );
}

let fields = 0;

/** Choice is a box to tick. */
export function Choice(props: { label: ComponentChildren; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="choice">
      <input type="checkbox" checked={props.checked} onChange={(e) => props.onChange(e.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  );
}

/** Dialog is shown above the page while open; Escape closes it, and what had the focus has it again. */
export function Dialog(props: { title: string; open: boolean; onClose: () => void; children: ComponentChildren }) {
  const words = useWords(shared);
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (props.open && !box.current?.open) {
      box.current?.showModal();
    } else if (!props.open) {
      box.current?.close();
    }
  }, [props.open]);
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onClose={props.onClose}>
      {props.open && (
        <>
          <h2 id="dialog-title">{props.title}</h2>
          {props.children}
          <p class="row">
            <Button onClick={() => box.current?.close()}>{words.close}</Button>
          </p>
        </>
      )}
    </dialog>
  );
}

/** CopyButton puts a text on the clipboard and says so. What is said of it is for who does not see beside which it is. */
export function CopyButton(props: { text: string; of: string }) {
  const words = useWords(shared);
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (done) {
      const timer = setTimeout(() => setDone(false), 2000);
      return () => clearTimeout(timer);
    }
  }, [done]);
  return (
    <Button
      onClick={() => {
        navigator.clipboard.writeText(props.text).then(
          () => setDone(true),
          () => setDone(false),
        );
      }}
    >
      {done ? words.copied : words.copy}
      <span class="unseen">: {props.of}</span>
      <span class="unseen" role="status">
        {done ? words.copied : ''}
      </span>
    </Button>
  );
}

/** Progress is how far something is: of a whole, or with no end in sight. */
export function Progress(props: { label: string; done?: number | undefined; of?: number | undefined }) {
  return (
    <p>
      <label>
        {props.label}
        <progress {...(props.of ? { value: props.done ?? 0, max: props.of } : {})} />
      </label>
    </p>
  );
}
