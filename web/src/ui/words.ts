import { type Catalog, language } from './i18n.ts';
import { useSignal } from './signal.ts';

/** useWords returns the words of a catalog in the language of the page, and draws again when that changes. */
export function useWords<W>(words: Catalog<W>): W {
  return words[useSignal(language)];
}
