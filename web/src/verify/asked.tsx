import { language } from '../ui/i18n.ts';
import { useSignal } from '../ui/signal.ts';
import { day } from '../ui/text.ts';
import { useWords } from '../ui/words.ts';
import { asked } from './settings.ts';
import { words } from './words/index.ts';

/**
 * AskedFor stands with each answer that could be another one today, or to somebody else: the person asked for a certain day,
 * or to take what has expired. Both stay asked for while other files come.
 */
export function AskedFor() {
  const w = useWords(words);
  const lang = useSignal(language);
  const { at, allowExpired } = useSignal(asked);
  const said = [at && `${w.asOf}: ${day(lang, at)}`, allowExpired && w.allowExpired].filter(Boolean);
  return said.length > 0 ? (
    <p>
      <strong>{said.join('; ')}</strong>
    </p>
  ) : null;
}
