import { printable } from '../../src/ui/text.ts';
import { Refused, verify } from '../src/verify.js';
import { fetched, maxFile, ofReport, Problem, pair } from './check.js';
import { style } from './style.js';
import type { NamedFile, Settings, Verdict } from './types.js';
import { type Language, told, type Words, words } from './words.js';

export type { NamedFile, Settings, Verdict } from './types.js';

/** Engine is what gives verdicts: the verifier in TypeScript, or `hallmark-verifier/wasm`. */
type Engine = (files: NamedFile[], settings: Settings) => Promise<Verdict>;

const typescript: Engine = async (files, settings) => {
  const { badge, proof } = pair(files);
  try {
    const report = verify(proof, badge.bytes, {
      now: Math.floor(Date.now() / 1000),
      allowTest: settings.allowTest ?? false,
      allowExpired: settings.allowExpired ?? false,
      ...(settings.trust === undefined ? {} : { trust: new TextEncoder().encode(settings.trust) }),
    });
    return ofReport(badge.name, report);
  } catch (problem) {
    throw problem instanceof Refused ? new Problem('noProof') : problem;
  }
};

const wasm: Engine = async (files, settings) => {
  // Beside this file, so that a page that does not ask for it loads nothing.
  const beside = new URL(/* @vite-ignore */ './wasm.js', import.meta.url).href;
  const { check } = (await import(/* @vite-ignore */ beside)) as {
    check: (f: NamedFile[], s: Settings) => Promise<Verdict | undefined>;
  };
  const verdict = await check(files, settings);
  if (!verdict) {
    throw new Problem('noProof');
  }
  return verdict;
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);

/**
 * `<hallmark-verify>` checks a badge in the browser of whoever looks at the page and shows the verdict.
 *
 * | attribute | |
 * |---|---|
 * | `src`, `proof` | URLs of the badge and its proof, if the badge does not carry it. Or links inside the element, in the slots `badge` and `proof`, which those see whose browser runs no scripts. Without either, visitors choose or drop files |
 * | `trust` | URL of a trust store |
 * | `engine` | `wasm` for the whole verifier, which reads all formats; else the one in TypeScript, for JSON and plain files |
 * | `allow-test`, `allow-expired` | as the flags of `verify` |
 * | `lang` | language: en, de, es, fr, zh, ar; else that of the page |
 *
 * After each check it dispatches `hallmark-verdict`, whose `detail` is a {@link Verdict}.
 */
export class HallmarkVerify extends HTMLElement {
  static readonly observedAttributes = ['src', 'proof', 'trust', 'engine', 'lang', 'allow-test', 'allow-expired'];

  /** verdict is the last one; nothing before the first, and where there is none. */
  verdict: Verdict | undefined;

  private readonly root = this.attachShadow({ mode: 'open' });
  private problem: Problem | undefined;
  private run = 0; // counts checks, so that one that was overtaken is dropped
  private waiting = false; // a check begins once all attributes of this turn are set

  connectedCallback(): void {
    this.root.adoptedStyleSheets = [sheet];
    this.start();
  }

  disconnectedCallback(): void {
    this.run++;
  }

  attributeChangedCallback(name: string): void {
    if (name === 'lang') {
      this.draw(false);
    } else if (this.isConnected) {
      this.start();
    }
  }

  /** check gives the verdict on files: a badge, and its proof unless the badge carries it. */
  async check(files: readonly (File | NamedFile)[]): Promise<Verdict | undefined> {
    return this.begin(async () => {
      const all: NamedFile[] = [];
      for (const f of files) {
        const size = f instanceof File ? f.size : f.bytes.length;
        if (size > maxFile || all.length === 8) {
          throw new Problem('tooLarge');
        }
        all.push(f instanceof File ? { name: f.name, bytes: new Uint8Array(await f.arrayBuffer()) } : f);
      }
      return all;
    });
  }

  /** start checks what the attributes or slots name, once this turn of events is over. */
  private start(): void {
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      const link = (slot: string) => this.querySelector<HTMLAnchorElement>(`:scope > a[slot="${slot}"][href]`)?.href;
      const badge = this.getAttribute('src') ?? link('badge');
      const proof = this.getAttribute('proof') ?? link('proof');
      if (!this.isConnected) {
        return;
      }
      if (badge === undefined) {
        this.draw(false);
        return;
      }
      void this.begin(() => Promise.all([badge, proof].filter((u) => u !== undefined).map((u) => fetched(u, this.baseURI))));
    });
  }

  private async begin(files: () => Promise<NamedFile[]>): Promise<Verdict | undefined> {
    const run = ++this.run;
    this.verdict = this.problem = undefined;
    this.draw(true);
    let verdict: Verdict | undefined;
    let problem: Problem | undefined;
    try {
      const settings: Settings = {
        allowTest: this.hasAttribute('allow-test'),
        allowExpired: this.hasAttribute('allow-expired'),
      };
      const trust = this.getAttribute('trust');
      if (trust !== null) {
        settings.trust = new TextDecoder().decode((await fetched(trust, this.baseURI)).bytes);
      }
      const engine = this.getAttribute('engine') === 'wasm' ? wasm : typescript;
      verdict = await engine(await files(), settings);
    } catch (thrown) {
      problem = thrown instanceof Problem ? thrown : new Problem('failed');
    }
    if (run !== this.run) {
      return undefined;
    }
    this.verdict = verdict;
    this.problem = problem;
    this.draw(false);
    if (verdict) {
      this.dispatchEvent(new CustomEvent<Verdict>('hallmark-verdict', { detail: verdict, bubbles: true, composed: true }));
    }
    return verdict;
  }

  private language(): Language {
    const wishes = [this.closest('[lang]')?.getAttribute('lang'), ...navigator.languages];
    const codes = wishes.map((w) => (w ?? '').toLowerCase().split('-')[0] ?? '');
    return (codes.find((c) => Object.hasOwn(words, c)) ?? 'en') as Language;
  }

  private draw(busy: boolean): void {
    const language = this.language();
    const w = words[language];
    const box = make('div', { dir: language === 'ar' ? 'rtl' : 'ltr', lang: language });
    const status = make('div', { role: 'status', 'aria-busy': String(busy) });
    if (busy) {
      status.append(make('p', { class: 'card', part: 'card' }, w.working));
    } else if (this.verdict) {
      status.append(card(this.verdict, w, language));
    } else if (this.problem) {
      status.append(make('p', { class: 'card UNKNOWN', part: 'card' }, w[this.problem.sentence]));
    }
    box.append(status);
    if (!this.hasAttribute('src') && !this.querySelector(':scope > a[slot="badge"]')) {
      box.append(this.dropZone(w));
    }
    this.root.replaceChildren(box);
  }

  private dropZone(w: Words): HTMLElement {
    const zone = make('label', { class: 'drop', part: 'drop' }, w.drop);
    const input = make('input', { type: 'file', multiple: '' }) as HTMLInputElement;
    const take = (files: FileList | null | undefined) => {
      if (files?.length) {
        void this.check([...files]);
      }
    };
    input.addEventListener('change', () => take(input.files));
    zone.addEventListener('dragover', (e) => {
      e.preventDefault();
      zone.classList.add('over');
    });
    zone.addEventListener('dragleave', () => zone.classList.remove('over'));
    zone.addEventListener('drop', (e) => {
      e.preventDefault();
      zone.classList.remove('over');
      take(e.dataTransfer?.files);
    });
    zone.append(input);
    return zone;
  }
}

/** make makes an element of attributes and a text, which is never markup. */
function make(name: string, attributes: Record<string, string>, text?: string): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

const shapes = {
  VALID: 'M4 12l5 5L20 6',
  INVALID: 'M5 5l14 14M19 5L5 19',
  UNKNOWN: 'M8 8a4 4 0 1 1 5 4c-1 .5-1 1-1 3M12 19v.5',
} as const;

function icon(verdict: Verdict['verdict']): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  for (const [key, value] of Object.entries({
    d: shapes[verdict],
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '3',
    'stroke-linecap': 'round',
  })) {
    path.setAttribute(key, value);
  }
  svg.append(path);
  return svg;
}

function card(v: Verdict, w: Words, language: Language): HTMLElement {
  const article = make('article', { class: `card ${v.verdict}`, part: 'card' });
  const head = make('p', { class: 'verdict', part: 'verdict' });
  head.append(icon(v.verdict), make('span', {}, { VALID: w.valid, INVALID: w.invalid, UNKNOWN: w.unknown }[v.verdict]));
  if (v.test) {
    head.append(make('strong', { class: 'test' }, w.test));
  }
  article.append(head, make('p', {}, v.unread && v.verdict === 'UNKNOWN' ? w.unread : told(v.verdict, v.reason, w)));
  const list = make('dl', {});
  const row = (name: string, value?: string) => {
    if (value) {
      const said = make('dd', {});
      said.append(make('bdi', {}, printable(value).slice(0, 1000)));
      list.append(make('dt', {}, name), said);
    }
  };
  const time = (at?: string) => {
    return at && new Date(at).toLocaleString(language, { dateStyle: 'long', timeStyle: 'short' });
  };
  row(w.file, v.title ?? v.file);
  const known = v.checks.some((c) => c.check === 'issuer' && c.result === 'pass');
  row(w.issuedBy, known ? v.issuer : undefined); // else it is only the address of a key
  row(w.recorded, time(v.anchoredAt));
  row(w.asOf, v.verdict === 'VALID' ? time(v.statusAsOf) : undefined);
  const details = make('details', {});
  const checks = make('ul', { lang: 'en', dir: 'ltr' });
  for (const c of v.checks) {
    checks.append(make('li', {}, printable(`${c.check}: ${c.result}. ${c.detail}`)));
  }
  details.append(make('summary', {}, w.checks));
  if (w.english) {
    details.append(make('p', { class: 'quiet' }, w.english));
  }
  details.append(checks);
  article.append(list, details);
  return article;
}

if (!customElements.get('hallmark-verify')) {
  customElements.define('hallmark-verify', HallmarkVerify);
}
