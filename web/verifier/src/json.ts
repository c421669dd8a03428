// A strict reader of JSON. It keeps numbers as they are written, and refuses what readers could take in two ways.
import { type Bytes, decodeText, refuse } from './bytes.js';

/** A number, as it is written. */
export class Num {
  constructor(readonly text: string) {}
}
export type JsonObject = Map<string, Json>;
export type Json = JsonObject | Json[] | string | Num | boolean | null;

/** Reads one value of JSON in UTF-8, after one byte order mark, that nests at most `levels` deep; throws Refused. */
export function parseJson(bytes: Bytes, levels: number): Json {
  const text = (decodeText(bytes) ?? refuse('it is not UTF-8')).replace(/^\ufeff/, '');
  const token = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
  let at = 0;
  const space = (): string => {
    while (' \t\n\r'.includes(text[at] ?? 'x')) at++;
    return text[at] ?? '';
  };
  const string = (): string => {
    const start = ++at;
    for (; text[at] !== '"'; at++) {
      if (!((text[at] ?? '') >= ' ')) refuse('a text is not ended, or holds a control character');
      if (text[at] === '\\') at++;
    }
    let out = text.slice(start, at++);
    if (out.includes('\\')) {
      try {
        out = JSON.parse(`"${out}"`) as string;
      } catch {
        refuse('a text has an escape that is none');
      }
    }
    return /\p{Surrogate}/u.test(out) ? refuse('half a surrogate pair') : out;
  };
  const sequence = (end: string, element: () => void): void => {
    at++;
    if (space() !== end) {
      for (element(); space() === ','; element()) at++;
    }
    if (text[at++] !== end) refuse(`"${end}" is missing`);
  };
  const value = (depth: number): Json => {
    const c = space();
    if ((c === '{' || c === '[') && depth > levels) refuse(`it nests deeper than ${levels} levels`);
    if (c === '"') return string();
    if (c === '[') {
      const list: Json[] = [];
      sequence(']', () => list.push(value(depth + 1)));
      return list;
    }
    if (c === '{') {
      const object: JsonObject = new Map();
      sequence('}', () => {
        if (space() !== '"') refuse('a name is missing');
        const name = string();
        if (object.has(name)) refuse(`the member ${JSON.stringify(name)} is there twice`);
        if (space() !== ':') refuse('":" is missing');
        at++;
        object.set(name, value(depth + 1));
      });
      return object;
    }
    token.lastIndex = at;
    const word = token.exec(text)?.[0] ?? refuse('it is not JSON');
    at += word.length;
    return word === 'null' ? null : word === 'true' ? true : word === 'false' ? false : new Num(word);
  };
  const out = value(1);
  return space() === '' && at >= text.length ? out : refuse('something follows it');
}

/** Writes a value without white space, with members and numbers as they are, and escapes only where JSON demands them. */
export function writeJson(v: Json): string {
  if (v instanceof Num) return v.text;
  if (Array.isArray(v)) return `[${v.map(writeJson).join(',')}]`;
  if (v instanceof Map) return `{${[...v].map(([name, x]) => `${JSON.stringify(name)}:${writeJson(x)}`).join(',')}}`;
  return JSON.stringify(v);
}
