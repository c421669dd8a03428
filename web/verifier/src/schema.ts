// Readers of what stands in a proof or a trust store: each takes a value of JSON and gives what it stands for, or throws.
import { type Bytes, checksummed, fromHex, type Hex, refuse } from './bytes.js';
import { type Json, Num } from './json.js';

export type Read<T> = (v: Json | undefined, at: string) => T;

export const text: Read<string> = (v, at) => (typeof v === 'string' ? v : refuse(`${at}: want a text`));
export const flag: Read<boolean> = (v, at) => (typeof v === 'boolean' ? v : refuse(`${at}: want true or false`));

export const integer =
  (min = 0, max = Number.MAX_SAFE_INTEGER): Read<number> =>
  (v, at) => {
    const ok = v instanceof Num && /^(0|[1-9][0-9]{0,15})$/.test(v.text) && Number(v.text) >= min && Number(v.text) <= max;
    return ok ? Number(v.text) : refuse(`${at}: want an integer from ${min} to ${max}`);
  };

export const pattern =
  (form: RegExp): Read<string> =>
  (v, at) =>
    typeof v === 'string' && form.test(v) ? v : refuse(`${at}: not of the form ${form.source}`);

/** Bytes of a length from min to max. */
export const hex =
  (min: number, max = min): Read<Hex> =>
  (v, at) => {
    const s = text(v, at);
    const ok = /^0x[0-9a-f]*$/.test(s) && s.length % 2 === 0 && s.length >= 2 + 2 * min && s.length <= 2 + 2 * max;
    return ok ? s : refuse(`${at}: want 0x and ${min} to ${max} bytes in lower-case hex`);
  };
export const hash = hex(32);

/** An address in EIP-55 form; with `lax` also in one case. It is kept in lower case. */
export const address =
  (lax = false): Read<Hex> =>
  (v, at) => {
    const s = pattern(/^0x[0-9a-fA-F]{40}$/)(v, at);
    const oneCase = s.slice(2) === s.slice(2).toLowerCase() || s.slice(2) === s.slice(2).toUpperCase();
    return s === checksummed(s) || (lax && oneCase) ? s.toLowerCase() : refuse(`${at}: the checksum of the address is wrong`);
  };

/** A chain by its CAIP-2 name. */
export const chain: Read<string> = (v, at) => {
  const s = pattern(/^eip155:[1-9][0-9]{0,15}$/)(v, at);
  return Number(s.slice(7)) <= Number.MAX_SAFE_INTEGER ? s : refuse(`${at}: the number of the chain is too large`);
};

/** A registry by its CAIP-10 name. */
export const home =
  (lax = false): Read<{ chain: string; registry: Hex }> =>
  (v, at) => {
    const s = text(v, at);
    const cut = s.lastIndexOf(':');
    return { chain: chain(s.slice(0, cut), at), registry: address(lax)(s.slice(cut + 1), at) };
  };

export const list =
  <T>(element: Read<T>, min = 0, max = Number.POSITIVE_INFINITY): Read<T[]> =>
  (v, at) =>
    Array.isArray(v) && v.length >= min && v.length <= max
      ? v.map((x, i) => element(x, `${at}[${i}]`))
      : refuse(`${at}: want a list of ${min} to ${max}`);

/** An object with any members whose names are of one form. */
export const dict =
  <T>(name: Read<string>, member: Read<T>): Read<Map<string, T>> =>
  (v, at) => {
    if (!(v instanceof Map)) return refuse(`${at}: want an object`);
    const out = new Map<string, T>();
    for (const [k, x] of v) {
      const key = name(k, at);
      if (out.has(key)) refuse(`${at}: ${key} is there twice`);
      out.set(key, member(x, `${at}.${k}`));
    }
    return out;
  };

/** An object with these members and no others. */
export const object =
  <M extends Record<string, Read<unknown>>>(members: M): Read<{ [K in keyof M]: ReturnType<M[K]> }> =>
  (v, at) => {
    if (!(v instanceof Map)) return refuse(`${at}: want an object`);
    for (const k of v.keys()) if (!Object.hasOwn(members, k)) refuse(`${at}: the member ${JSON.stringify(k)} is not known`);
    return Object.fromEntries(Object.entries(members).map(([k, read]) => [k, read(v.get(k), `${at}.${k}`)])) as {
      [K in keyof M]: ReturnType<M[K]>;
    };
  };

/** A member that may be absent. */
export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (v, at) =>
    v === undefined ? undefined : read(v, at);

/** A member that stands for a default where it is absent. */
export const withDefault =
  <T>(read: Read<T>, or: T): Read<T> =>
  (v, at) =>
    v === undefined ? or : read(v, at);

export const asBytes =
  (read: Read<Hex>): Read<Bytes> =>
  (v, at) =>
    fromHex(read(v, at));
