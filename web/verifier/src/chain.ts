// The checks of what was signed and recorded: inclusion, signature, anchor, finality and status (section 8.3).
import { fromHex, type Hex, join, keccak, ONES, Refused, toHex, utf8, ZERO } from './bytes.js';
import { cidOf } from './cid.js';
import { follow, signer, statusLeaf } from './commitment.js';
import type { StatusEntry } from './proof.js';
import { fail, type Outcome, pass, type Run, unknown } from './run.js';

const MONTH = 30 * 86400;

export function inclusion({ proof, leaf }: Run): Outcome {
  const { count, path } = proof.submission;
  const bits = (n: number): number => (n === 0 ? 0 : n.toString(2).length); // Math.log2 is not exact beyond 2^48
  const steps = [bits(count) - 1, bits(count - 1)];
  if (leaf === ZERO || leaf === ONES) return fail('not_in_submission', 'the leaf is a reserved value');
  if (!steps.includes(path.length)) return fail('not_in_submission', `no path of a submission of ${count} has ${path.length} steps`);
  return proof.batch ? pass('the paths lead to a batch') : unknown('pending', 'it is not anchored yet');
}

export function signature({ proof, digest }: Run): Outcome {
  const s = proof.submission;
  return signer(digest, s.signature) === s.issuer ? pass('the issuer signed it') : fail('signature_wrong', 'the issuer did not sign it');
}

const faulty = ({ reason, message }: Refused): Outcome => unknown(reason, `the evidence cannot be used: ${message}`);

export function anchor(run: Run): Outcome {
  const e = run.deciding;
  if (!run.proof.batch) return unknown('pending', 'it is not anchored yet');
  if (!run.passed('inclusion')) return run.notChecked('inclusion');
  if (!run.trust.chains.has(run.last)) return unknown('chain_unknown', `the trust store does not have ${run.last}`);
  if (run.circle) return unknown('chain_unknown', 'the successors of the chain form a circle');
  if (!e) return unknown('evidence_missing', `the proof has no evidence of ${run.last}`);
  if (!e.trusted) return unknown('registry_unknown', 'the trust store does not have the registry');
  if (e.anchoredAt instanceof Refused) return faulty(e.anchoredAt);
  if (e.anchoredAt > 0n || run.earliest) return pass('a registry had recorded it');
  return (e.final && run.line.length === 1 ? fail : unknown)('not_anchored', 'no registry is shown to have recorded it');
}

export function finality(run: Run): Outcome {
  const e = run.deciding;
  if (!run.passed('anchor') || !e) return run.notChecked('anchor');
  if (!e.final) return unknown('not_final', e.by);
  run.anchoredAt = Math.min(Number(e.anchoredAt) || Number.POSITIVE_INFINITY, run.earliest ?? Number.POSITIVE_INFINITY);
  run.statusAsOf = e.time;
  return pass(`final by ${e.by}`);
}

export function status(run: Run): Outcome {
  const e = run.deciding;
  if (!run.passed('finality') || !e) return run.notChecked('finality');
  const { now, maxStatusAge: limit = MONTH } = run.options;
  const retired = run.entries.some(({ anchor: { chain }, trusted, final, issuer }) => {
    const counts = trusted && final && (run.test || !run.trust.chains.get(chain)?.test);
    return counts && !(issuer instanceof Refused) && issuer.retiredFrom > 0n && issuer.retiredFrom <= BigInt(run.anchoredAt ?? 0);
  });
  if (retired && run.line.length > 1 && !run.earliest) return unknown('not_anchored', 'the key is retired, and the anchor may be older');
  if (retired) return fail('retired', 'the key of the issuer was retired before the anchor');
  if (e.issuer instanceof Refused) return faulty(e.issuer);
  const said = list(run, limit);
  const age = now - e.time;
  if (age >= -900 && age <= limit) return said;
  run.replacedBy = undefined;
  return age > limit ? unknown('status_old', 'the evidence is too old') : unknown('status_future', 'the evidence is dated after now');
}

/** Asks the list that answers: of the last chain of the line that has one, or else the home. */
function list(run: Run, limit: number): Outcome {
  for (const [i, id] of [...run.line.entries()].reverse()) {
    const decides = id === run.last;
    const e = decides ? run.deciding : run.counting(id);
    if (!e) return unknown('status_missing', `the proof has no entry of ${id} that counts`);
    if (e.issuer instanceof Refused) return faulty(e.issuer);
    const time = e.time;
    const since = run.trust.chains.get(id)?.successor?.since ?? 0;
    if (!decides && since - time > limit) return unknown('status_old', `the evidence of ${id} is too old`);
    const none = e.issuer.statusRoot === ZERO;
    if (none && i > 0) continue;
    run.statusAsOf = time;
    const shown = e.anchor.status;
    if (none) return shown.length > 0 ? unknown('evidence_bad', 'status entries of no list are shown') : pass('the issuer has no list');
    const { said, replacedBy } = listed(shown, e.issuer.statusRoot, run.leaf, run.root, run.proof.salt);
    if (replacedBy !== run.proof.credential.text) run.replacedBy = replacedBy;
    return said;
  }
  return unknown('status_missing', 'no list is shown');
}

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
