import { useState } from 'preact/hooks';
import { FileDrop } from '../ui/drop.tsx';
import { served } from '../ui/frame.tsx';
import { Camera } from '../ui/icons.tsx';
import { Button, Field, Fold } from '../ui/parts.tsx';
import { useWords } from '../ui/words.ts';
import { Scan } from './scan.tsx';
import { shortCode } from './short.ts';
import { take, takeText } from './state.ts';
import { words } from './words/index.ts';

/** Intake is all ways to give something to the page. */
export function Intake() {
  const w = useWords(words);
  const [scanning, setScanning] = useState(false);
  return (
    <>
      <h1>{w.title}</h1>
      <p>{w.lead}</p>
      <FileDrop folders onFiles={(all) => void take(all)}>
        <Button onClick={() => setScanning(true)}>
          <Camera />
          {w.scan}
        </Button>
      </FileDrop>
      <p class="quiet small">{w.takes}</p>
      {scanning && <Scan onClose={() => setScanning(false)} />}
      <Fold summary={w.paste}>
        <Pasted />
      </Fold>
      {served && (
        <Fold summary={w.code}>
          <Code />
        </Fold>
      )}
      {served && (
        <p class="small">
          <a href="/verify.html" download="hallmark-verify.html">
            {w.offline}
          </a>
        </p>
      )}
    </>
  );
}

function Pasted() {
  const w = useWords(words);
  const [text, setText] = useState('');
  return (
    <>
      <Field
        label={w.paste}
        help={w.pasteHelp}
        input={(ids) => (
          <textarea {...ids} rows={5} dir="auto" spellcheck={false} onInput={(e) => setText(e.currentTarget.value)} />
        )}
      />
      <Button onClick={() => text.trim() !== '' && void takeText(text)}>{w.check}</Button>
    </>
  );
}

function Code() {
  const w = useWords(words);
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const look = () => {
    const code = shortCode(typed);
    setWrong(code === undefined);
    if (code !== undefined) {
      location.assign(`/b/?code=${encodeURIComponent(code)}`);
    }
  };
  return (
    <>
      <Field
        label={w.code}
        help={w.codeHelp}
        wrong={wrong ? w.codeWrong : undefined}
        input={(ids) => (
          <input
            {...ids}
            class="ltr"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            onInput={(e) => setTyped(e.currentTarget.value)}
            onKeyDown={(e) => e.key === 'Enter' && look()}
          />
        )}
      />
      <Button onClick={look}>{w.codeGo}</Button>
    </>
  );
}
