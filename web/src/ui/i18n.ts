import { signal } from './signal.ts';

/** The languages of the pages. Arabic is written from right to left. */
export const languages = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  zh: '中文',
  ar: 'العربية',
} as const;

/** Language is the code of one of them (BCP 47). */
export type Language = keyof typeof languages;

/**
 * A Catalog holds the words of a page, or of what pages share, in every language: the compiler refuses one that lacks
 * any. A word with a value in it is a function.
 */
export type Catalog<W> = { readonly [L in Language]: W };

/** catalog lets the English words say which there are. */
export function catalog<W extends Record<string, unknown>>(words: Catalog<W>): Catalog<W> {
  return words;
}

const kept = 'hallmark.language';

/** language is the one in which pages are shown: chosen, or the first of the browser's that there is. */
export const language = signal<Language>(preferred());

function preferred(): Language {
  const asked = new URLSearchParams(location.search).get('lang');
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(kept);
  } catch {
    // Storage may be forbidden, as it is for some files opened from disk.
  }
  for (const wish of [asked, chosen, ...navigator.languages]) {
    const code = wish?.toLowerCase().split('-')[0];
    if (code !== undefined && Object.hasOwn(languages, code)) {
      return code as Language;
    }
  }
  return 'en';
}

/** choose changes the language and keeps it for next time. */
export function choose(next: Language): void {
  language.value = next;
  try {
    localStorage.setItem(kept, next);
  } catch {
    // As above: it holds for this visit.
  }
}

/** applyLanguage tells the document its language and direction, now and after each change. */
export function applyLanguage(): void {
  const apply = () => {
    document.documentElement.lang = language.value;
    document.documentElement.dir = language.value === 'ar' ? 'rtl' : 'ltr';
  };
  apply();
  language.subscribe(apply);
}
