// The check issuer (section 8.3): whether the address may speak for whom the credential names.
import type { Hex } from './bytes.js';
import { fail, notRead, type Outcome, pass, unknown } from './report.js';
import type { Run } from './run.js';
import { home as account } from './schema.js';
import type { Issuer } from './trust.js';

const REGISTRY = '0x7ab49bc95cb10c121f6afa6805ee7eb392b1a3aa'; // section 4.1
type Home = { chain: string; registry: Hex };
const alike = (a: Home, b: Home | undefined): boolean => a.chain === b?.chain && a.registry === b.registry;

export function issuer(run: Run): Outcome {
  if (!run.passed('signature')) return run.notChecked('signature');
  if (run.file && !run.passed('credential')) return run.notChecked('credential');
  const entry = run.trust.issuers.get(run.proof.submission.issuer);
  const found = entry ? byStore(run, entry) : byDocument(run);
  const { issuer: asked } = run.options;
  if (found.result === 'fail' || asked === undefined || asked === run.document?.issuer) return found;
  return notRead('issuer_unknown', 'asked issuer', 'whether it is the issuer who was asked for');
}

/** The outcome where the store has the issuer whom the credential names for other addresses, and says that these are all. */
function another(run: Run): Outcome | undefined {
  const named = run.document?.issuer;
  const complete = [...run.trust.issuers.values()].some((i) => i.complete && named !== undefined && named !== '*' && i.ids.includes(named));
  return complete ? fail('name_of_another', 'the issuer whom the credential names has other keys') : undefined;
}

function byStore(run: Run, entry: Issuer): Outcome {
  const doc = run.document;
  const { home } = run.proof.submission;
  if (!entry.ids.includes('*') && doc) {
    if (doc.unread) return notRead('issuer_unreadable', 'document', doc.unread);
    const unlisted = another(run) ?? unknown('issuer_unknown', 'the trust store does not list the address for this issuer');
    if (doc.issuer !== undefined && !entry.ids.includes(doc.issuer)) return unlisted;
  }
  if (!(entry.homes ?? [run.trust.soleHome]).some((h) => alike(home, h))) {
    return unknown('home_unknown', `the address is not known to sign for the registry on ${home.chain}`);
  }
  if (entry.notBefore > 0 || entry.notAfter > 0) {
    const at = run.anchoredAt;
    if (at === undefined) return run.notChecked('finality');
    const within = at >= entry.notBefore && (entry.notAfter === 0 || at <= entry.notAfter);
    if (!within) return fail('issuer_time', 'the key is not believed for the time of the anchor');
  }
  return pass('the trust store lists the address');
}

/** What can be told where the store does not have the address. Evidence of identity is not read. */
function byDocument(run: Run): Outcome {
  const { home, issuer: address, identity } = run.proof.submission;
  if (run.document?.unread) return notRead('issuer_unreadable', 'document', run.document.unread);
  const named = run.document?.issuer ?? '';
  const key = accountOf(named);
  const other = another(run);
  if (other) return other;
  if (key?.registry === address) {
    const here = key.chain === home.chain && (home.registry === REGISTRY || alike(home, run.trust.soleHome));
    return here ? pass('the issuer is named by the address') : unknown('home_unknown', 'the credential names its key for another registry');
  }
  if (identity) return notRead('issuer_unknown', 'identity', 'evidence of who the issuer is');
  return unknown(run.file ? 'issuer_unknown' : 'issuer_unreadable', 'nothing says that the address speaks for the issuer');
}

/** The account that an identifier of the method did:pkh is. */
function accountOf(id: string): Home | undefined {
  try {
    return id.startsWith('did:pkh:') ? account()(id.slice(8), 'the account') : undefined;
  } catch {
    return undefined;
  }
}
