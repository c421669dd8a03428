import { catalog } from '../../ui/i18n.ts';
import { ar } from './ar.ts';
import { de } from './de.ts';
import { en, type Words } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { zh } from './zh.ts';

/** words are those of the desk. */
export const words = catalog<Words>({ en, de, es, fr, zh, ar });
