// The checks of the file itself: credential, validity, issuerSignature and recipient (section 8.3).
import { attempt, type Bytes, Refused, refuse, utf8 } from './bytes.js';
import { type Cid, isOfJson } from './cid.js';
import { type Json, parseJson } from './json.js';
import { readDocument, readOpaque } from './names.js';
import { fail, notRead, type Outcome, pass, unknown } from './report.js';
import type { Run } from './run.js';

const LARGEST = 16 << 20; // of what is looked into
const SEARCHED = 64 << 20; // bytes times objects, where something else than the credential is looked for what it carries inside

export function credential(run: Run): Outcome {
  const { file, trust, proof } = run;
  if (!file) return unknown('document_missing', 'no file was given');
  const { credential: cid, submission } = proof;
  const json = attempt(() => (file.length <= LARGEST ? parseJson(file, 128) : refuse('it is too long')));
  const object = json instanceof Map ? json : undefined;
  const is = attempt(() => (cid.codec === 'raw' ? cid.is(file) : isOfJson(cid, object ?? refuse('it is no object of JSON'))));
  if (is instanceof Refused) return notRead('unreadable', 'document', `a file that is no JSON with one meaning (${is.message})`);
  if (!is) {
    const inside = cid.codec === 'raw' ? !plainPdf(file) : holds(cid, object ?? null, { tries: SEARCHED / file.length });
    return inside ? notRead('unreadable', 'document', 'what is inside the file') : fail('altered', 'the file is not what was submitted');
  }
  const others = [...trust.issuers].flatMap(([a, i]) => (a === submission.issuer ? [] : i.ids.filter((id) => id !== '*')));
  run.document = object ? readDocument(object, others) : readOpaque(file, others);
  return pass('the file is what was submitted');
}

/** Reports whether a value is the credential, or something inside of it or of a text in it; true, too, if that takes too long to tell. */
function holds(cid: Cid, v: Json, left: { tries: number }): boolean {
  if (typeof v === 'string') {
    const inside = /^[ \t\n\r]*[{[]/.test(v) ? attempt(() => parseJson(utf8(v), 128)) : null;
    return !(inside instanceof Refused) && holds(cid, inside, left);
  }
  if (!(v instanceof Map) && !Array.isArray(v)) return false;
  if ([...v.values()].some((x) => holds(cid, x, left))) return true;
  return v instanceof Map && (--left.tries < 0 || attempt(() => isOfJson(cid, v)) === true);
}

/** Reports whether a file can hold nothing but itself: a PDF without a proof or a token in it. */
function plainPdf(file: Bytes): boolean {
  const text = new TextDecoder('latin1').decode(file);
  return text.startsWith('%PDF-') && !/hallmark|ey[\w-]{8}/.test(text);
}

/** What is said where there is no file, or it is not the credential. */
const noDocument = (run: Run): Outcome => (run.file ? run.notChecked('credential') : unknown('document_missing', 'no file was given'));

export function validity(run: Run): Outcome {
  const doc = run.document;
  if (!doc) return noDocument(run);
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
  if (!run.document || !run.file) return noDocument(run);
  if (run.file.length > LARGEST) return unknown('unreadable', 'the file is too long to look for a signature of its own');
  if (run.document.signed) return notRead('signature_unsupported', 'own signature', 'its own signature');
  return unknown('signature_absent', 'it brings along no signature of its own');
}

export const recipient = (run: Run): Outcome =>
  run.document ? notRead('recipient_unknown', 'recipient', 'whom it is about') : noDocument(run);
