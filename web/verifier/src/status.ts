// Status lists (section 5): what shown entries say about an id, and what replaces a credential.
import { fromHex, type Hex, keccak, toHex, utf8, ZERO } from './bytes.js';
import { cidOf } from './cid.js';
import { follow, statusLeaf } from './commitment.js';
import type { StatusEntry } from './proof.js';
import { fail, type Outcome, pass, unknown } from './report.js';

export interface Status extends Outcome {
  replacedBy?: string;
}

/** Holds entries against the root of a list: those of the leaf and then of the submission's root decide. */
export function listed(entries: StatusEntry[], statusRoot: Hex, leaf: Hex, salt: Hex, submission: Hex, self: string): Status {
  const proven = entries.filter(
    (e) => follow(statusLeaf(e.id, e.code, e.next), e.path) === statusRoot && (e.code === 0) === (e.id === ZERO),
  );
  const halves = [0, 1].map((i) => proven.filter((e) => e.id.startsWith(half('hallmark replaced', i, leaf))));
  let missing: string | undefined;
  for (const [id, what] of [
    [leaf, 'the credential'],
    [submission, 'the whole submission'],
  ] as const) {
    const own = proven.find((e) => e.id === id);
    if (own?.code === 1) return fail('suspended', `${what} is suspended`);
    if (own?.code === 2) {
      const by = id === leaf ? replacement(halves, leaf, salt, self) : undefined;
      return { ...fail('revoked', `${what} is revoked`), ...(by === undefined ? {} : { replacedBy: by }) };
    }
    if (own || !proven.some((e) => e.id < id && id < e.next))
      missing = `no entry tells whether ${what} is listed, or one of a code that is not known`;
  }
  if (missing !== undefined) return unknown('status_missing', missing);
  const spans = (e: StatusEntry, id: Hex): boolean => e.id === id || (e.id < id && id < e.next);
  if (proven.length < entries.length) return unknown('evidence_bad', 'a status entry does not belong to the list of the issuer');
  if (!proven.every((e) => spans(e, leaf) || spans(e, submission)))
    return unknown('evidence_bad', 'a status entry says nothing about the credential');
  return pass('neither the credential nor the submission is listed');
}

/** The first 16 bytes of a hash of section 5.1, as hex. */
const half = (text: string, i: number, leaf: Hex, salt = '0x'): Hex =>
  keccak(toHex(utf8(text)), i === 0 ? '0x00' : '0x01', leaf, salt).slice(0, 34);

function replacement(halves: StatusEntry[][], leaf: Hex, salt: Hex, self: string): string | undefined {
  const [a, b] = halves.map((found) => (found.length === 1 ? found[0] : undefined));
  if (!a || !b || a.code !== b.code || (a.code !== 3 && a.code !== 4)) return undefined;
  const digest = [a, b].flatMap((e, i) => {
    const key = fromHex(half('hallmark replacement', i, leaf, salt));
    return [...fromHex(`0x${e.id.slice(34)}`)].map((x, k) => x ^ (key[k] ?? 0));
  });
  const cid = cidOf(Uint8Array.from([...(a.code === 3 ? [1, 0x81, 0xec, 0x02] : [1, 0x55]), 0x12, 32, ...digest])).text;
  return cid === self ? undefined : cid;
}
