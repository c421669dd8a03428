// Status lists (section 5): what shown entries say about an id, and what replaces a credential.
import { fromHex, type Hex, join, keccak, toHex, utf8, ZERO } from './bytes.js';
import { cidOf } from './cid.js';
import { follow, statusLeaf } from './commitment.js';
import type { StatusEntry } from './proof.js';
import { fail, type Outcome, pass, unknown } from './report.js';

/** Holds entries against the root of a list: those of the leaf and then of the submission's root decide. Tells also what replaces it. */
export function listed(
  entries: StatusEntry[],
  root: Hex,
  leaf: Hex,
  submission: Hex,
  salt: Hex,
): { said: Outcome; replacedBy?: string | undefined } {
  const proven = entries.filter((e) => follow(statusLeaf(e.id, e.code, e.next), e.path) === root && (e.code === 0) === (e.id === ZERO));
  const spans = (e: StatusEntry, id: Hex): boolean => e.id < id && id < e.next;
  let said: Outcome | undefined;
  for (const id of [leaf, submission]) {
    const what = id === leaf ? 'the credential' : 'the whole submission';
    const own = proven.find((e) => e.id === id);
    if (own?.code === 1) return { said: fail('suspended', `${what} is suspended`) };
    if (own?.code === 2) {
      return { said: fail('revoked', `${what} is revoked`), replacedBy: id === leaf ? replacement(proven, leaf, salt) : undefined };
    }
    if (own || !proven.some((e) => spans(e, id))) said = unknown('status_missing', `no entry that can be read tells of ${what}`);
  }
  const belong = proven.length === entries.length && proven.every((e) => spans(e, leaf) || spans(e, submission));
  said ??= belong
    ? pass('neither the credential nor the submission is listed')
    : unknown('evidence_bad', 'a status entry does not belong here');
  return { said };
}

/** The CID of what replaces a revoked leaf (section 5.1), if two entries say so. */
function replacement(proven: StatusEntry[], leaf: Hex, salt: Hex): string | undefined {
  const half = (what: string, i: number, ...of: Hex[]): Hex => keccak(toHex(utf8(`hallmark ${what}`)), `0x0${i}`, leaf, ...of).slice(0, 34);
  const [a, b, ...more] = [0, 1].flatMap((i) => proven.filter((e) => e.id.startsWith(half('replaced', i))));
  if (!a?.id.startsWith(half('replaced', 0)) || !b?.id.startsWith(half('replaced', 1)) || more.length > 0) return undefined;
  if (a.code !== b.code || (a.code !== 3 && a.code !== 4)) return undefined;
  const key = fromHex(join(half('replacement', 0, salt), half('replacement', 1, salt)));
  const hidden = fromHex(`0x${a.id.slice(34)}${b.id.slice(34)}`);
  return cidOf(
    Uint8Array.from([...(a.code === 3 ? [1, 0x81, 0xec, 0x02] : [1, 0x55]), 0x12, 32, ...hidden.map((x, i) => x ^ (key[i] ?? 0))]),
  ).text;
}
