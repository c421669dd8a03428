import { useRef, useState } from 'preact/hooks';
import { Button, Choice, Field, Fold, Notice } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { printable } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { type Asked, ask, asked, panel } from './settings.ts';
import { sortOf } from './sort.ts';
import { check, run } from './state.ts';
import { words } from './words/index.ts';

/** Trust is what a person believes and asks for. Each change has everything checked again. */
export function Trust() {
  const w = useWords(words);
  const now = useSignal(asked);
  const open = useSignal(panel);
  const file = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<'not-one' | 'for-visit'>();
  const change = (what: Partial<Asked>) => {
    setProblem(ask(what) || what.trust === undefined ? undefined : 'for-visit');
    if (run.value.phase === 'done' || run.value.phase === 'checking') {
      void check();
    }
  };
  const load = async (chosen: File) => {
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    if (sortOf({ name: chosen.name, bytes }) !== 'trust') {
      setProblem('not-one');
      return;
    }
    change({ trust: new TextDecoder().decode(bytes), trustName: chosen.name });
  };
  const text = (key: 'issuer' | 'recipient', label: string, help: string) => (
    <Field
      label={label}
      help={help}
      input={(ids) => (
        <input
          {...ids}
          dir="auto"
          autocomplete="off"
          spellcheck={false}
          value={now[key]}
          onChange={(e) => change({ [key]: e.currentTarget.value })}
        />
      )}
    />
  );
  return (
    <div class="no-print" id="trust">
      <Fold
        summary={w.trustTitle}
        open={open}
        onToggle={(on) => {
          panel.value = on;
        }}
      >
        <p>{w.trustBuiltIn}</p>
        {now.trust && (
          <p class="row">
            <span>{w.trustLoaded(printable(now.trustName))}</span>
            <Button kind="plain" onClick={() => change({ trust: '', trustName: '' })}>
              {w.trustRemove}
              <span class="unseen"> {printable(now.trustName)}</span>
            </Button>
          </p>
        )}
        {problem && (
          <Notice tone="unsure" live="alert">
            {problem === 'not-one' ? w.trustNotOne : w.trustForVisit}
          </Notice>
        )}
        <p>
          <Button onClick={() => file.current?.click()}>{w.trustLoad}</Button>
        </p>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          hidden
          data-pick="trust"
          onChange={(e) => {
            const chosen = e.currentTarget.files?.[0];
            if (chosen) {
              void load(chosen);
            }
            e.currentTarget.value = '';
          }}
        />
        <Choice label={w.allowTest} checked={now.allowTest} onChange={(allowTest) => change({ allowTest })} />
        <Choice
          label={w.allowExpired}
          checked={now.allowExpired}
          onChange={(allowExpired) => change({ allowExpired })}
        />
        {text('issuer', w.mustIssuer, w.mustIssuerHelp)}
        {text('recipient', w.mustAbout, w.mustAboutHelp)}
        <Field
          label={w.asOf}
          help={w.asOfHelp}
          input={(ids) => (
            <input {...ids} type="date" value={now.at} onChange={(e) => change({ at: e.currentTarget.value })} />
          )}
        />
      </Fold>
    </div>
  );
}
