import '../ui/base.css';
import './desk.css';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Frame } from '../ui/frame.tsx';
import { language } from '../ui/i18n.ts';
import { mount } from '../ui/mount.tsx';
import { Button } from '../ui/parts.tsx';
import { useSignal } from '../ui/signal.ts';
import { useWords } from '../ui/words.ts';
import { AccountBar } from './account.tsx';
import { Issue } from './issue.tsx';
import { kept as allKept } from './keep.ts';
import { KeptCard } from './kept.tsx';
import { StatusPart } from './status.tsx';
import { type Kept, leafNames } from './submission.ts';
import { words } from './words/index.ts';
import { Problem, useWork } from './work.tsx';

/** Desk is the page on which an issuer issues and takes back. */
function Desk() {
  const w = useWords(words);
  const lang = useSignal(language);
  const work = useWork();
  const [part, setPart] = useState<'issue' | 'status'>(location.hash === '#status' ? 'status' : 'issue');
  const [all, setAll] = useState<Kept[]>([]);
  useEffect(() => void work.run(async () => setAll(await allKept())), []);
  const names = useMemo(() => leafNames(all), [all]);
  const changed = (id: string, one: Kept | undefined) => {
    setAll((before) => before.flatMap((k) => (k.id === id ? (one ?? []) : k)));
  };
  const go = (next: 'issue' | 'status') => {
    history.replaceState(null, '', next === 'status' ? '#status' : location.pathname + location.search);
    setPart(next);
  };
  return (
    <Frame title={w.title}>
      <div class="stack">
        <h1>{w.title}</h1>
        <p>{w.lead}</p>
        <div class="row parts">
          <Button aria-pressed={part === 'issue'} onClick={() => go('issue')}>
            {w.tabIssue}
          </Button>
          <Button aria-pressed={part === 'status'} onClick={() => go('status')}>
            {w.tabStatus}
          </Button>
        </div>
        <AccountBar />
        <Problem fault={work.fault} />
        {part === 'issue' ? (
          <>
            {all.length > 0 && <h2>{w.openTitle}</h2>}
            {all.map((one) => (
              <KeptCard key={one.id} kept={one} onChange={(now) => changed(one.id, now)} />
            ))}
            <Issue onSigned={(one) => setAll((before) => [...before, one])} />
          </>
        ) : (
          <StatusPart names={names} />
        )}
        {lang !== 'en' && <p class="quiet small">{w.detailsEnglish}</p>}
      </div>
    </Frame>
  );
}

mount(Desk);
