import '../ui/base.css';
import '../node/node.css';
import './batches.css';
import { useEffect, useState } from 'preact/hooks';
import { BatchTable } from '../node/batchtable.tsx';
import { useFormat } from '../node/format.ts';
import { Frame } from '../ui/frame.tsx';
import { mount } from '../ui/mount.tsx';
import { Button, Field } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { useWords } from '../ui/words.ts';
import { batchesTo, find, step, useLoaded } from './load.ts';
import { type Place, place, placeOf } from './place.ts';
import { Trouble } from './trouble.tsx';
import { FoundView, IssuerView } from './views.tsx';
import { words } from './words.ts';

/** Batches is the explorer of what the node has recorded. */
function Batches() {
  const say = useWords(words);
  const at = useSignal(place);
  return (
    <Frame title={say.title} wide>
      <h1>{say.title}</h1>
      <p>{say.lead}</p>
      <LookUp at={at} />
      {(at.kind === 'list' || at.kind === 'wrong') && <List to={at.kind === 'list' ? at.to : undefined} />}
      {at.kind !== 'list' && at.kind !== 'wrong' && (
        <p>
          <a href="#all">{say.all}</a>
        </p>
      )}
      {at.kind === 'hash' && <Lookup hash={at.hash} />}
      {at.kind === 'issuer' && <IssuerView key={at.address} address={at.address} />}
    </Frame>
  );
}

function textOf(at: Place): string {
  return at.kind === 'hash' ? at.hash : at.kind === 'issuer' ? at.address : at.kind === 'wrong' ? at.text : '';
}

function LookUp(props: { at: Place }) {
  const say = useWords(words);
  const [text, setText] = useState(textOf(props.at));
  const [wrong, setWrong] = useState(props.at.kind === 'wrong');
  useEffect(() => {
    setText(textOf(props.at));
    setWrong(props.at.kind === 'wrong');
  }, [props.at]);
  const go = (e: Event) => {
    e.preventDefault();
    const to = placeOf(text);
    if (to.kind === 'wrong') {
      setWrong(true);
    } else {
      location.hash = text.trim();
    }
  };
  return (
    <search>
      <form class="look-up" onSubmit={go}>
        <Field
          label={say.find}
          help={say.findHelp}
          wrong={wrong ? say.notHash : undefined}
          input={(ids) => (
            <input
              {...ids}
              type="text"
              class="ltr"
              spellcheck={false}
              autocomplete="off"
              maxLength={200}
              value={text}
              onInput={(e) => setText(e.currentTarget.value)}
            />
          )}
        />
        <Button kind="main-action" onClick={go}>
          {say.go}
        </Button>
      </form>
    </search>
  );
}

function List(props: { to: number | undefined }) {
  const say = useWords(words);
  const format = useFormat();
  const [{ value, error }, again] = useLoaded(`to ${props.to}`, (signal) => batchesTo(props.to, signal));
  if (error) {
    return <Trouble error={error} again={again} />;
  }
  if (!value) {
    return <p role="status">{say.loading}</p>;
  }
  const [first, last] = [value.batches[0], value.batches.at(-1)];
  if (!first || !last) {
    return <p role="status">{say.empty}</p>;
  }
  return (
    <div class="stack">
      <BatchTable batches={value.batches} label={say.title} />
      <nav class="row" aria-label={say.title}>
        {first.number < value.newest && (
          <a class="button" href={first.number + step >= value.newest ? '#all' : `#to=${first.number + step}`}>
            {say.newer}
          </a>
        )}
        <span role="status">
          {say.range(format.count(last.number), format.count(first.number), format.count(value.newest))}
        </span>
        {last.number > 1 && (
          <a class="button" href={`#to=${last.number - 1}`}>
            {say.older}
          </a>
        )}
      </nav>
    </div>
  );
}

function Lookup(props: { hash: string }) {
  const say = useWords(words);
  const [{ value, error }, again] = useLoaded(props.hash, (signal) => find(props.hash, signal));
  if (error) {
    return <Trouble error={error} again={again} />;
  }
  return value ? <FoundView key={props.hash} found={value} hash={props.hash} /> : <p role="status">{say.loading}</p>;
}

mount(Batches);
