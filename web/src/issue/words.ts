import { catalog } from '../ui/i18n.ts';
import { ar } from './words/ar.ts';
import { de } from './words/de.ts';
import { en, type Words } from './words/en.ts';
import { es } from './words/es.ts';
import { fr } from './words/fr.ts';
import { zh } from './words/zh.ts';

/** words are those of the desk. */
export const words = catalog<Words>({ en, de, es, fr, zh, ar });
