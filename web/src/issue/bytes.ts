import { keccak_256 } from '@noble/hashes/sha3.js';

/** keccak is Keccak-256 of parts, one after the other (section 1 of the specification). */
export function keccak(...parts: Uint8Array[]): Uint8Array {
  return keccak_256(parts.length === 1 && parts[0] ? parts[0] : concat(...parts));
}

/** concat joins bytes. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** compare orders hashes as unsigned big-endian numbers. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = (a[i] ?? 0) - (b[i] ?? 0);
    if (order !== 0) {
      return order;
    }
  }
  return a.length - b.length;
}

/** hex writes bytes as 0x and lower-case digits. */
export function hex(bytes: Uint8Array): string {
  let text = '0x';
  for (const b of bytes) {
    text += b.toString(16).padStart(2, '0');
  }
  return text;
}

/** unhex reads 0x and digits of either case; undefined for anything else, and if there are not length bytes. */
export function unhex(text: string, length?: number): Uint8Array | undefined {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text) || (length !== undefined && text.length !== 2 + 2 * length)) {
    return undefined;
  }
  return Uint8Array.from({ length: text.length / 2 - 1 }, (_, i) =>
    Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16),
  );
}

/** word is an integer or an address, or other bytes, in 32 bytes: what is short has zeros in front. */
export function word(value: number | bigint | Uint8Array): Uint8Array {
  const out = new Uint8Array(32);
  if (value instanceof Uint8Array) {
    out.set(value, 32 - value.length);
    return out;
  }
  let rest = BigInt(value);
  for (let i = 31; rest > 0n; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** ascii encodes text. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** pause lets the page draw and answer, in the midst of long work. */
export function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done));
}
