import { type Language, language } from '../ui/i18n.ts';
import { useSignal } from '../ui/signal.ts';

/** Format writes values as people of a language do. What is unknown is a dash. */
export interface Format {
  count(n: number | undefined): string;
  ether(wei: string | undefined): string; // wei is a decimal text
  gwei(wei: string | undefined): string;
  bytes(n: number | undefined): string;
  span(seconds: number | undefined): string; // how long, in its largest unit
  time(at: string | number | undefined): string; // with the day, unless that is today
  day(at: string): string; // a day in UTC
}

const unknown = '–';

function formatOf(code: Language): Format {
  const locale = `${code === 'en' ? 'en-GB' : code}-u-nu-latn`; // as hashes and addresses have their digits
  const plain = new Intl.NumberFormat(locale);
  const unit = (name: string, digits: number) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits });
  const amount = (wei: string | undefined, power: number, name: string) => {
    if (wei === undefined || wei === '') {
      return unknown;
    }
    const value = Number(wei) / 10 ** power;
    return `${new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 }).format(value)} ${name}`;
  };
  const spans = [
    [86400, unit('day', 1)],
    [3600, unit('hour', 1)],
    [60, unit('minute', 0)],
    [1, unit('second', 0)],
  ] as const;
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  return {
    count: (n) => (n === undefined ? unknown : plain.format(n)),
    ether: (wei) => amount(wei, 18, 'ETH'),
    gwei: (wei) => amount(wei, 9, 'gwei'),
    bytes: (n) => {
      if (n === undefined) {
        return unknown;
      }
      const [name, power] = n >= 2 ** 30 ? (['gigabyte', 30] as const) : (['megabyte', 20] as const);
      return unit(name, 1).format(n / 2 ** power);
    },
    span: (seconds) => {
      if (seconds === undefined) {
        return unknown;
      }
      const size = Math.max(0, seconds);
      const [length, of] = spans.find(([least]) => size >= least) ?? spans[3];
      return of.format(size / length);
    },
    time: (at) => {
      if (at === undefined) {
        return unknown;
      }
      const when = new Date(at);
      return (when.toDateString() === new Date().toDateString() ? clock : full).format(when);
    },
    day: (at) => date.format(new Date(at)),
  };
}

const made = new Map<Language, Format>();

/** useFormat is the format of the language of the page. */
export function useFormat(): Format {
  const code = useSignal(language);
  const known = made.get(code) ?? formatOf(code);
  made.set(code, known);
  return known;
}
