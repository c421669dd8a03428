// The checks of the file itself: credential, validity, issuerSignature and recipient (section 8.3).
import { type Bytes, Refused, same, utf8 } from './bytes.js';
import { type Cid, isOfJson } from './cid.js';
import { type Json, type JsonObject, parseJson, writeJson } from './json.js';
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
      if (holds(cid, object)) return notRead('unreadable', 'document', 'the credential inside the file');
      return fail('altered', 'the file is not what was submitted');
    }
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    why = `a file that is no JSON with one meaning (${e.message})`;
    object = undefined;
  }
  if (cid.codec === 'raw' && !same(cid.hash(file), cid.digest)) {
    return plainPdf(file)
      ? fail('altered', 'the file is not what was submitted')
      : notRead('unreadable', 'document', 'what is inside the file');
  }
  if (cid.codec === 'json-jcs' && !object) return notRead('unreadable', 'document', why);
  run.document = object ? readDocument(object, others) : readOpaque(file, others);
  return pass('the file is what was submitted');
}

/** Reports whether an object within a JSON object, or in a text of it, is the credential; true, too, if that takes too long to tell. */
function holds(cid: Cid, object: JsonObject): boolean {
  let left = 4 << 20;
  const look = (v: Json): boolean => {
    try {
      if (typeof v === 'string') return /^[ \t\n\r]*[{[]/.test(v) && look(parseJson(utf8(v), 128));
      if (!(v instanceof Map) && !Array.isArray(v)) return false;
      left -= writeJson(v).length + 4096;
      return left < 0 || [...v.values()].some(look) || (v instanceof Map && isOfJson(cid, v));
    } catch (e) {
      if (e instanceof Refused) return false; // it has no such CID
      throw e;
    }
  };
  return [...object.values()].some(look);
}

/** Reports whether a file can hold nothing but itself: a PDF without a proof or a token in it. */
function plainPdf(file: Bytes): boolean {
  const text = new TextDecoder('latin1').decode(file);
  return text.startsWith('%PDF-') && !/hallmark|ey[\w-]{8}/.test(text);
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
