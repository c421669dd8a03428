// The check issuer (section 8.3): whether the address may speak for whom the credential names.
import { attempt, Refused } from './bytes.js';
import { fail, notRead, type Outcome, pass, type Run, unknown } from './run.js';
import { home as account, type Home } from './schema.js';
import { type Issuer, REGISTRY } from './trust.js';

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
function another({ document, trust }: Run): Outcome | undefined {
  const named = document?.issuer ?? '*';
  const complete = named !== '*' && [...trust.issuers.values()].some((i) => i.complete && i.ids.includes(named));
  return complete ? fail('name_of_another', 'the issuer whom the credential names has other keys') : undefined;
}

function byStore(run: Run, entry: Issuer): Outcome {
  const { home } = run.proof.submission;
  if (run.document && !entry.ids.includes('*')) {
    const { unread, issuer: named } = run.document;
    if (unread !== undefined) return notRead('issuer_unreadable', 'document', unread);
    if (named !== undefined && !entry.ids.includes(named))
      return another(run) ?? unknown('issuer_unknown', 'the trust store does not list the address for this issuer');
  }
  if (!(entry.homes ?? [run.trust.soleHome]).some((h) => alike(home, h)))
    return unknown('home_unknown', `the address is not known to sign for the registry on ${home.chain}`);
  const { notBefore, notAfter } = entry;
  const at = notBefore > 0 || notAfter > 0 ? run.anchoredAt : 0;
  if (at === undefined) return run.notChecked('finality');
  if (at < notBefore || (notAfter > 0 && at > notAfter)) return fail('issuer_time', 'the key is not believed for the time of the anchor');
  return pass('the trust store lists the address');
}

/** What can be told where the store does not have the address. Evidence of identity is not read. */
function byDocument(run: Run): Outcome {
  const { home, issuer: address, identity } = run.proof.submission;
  const { unread, issuer: named = '' } = run.document ?? {};
  if (unread !== undefined) return notRead('issuer_unreadable', 'document', unread);
  const other = another(run);
  if (other) return other;
  const key = named.startsWith('did:pkh:') ? attempt(() => account()(named.slice(8))) : undefined;
  if (key && !(key instanceof Refused) && key.registry === address) {
    const here = key.chain === home.chain && (home.registry === REGISTRY || alike(home, run.trust.soleHome));
    return here ? pass('the issuer is named by the address') : unknown('home_unknown', 'the credential names its key for another registry');
  }
  if (identity) return notRead('issuer_unknown', 'identity', 'evidence of who the issuer is');
  return unknown(run.file ? 'issuer_unknown' : 'issuer_unreadable', 'nothing says that the address speaks for the issuer');
}
