// Readers of what stands in a proof or a trust store: each takes a value of JSON and gives what it stands for, or throws Refused.
import { attempt, type Bytes, base64, checksummed, fromHex, type Hex, Refused, refuse } from './bytes.js';
import { type Json, type JsonObject, Num } from './json.js';

export type Read<T> = (v: Json | undefined) => T;

/** Reads what stands at a place, which a message names. */
const within = <T>(place: string, read: () => T): T => {
  const out = attempt(read);
  return out instanceof Refused ? refuse(`${place}: ${out.message}`) : out;
};

/** What another reader reads, as something else. */
export function as<T, U>(read: Read<T>, convert: (x: T) => U): Read<U> {
  return (v) => convert(read(v));
}
/** What another reader reads, if it fits. */
export function only<T>(read: Read<T>, fits: (x: T) => boolean, want: string): Read<T> {
  return as(read, (x) => (fits(x) ? x : refuse(`want ${want}`)));
}
/** A member that may be absent, and one that stands for a default then. */
export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (v) => (v === undefined ? undefined : read(v));
}
export const or = <T>(read: Read<T>, absent: NoInfer<T>): Read<T> => as(optional(read), (x) => x ?? absent);

export const text: Read<string> = (v) => (typeof v === 'string' ? v : refuse('want a text'));
export const flag: Read<boolean> = (v) => (typeof v === 'boolean' ? v : refuse('want true or false'));
export const map: Read<JsonObject> = (v) => (v instanceof Map ? v : refuse('want an object'));
export const pattern = (form: RegExp): Read<string> => only(text, (s) => form.test(s), `the form ${form.source}`);
const digits: Read<string> = (v) => (v instanceof Num && /^(0|[1-9][0-9]{0,15})$/.test(v.text) ? v.text : refuse('want an integer'));
export const integer = (min = 0, max = Number.MAX_SAFE_INTEGER): Read<number> =>
  only(as(digits, Number), (n) => n >= min && n <= max, `an integer from ${min} to ${max}`);

/** Bytes of a length from min to max. */
export function hex(min: number, max = min): Read<Hex> {
  const sized = (digits: number): boolean => digits % 2 === 0 && digits >= 2 * min && digits <= 2 * max;
  const fits = (s: Hex): boolean => sized(s.length - 2) && /^0x[0-9a-f]*$/.test(s);
  return only(text, fits, `${min} to ${max} bytes in lower-case hex`);
}
export const bytes = (min: number, max = min): Read<Bytes> => as(hex(min, max), fromHex);
export const base64Text: Read<Bytes> = as(text, base64);
export const hash = hex(32);

/** An address in EIP-55 form; where people write it also in one case. It is kept in lower case. */
export function address(byPeople = false): Read<Hex> {
  const inOneCase = (s: string): boolean => [s.toLowerCase(), `0x${s.slice(2).toUpperCase()}`].includes(s);
  const fits = (s: string): boolean => s === checksummed(s) || (byPeople && inOneCase(s));
  return as(only(pattern(/^0x[0-9a-fA-F]{40}$/), fits, 'an address with its checksum'), (s) => s.toLowerCase());
}
/** A chain by its CAIP-2 name. */
export const chain = only(pattern(/^eip155:[1-9][0-9]{0,15}$/), (s) => Number.isSafeInteger(Number(s.slice(7))), 'the number of a chain');
/** A registry by its CAIP-10 name. */
export interface Home {
  chain: string;
  registry: Hex;
}
export const home = (byPeople = false): Read<Home> =>
  as(text, (s) => ({ chain: chain(s.slice(0, s.lastIndexOf(':'))), registry: address(byPeople)(s.slice(s.lastIndexOf(':') + 1)) }));

const array: Read<Json[]> = (v) => (Array.isArray(v) ? v : refuse('want a list'));
export function list<T>(element: Read<T>, min = 0, max = Number.POSITIVE_INFINITY): Read<T[]> {
  const sized = only(array, (a) => a.length >= min && a.length <= max, `a list of ${min} to ${max}`);
  return as(sized, (a) => a.map((x, i) => within(`${i}`, () => element(x))));
}

/** An object with any members whose names are of one form. */
export const dict = <T>(name: Read<string>, member: Read<T>): Read<Map<string, T>> =>
  as(map, (o) => {
    const out = new Map([...o].map(([k, x]) => within(k, () => [name(k), member(x)])));
    return out.size === o.size ? out : refuse('a name is there twice');
  });

/** An object with these members and no others. */
export const object = <M extends Record<string, Read<unknown>>>(members: M): Read<{ [K in keyof M]: ReturnType<M[K]> }> =>
  as(map, (o) => {
    for (const k of o.keys()) if (!Object.hasOwn(members, k)) refuse(`the member ${JSON.stringify(k)} is not known`);
    const entries = Object.entries(members).map(([k, read]) => [k, within(k, () => read(o.get(k)))]);
    return Object.fromEntries(entries) as { [K in keyof M]: ReturnType<M[K]> };
  });
