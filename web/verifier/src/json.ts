// JSON in one meaning: a reader that keeps numbers as they are written and refuses what readers could take in two ways, and the
// canonical form (section 3.1, RFC 8785).
import { type Bytes, decodeText, refuse } from './bytes.js';

/** A number, as it is written. */
export class Num {
  constructor(readonly text: string) {}
}
export type JsonObject = Map<string, Json>;
export type Json = JsonObject | Json[] | string | Num | boolean | null;

const WORDS: Record<string, Json> = { null: null, true: true, false: false };

/** Reads one value of JSON in UTF-8, after one byte order mark, that nests at most `levels` deep; throws Refused. */
export function parseJson(bytes: Bytes, levels: number): Json {
  const text = decodeText(bytes).replace(/^\ufeff/, '');
  // Of JSON, which the first line makes sure of, colons and commas tell nothing.
  const tokens = text.matchAll(/[{}[\]]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}[\]:,"]+/g);
  const next = (): string => tokens.next().value?.[0] ?? refuse('it is not JSON');
  const string = (token: string): string => {
    const out = JSON.parse(token) as string;
    return /\p{Surrogate}/u.test(out) ? refuse('half a surrogate pair') : out;
  };
  const value = (token: string, depth: number): Json => {
    if (token.startsWith('"')) return string(token);
    if (token !== '{' && token !== '[') return WORDS[token] === undefined ? new Num(token) : WORDS[token];
    if (depth > levels) refuse(`it nests deeper than ${levels} levels`);
    const list: Json[] = [];
    const object: JsonObject = new Map();
    for (let t = next(); t !== ']' && t !== '}'; t = next()) {
      if (token === '[') list.push(value(t, depth + 1));
      else if (object.size === object.set(string(t), value(next(), depth + 1)).size) refuse(`the member ${t} is there twice`);
    }
    return token === '[' ? list : object;
  };
  try {
    JSON.parse(text);
    return value(next(), 1);
  } catch (e) {
    // The engine of patterns runs out of memory for a text of millions of escapes.
    if (e instanceof SyntaxError || e instanceof RangeError) return refuse('it is not JSON');
    throw e;
  }
}

/** Writes a value without white space, with escapes only where JSON demands them: as it is, or in the canonical form, if it has one. */
export function writeJson(v: Json, canonical = false): string {
  if (v instanceof Num) return canonical ? canonicalNumber(v.text) : v.text;
  if (Array.isArray(v)) return `[${v.map((x) => writeJson(x, canonical)).join(',')}]`;
  if (!(v instanceof Map)) return JSON.stringify(v);
  const members = [...v];
  if (canonical) members.sort(([a], [b]) => (a < b ? -1 : 1)); // by UTF-16 code units, as strings compare
  return `{${members.map(([name, x]) => `${JSON.stringify(name)}:${writeJson(x, canonical)}`).join(',')}}`;
}

function canonicalNumber(text: string): string {
  const value = Number(text);
  const out = String(value === 0 ? 0 : value); // what RFC 8785 takes from ECMAScript
  const safe = !Number.isInteger(value) || Number.isSafeInteger(value);
  return Number.isFinite(value) && safe && decimal(text) === decimal(out)
    ? out
    : refuse(`the number ${text.slice(0, 40)} has no exact form`);
}

/** A decimal number as its digits without zeros around, and the power of ten of the last of them. */
function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/(?<!0)0+$/, ''); // looks at each run of zeros once
  return significant && `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
