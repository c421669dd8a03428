import { language } from '../ui/i18n.ts';

/** when writes a time, Unix seconds, in the language of the page. */
export function when(seconds: number): string {
  const format = new Intl.DateTimeFormat(language.value === 'en' ? 'en-GB' : language.value, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return format.format(new Date(seconds * 1000));
}
