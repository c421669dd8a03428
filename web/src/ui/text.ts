/**
 * printable makes the signs visible that deceive: those that move the cursor, reorder text or show nothing are written
 * as \u202e. What documents and file names say goes through it, and into the page as text alone.
 */
export function printable(text: string): string {
  return text.replace(
    /\u034f|[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu,
    (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** shortened is a text of at most so many characters. */
export function shortened(text: string, most: number): string {
  const all = [...text];
  return all.length > most ? `${all.slice(0, most).join('')}…` : text;
}

/** day is a moment of RFC 3339 as a date in UTC, with its month in words; what is no moment stays as it is written. */
export function day(language: string, text: string, length: 'long' | 'medium' = 'long'): string {
  const time = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? new Date(text) : undefined;
  if (!time || Number.isNaN(time.getTime())) {
    return printable(shortened(text, 80));
  }
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: length,
    timeZone: 'UTC',
  }).format(time);
}

/** urlOf is a URL, if the text is one. */
export function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
