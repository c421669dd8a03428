// Status lists (section 5): what shown entries say about an id, and what replaces a credential.
import { fromHex, type Hex, keccak, toHex, utf8, ZERO } from './bytes.js';
import { cidOf } from './cid.js';
import { follow, statusLeaf } from './commitment.js';
import type { StatusEntry } from './proof.js';
import { fail, type Outcome, pass, unknown } from './report.js';

/** Holds entries against the root of a list: those of the leaf and then of the submission's root decide. */
export function listed(
  entries: StatusEntry[],
  root: Hex,
  leaf: Hex,
  submission: Hex,
  replacedBy: (proven: StatusEntry[]) => void,
): Outcome {
  const proven = entries.filter((e) => follow(statusLeaf(e.id, e.code, e.next), e.path) === root && (e.code === 0) === (e.id === ZERO));
  const spans = (e: StatusEntry, id: Hex): boolean => e.id < id && id < e.next;
  let missing: string | undefined;
  for (const [id, what] of Object.entries({ [leaf]: 'the credential', [submission]: 'the whole submission' })) {
    const own = proven.find((e) => e.id === id);
    if (own?.code === 1) return fail('suspended', `${what} is suspended`);
    if (own?.code === 2) {
      if (id === leaf) replacedBy(proven);
      return fail('revoked', `${what} is revoked`);
    }
    if (own || !proven.some((e) => spans(e, id))) missing = `no entry that can be read tells whether ${what} is listed`;
  }
  if (missing !== undefined) return unknown('status_missing', missing);
  const belongs = (e: StatusEntry): boolean => spans(e, leaf) || spans(e, submission);
  if (proven.length < entries.length || !proven.every(belongs))
    return unknown('evidence_bad', 'a status entry is not of the list, or says nothing here');
  return pass('neither the credential nor the submission is listed');
}

/** The CID of what replaces a revoked leaf (section 5.1), if two entries say so. */
export function replacement(proven: StatusEntry[], leaf: Hex, salt: Hex): string | undefined {
  const half = (what: string, i: number, ...of: Hex[]): Hex =>
    keccak(toHex(utf8(`hallmark ${what}`)), i === 0 ? '0x00' : '0x01', leaf, ...of).slice(0, 34);
  const [a, b] = [0, 1].map((i) => {
    const found = proven.filter((e) => e.id.startsWith(half('replaced', i)));
    return found.length === 1 ? found[0] : undefined;
  });
  if (!a || !b || a.code !== b.code || (a.code !== 3 && a.code !== 4)) return undefined;
  const digest = [a, b].flatMap((e, i) => {
    const key = fromHex(half('replacement', i, salt));
    return [...fromHex(`0x${e.id.slice(34)}`)].map((x, k) => x ^ (key[k] ?? 0));
  });
  return cidOf(Uint8Array.from([...(a.code === 3 ? [1, 0x81, 0xec, 0x02] : [1, 0x55]), 0x12, 32, ...digest])).text;
}
