import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { choose, type Language, language, languages } from './i18n.ts';
import { Mark } from './icons.tsx';
import { shared } from './shared.ts';
import { useSignal } from './signal.ts';
import { useWords } from './words.ts';

/** served tells whether the page comes from a node, so that there are other pages and a node to ask; else it is a file. */
export const served = location.protocol === 'http:' || location.protocol === 'https:';

/**
 * Frame is what is around a page: a way past the bar, name, other pages, language, and what becomes of files. The title
 * is that of the window; wide is for pages of tables.
 */
export function Frame(props: { title: string; wide?: boolean; children: ComponentChildren }) {
  const words = useWords(shared);
  useEffect(() => {
    document.title = `${props.title} – Hallmark`;
  }, [props.title]);
  return (
    <div class={props.wide ? 'frame wide' : 'frame'}>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <header class="bar">
        <div class="bar-in">
          {served ? (
            <a class="brand" href="/">
              <Mark />
              Hallmark
            </a>
          ) : (
            <span class="brand">
              <Mark />
              Hallmark
            </span>
          )}
          {served && <Pages />}
          <LanguageChooser />
        </div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        {props.children}
      </main>
      <footer class="foot">
        <div class="foot-in">
          <p>{words.foot}</p>
        </div>
      </footer>
    </div>
  );
}

function Pages() {
  const words = useWords(shared);
  const all = [
    ['/', words.verify],
    ['/issue', words.issue],
    ['/batches', words.batches],
  ] as const;
  return (
    <nav class="nav" aria-label={words.pages}>
      {all.map(([path, name]) => (
        <a key={path} href={path} aria-current={location.pathname === path ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

function LanguageChooser() {
  const words = useWords(shared);
  const now = useSignal(language);
  return (
    <label class="language">
      <span class="unseen">{words.language}</span>
      <select value={now} onChange={(e) => choose(e.currentTarget.value as Language)}>
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
