// The checks of what was signed and recorded: inclusion, signature, anchor, finality and status (section 8.3).
import { ONES, ZERO } from './bytes.js';
import { signer } from './commitment.js';
import { fail, type Outcome, pass, unknown } from './report.js';
import { DAY, type Run } from './run.js';
import { listed, replacement } from './status.js';

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

export function anchor(run: Run): Outcome {
  const e = run.deciding;
  if (!run.proof.batch) return unknown('pending', 'it is not anchored yet');
  if (!run.passed('inclusion')) return run.notChecked('inclusion');
  if (!run.trust.chains.has(run.last)) return unknown('chain_unknown', `the trust store does not have ${run.last}`);
  if (run.circle) return unknown('chain_unknown', 'the successors of the chain form a circle');
  if (!e) return unknown('evidence_missing', `the proof has no evidence of ${run.last}`);
  if (!e.trusted) return unknown('registry_unknown', 'the trust store does not have the registry');
  if (e.fault) return e.fault;
  if (e.anchoredAt !== 0n) return pass('the registry had recorded it');
  if (run.line.length > 1) {
    return run.earliest() ? pass('a registry had recorded it') : unknown('not_anchored', 'no registry is shown to have recorded it');
  }
  return (e.final.final ? fail : unknown)('not_anchored', 'the registry had not recorded it');
}

export function finality(run: Run): Outcome {
  const e = run.deciding;
  if (!run.passed('anchor') || !e) return run.notChecked('anchor');
  if (!e.final.final) return unknown('not_final', e.final.by);
  const [here, before] = [e.anchoredAt || undefined, run.earliest()];
  run.anchoredAt = Number(here === undefined || (before !== undefined && before < here) ? before : here);
  run.statusAsOf = Number(e.header?.time);
  return pass(`final by ${e.final.by}`);
}

export function status(run: Run): Outcome {
  const e = run.deciding;
  if (!run.passed('finality') || !e) return run.notChecked('finality');
  const { now, maxStatusAge: limit = 30 * DAY } = run.options;
  const retired = run.entries.some((x) => {
    const counts = x.trusted && x.final.final && (run.test || !run.trust.chains.get(x.anchor.chain)?.test);
    return counts && x.issuer && x.issuer.retiredFrom > 0n && x.issuer.retiredFrom <= BigInt(run.anchoredAt ?? 0);
  });
  if (retired && run.line.length > 1 && !run.earliest()) return unknown('not_anchored', 'the key is retired, and the anchor may be older');
  if (retired) return fail('retired', 'the key of the issuer was retired before the anchor');
  if (!e.issuer) return e.issuerFault ?? unknown('evidence_bad', 'the state of the issuer is not shown');
  let by: string | undefined;
  const says = list(run, limit, (cid) => {
    by = cid;
  });
  const age = now - Number(e.header?.time);
  if (age < -900) return unknown('status_future', 'the evidence is dated after now');
  if (age > limit) return unknown('status_old', 'the evidence is too old');
  run.replacedBy = by;
  return says;
}

/** Asks the list that answers: of the last chain of the line that has one, or else the home. */
function list(run: Run, limit: number, replacedBy: (cid: string) => void): Outcome {
  for (const [i, id] of [...run.line.entries()].reverse()) {
    const decides = id === run.last;
    const e = decides ? run.deciding : run.counting(id);
    if (!e) return unknown('status_missing', `the proof has no entry of ${id} that counts`);
    if (!e.issuer) return e.issuerFault ?? unknown('evidence_bad', `the entry of ${id} does not show the list`);
    const time = Number(e.header?.time);
    const since = run.trust.chains.get(id)?.successor?.since ?? 0;
    if (!decides && since - time > limit) return unknown('status_old', `the evidence of ${id} is too old`);
    const none = e.issuer.statusRoot === ZERO;
    if (none && i > 0) continue;
    run.statusAsOf = time;
    const shown = e.anchor.status ?? [];
    if (none) return shown.length > 0 ? unknown('evidence_bad', 'status entries of no list are shown') : pass('the issuer has no list');
    return listed(shown, e.issuer.statusRoot, run.leaf, run.root, (proven) => {
      const cid = replacement(proven, run.leaf, run.proof.salt);
      if (cid !== undefined && cid !== run.proof.credential.text) replacedBy(cid);
    });
  }
  return unknown('status_missing', 'no list is shown');
}
