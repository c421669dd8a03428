// The file: what it says of itself (section 8.5), and the checks credential, validity, issuerSignature and recipient (section 8.3).
import { attempt, type Bytes, Refused, refuse, utf8 } from './bytes.js';
import { type Cid, isOfJson } from './cid.js';
import { type Json, type JsonObject, parseJson } from './json.js';
import { fail, notRead, type Outcome, pass, type Run, unknown } from './run.js';

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

// What follows reads Verifiable Credentials in JSON of which it knows every member that counts, and PDFs, which name nobody. All
// else is not read, and so nothing is told of it.

/** What a document says of itself. */
export interface Document {
  issuer?: string; // none: it names nobody, or it was not read
  unread?: string; // what was not read, where whom it names is not told
  start: Bound[];
  end: Bound[];
  unclear?: string | undefined; // why its dates are not told
  signed: boolean; // it brings along signatures of its own
}
type Bound = NonNullable<ReturnType<typeof readDate>>;

const CONTEXTS = ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/2018/credentials/v1'];
// Members that hold texts, and members that are about others than the issuer and the dates.
const PLAIN = ['@context', 'type', 'id', 'name', 'description'];
const ISSUER_PLAIN = ['type', 'id', 'name', 'description', 'url', 'email', 'phone'];
const ISSUER_APART = ['endorsement', 'endorsementJwt', 'image'];
const CLAIMS = ['credentialSubject', 'evidence', 'proof', 'credentialStatus', 'credentialSchema', 'refreshService', 'termsOfUse'];
const APART = [...ISSUER_APART, ...CLAIMS];
const ISSUED = ['issuanceDate', 'issuedOn', 'issued'];
const END = ['validUntil', 'expirationDate', 'expires'];
const DATES = ['validFrom', 'awardedDate', ...ISSUED, ...END];

/** A text that may be, or hold, another document, a token or a statement about validity, or is too long to tell. */
const suspect = (text: string): boolean => text.length > 5000 || SUSPECT.test(text);
const SUSPECT =
  /[{}<>\\]|e[w-z0-9+/_-][\w+/=-]{8,}\s*\.|data:|^\s*(revoked|suspended|expired)\s*$|&#|%[0-9a-f]{2}|[\w+/=-]{40}|:\/\/.*:\/\//i;
/** A name of a member that may end, or revoke, what it says. */
const MAY_END = /expir|valid|until|through|revo|notafter|end/i;
const mayEnd = (v: Json | undefined): boolean =>
  (Array.isArray(v) && v.some(mayEnd)) || (v instanceof Map && [...v].some(([name, x]) => MAY_END.test(name) || mayEnd(x)));

const unread = (what: string): Document => ({ unread: what, start: [], end: [], signed: true });

/** Reads a file that is no JSON object. `others` are the issuers that the trust store lists, but not for the signer. */
export function readOpaque(file: Bytes, others: string[]): Document {
  const latin1 = (b: Bytes): string => new TextDecoder('latin1').decode(b);
  const text = latin1(file);
  if (!text.startsWith('%PDF-')) return unread('files of this kind');
  if (others.some((id) => text.includes(latin1(utf8(id))))) return unread('files in which another issuer is named');
  return { start: [], end: [], signed: false };
}

const listOf = (v: Json | undefined): Json[] => (Array.isArray(v) ? v : v === undefined ? [] : [v]);

/** Reads a JSON object. */
export function readDocument(o: JsonObject, others: string[]): Document {
  const contexts = listOf(o.get('@context'));
  const types = listOf(o.get('type'));
  const known = CONTEXTS.includes(contexts[0] as string) && types.includes('VerifiableCredential');
  const plain = types.every((t) => typeof t === 'string' && /^(?!Enveloped)[A-Z][A-Za-z]*Credential$/.test(t));
  const ofOthers = contexts.some((c) => typeof c !== 'string' || /openbadges|blockcerts|obi|openattestation/i.test(c));
  if (!known || !plain || ofOthers) return unread('documents of this kind');

  const stated = o.get('issuer');
  const issuer = stated instanceof Map ? stated.get('id') : stated;
  /** Why an object is not read: a member that is not known, or a text that may say more than it seems. */
  const hindrance = (of: JsonObject, texts: string[], more: string[]): string | undefined => {
    const read = (name: string, v: Json): boolean => {
      const names = others.filter(() => of === o || name !== 'id'); // of issuers that it must not name
      return texts.includes(name)
        ? listOf(v).every((t) => typeof t === 'string' && !suspect(t) && !names.includes(t))
        : more.includes(name);
    };
    const bad = [...of].find(([name, v]) => !read(name, v));
    return bad && `the member ${JSON.stringify(bad[0])}`;
  };
  const ofIssuer = stated instanceof Map ? hindrance(stated, ISSUER_PLAIN, ISSUER_APART) : undefined;
  const what = hindrance(o, PLAIN, [...APART, ...DATES, 'issuer']) ?? ofIssuer;
  if (what !== undefined) return unread(what);
  if (typeof issuer !== 'string' || issuer === '' || suspect(issuer)) return unread('an issuer of this form');

  let unclear = mayEnd(o.get('credentialSubject')) ? 'claims that may have an end' : undefined;
  const dates = (names: string[]): Bound[] => {
    const stated = names.map((name) => o.get(name) ?? null).filter((v) => v !== null);
    const found = stated.flatMap((v) => (typeof v === 'string' && readDate(v)) || []);
    if (stated.length > 1 || found.length < stated.length) unclear = 'a date of this form, or two of one kind';
    return found;
  };
  dates(['awardedDate']);
  const start = [...dates(['validFrom']), ...dates(ISSUED)];
  const end = dates(END);
  const own = listOf(o.get('proof')).filter((p) => !(p instanceof Map && p.get('cryptosuite') === 'hallmark-2026'));
  return { issuer, start, end, unclear, signed: own.length > 0 };
}

/** The first and last moment, in Unix seconds, that a date and time of RFC 3339 with a zone, or a day, may mean; undefined if it is neither. */
export function readDate(text: string) {
  const [, day = '', time, fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{1,9})?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000;
  if (Number.isNaN(midnight) || !new Date(midnight * 1000).toISOString().startsWith(day) || day < '1583') return undefined;
  if (time === undefined) return { from: midnight - 14 * 3600, to: midnight + 36 * 3600 };
  const at = Date.parse(`${day}T${time}${zone}`) / 1000;
  return { from: /[1-9]/.test(fraction) ? at + 1 : at, to: at }; // now is in whole seconds, and a number cannot hold nanoseconds
}
