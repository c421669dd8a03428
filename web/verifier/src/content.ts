// The checks of the file itself: credential, validity, issuerSignature and recipient (section 8.3).
import { Refused, same } from './bytes.js';
import { isOfJson } from './cid.js';
import { type Json, type JsonObject, parseJson } from './json.js';
import { readDocument, readOpaque } from './names.js';
import { fail, notRead, type Outcome, pass, unknown } from './report.js';
import type { Run } from './run.js';

const LARGEST = 16 << 20; // of what is looked into

export function credential(run: Run): Outcome {
  const { file, trust, proof } = run;
  if (!file) return unknown('document_missing', 'no file was given');
  const cid = proof.credential;
  const others = [...trust.issuers].flatMap(([a, i]) => (a === proof.submission.issuer ? [] : i.ids.filter((id) => id !== '*')));
  let object: JsonObject | undefined;
  let why = 'files other than JSON';
  try {
    const json = file.length <= LARGEST ? parseJson(file, 128) : undefined;
    if (json instanceof Map) object = json;
    if (object && cid.codec === 'json-jcs' && !isOfJson(cid, object)) {
      if (holdsMore(object)) return notRead('unreadable', 'document', 'whether the credential is inside the file');
      return fail('altered', 'the file is not what was submitted');
    }
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    why = `a file that is no JSON with one meaning (${e.message})`;
    object = undefined;
  }
  if (cid.codec === 'raw' && !same(cid.hash(file), cid.digest))
    return notRead('unreadable', 'document', 'whether it is inside, or was changed');
  if (cid.codec === 'json-jcs' && !object) return notRead('unreadable', 'document', why);
  run.document = object ? readDocument(object, others) : readOpaque(file, others);
  return pass('the file is what was submitted');
}

/** Reports whether a JSON object holds what may be the credential: others, or texts in other forms. */
function holdsMore(object: JsonObject): boolean {
  const suspect = (v: Json): boolean =>
    v instanceof Map || (Array.isArray(v) ? v.some(suspect) : typeof v === 'string' && /[{\\%]|e[w-z0-9+/_-][\w+/=-]{8,}/.test(v));
  return [...object].some(([name, v]) => /credential|assertion|data|document|vc|proof/i.test(name) && suspect(v));
}

/** What is said of a file that was not given, or is not the credential. */
function noDocument(run: Run): Outcome | undefined {
  if (!run.file) return unknown('document_missing', 'no file was given');
  return run.document ? undefined : run.notChecked('credential');
}

export function validity(run: Run): Outcome {
  const doc = run.document;
  if (!doc) return noDocument(run) as Outcome;
  const unread = doc.unread ?? doc.unclear;
  if (unread !== undefined) return notRead('dates_unreadable', 'dates', unread);
  const { now, allowExpired } = run.options;
  const end = allowExpired ? [] : doc.end;
  if (doc.start.some((b) => now < b.from)) return fail('not_yet_valid', 'it is not valid yet');
  if (end.some((b) => now > b.to)) return fail('expired', 'it has expired');
  const open = doc.start.some((b) => now < b.to) || end.some((b) => now > b.from);
  return open ? unknown('dates_unreadable', 'its dates have no time zone, and hold in some only') : pass('its dates hold');
}

export function issuerSignature(run: Run): Outcome {
  const doc = run.document;
  if (!doc || !run.file) return noDocument(run) as Outcome;
  if (run.file.length > LARGEST) return unknown('unreadable', 'the file is too long to look for a signature of its own');
  if (doc.signed) return notRead('signature_unsupported', 'own signature', 'its own signature');
  return unknown('signature_absent', 'it brings along no signature of its own');
}

export function recipient(run: Run): Outcome {
  return noDocument(run) ?? notRead('recipient_unknown', 'recipient', 'whom it is about');
}
