// The checks of what was signed and recorded: inclusion, signature, anchor, finality and status (section 8.3).
import { ONES, Refused, ZERO } from './bytes.js';
import { signer } from './commitment.js';
import { fail, type Outcome, pass, unknown } from './report.js';
import { DAY, type Run } from './run.js';
import { listed } from './status.js';

export function inclusion({ proof, leaf }: Run): Outcome {
  const { count, path } = proof.submission;
  const steps = [Math.floor(Math.log2(count)), Math.ceil(Math.log2(count))];
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
  if (e.anchoredAt > 0n || run.earliest()) return pass('a registry had recorded it');
  return (e.final && run.line.length === 1 ? fail : unknown)('not_anchored', 'no registry is shown to have recorded it');
}

export function finality(run: Run): Outcome {
  const e = run.deciding;
  if (!run.passed('anchor') || !e) return run.notChecked('anchor');
  if (!e.final) return unknown('not_final', e.by);
  run.anchoredAt = Math.min(Number(e.anchoredAt) || Number.POSITIVE_INFINITY, run.earliest() ?? Number.POSITIVE_INFINITY);
  run.statusAsOf = Number(e.header?.time);
  return pass(`final by ${e.by}`);
}

export function status(run: Run): Outcome {
  const e = run.deciding;
  if (!run.passed('finality') || !e) return run.notChecked('finality');
  const { now, maxStatusAge: limit = 30 * DAY } = run.options;
  const retired = run.entries.some(({ anchor: { chain }, trusted, final, issuer }) => {
    const counts = trusted && final && (run.test || !run.trust.chains.get(chain)?.test);
    return counts && !(issuer instanceof Refused) && issuer.retiredFrom > 0n && issuer.retiredFrom <= BigInt(run.anchoredAt ?? 0);
  });
  if (retired && run.line.length > 1 && !run.earliest()) return unknown('not_anchored', 'the key is retired, and the anchor may be older');
  if (retired) return fail('retired', 'the key of the issuer was retired before the anchor');
  if (e.issuer instanceof Refused) return faulty(e.issuer);
  const said = list(run, limit);
  const age = now - Number(e.header?.time);
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
    const time = Number(e.header?.time);
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
