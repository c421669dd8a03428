import { type Catalog, catalog } from '../i18n.ts';
import { ar } from './ar.ts';
import { de } from './de.ts';
import { en, type Why, type Whys } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { zh } from './zh.ts';

/** reasons say why a verdict is not "valid", and what to do next. */
export const reasons: Catalog<Whys> = catalog<Whys>({ en, de, es, fr, zh, ar });

/** whyOf is the meaning of a reason. A newer engine may know more reasons: those say the least. */
export function whyOf(all: Whys, reason: string | undefined): Why {
  return reason !== undefined && Object.hasOwn(all, reason) ? all[reason as keyof Whys] : all.other;
}
