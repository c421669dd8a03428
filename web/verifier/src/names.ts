// Whom a document names, and its dates (section 8.5), as far as this implementation reads: Verifiable Credentials in JSON, of
// whose members it knows every one, and files that hold no document. All else is not read, and so nothing is told of it.
import { type Bytes, utf8 } from './bytes.js';
import type { Json, JsonObject } from './json.js';

/** What a document says of itself. */
export interface Document {
  issuer: string | undefined; // undefined: nobody, or it was not read
  opaque: boolean;
  unread: string | undefined; // what was not read, where whom it names is not told
  start: Bound[];
  issued: Bound[];
  end: Bound[];
  unclear: string | undefined; // why its dates cannot be told
  signed: boolean; // it brings along signatures of its own
}
/** The first and last moment that a date may mean, in Unix seconds. */
export interface Bound {
  from: number;
  to: number;
}

const APART = [
  ...['credentialSubject', 'evidence', 'proof', 'credentialStatus', 'credentialSchema', 'refreshService', 'termsOfUse'],
  ...['endorsement', 'endorsementJwt', 'image'],
];
const ISSUER_APART = ['endorsement', 'endorsementJwt', 'image'];
const PLAIN = ['@context', 'type', 'id', 'name', 'description'];
const ISSUER_PLAIN = ['type', 'id', 'name', 'description', 'url', 'email', 'phone'];
const START = ['validFrom'];
const ISSUED = ['issuanceDate', 'issuedOn', 'issued'];
const END = ['validUntil', 'expirationDate', 'expires'];
const CONTEXTS = ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/2018/credentials/v1'];

/** A text that may be, or hold, another document, a token or a statement about validity. */
const SUSPECT =
  /[{}<>\\]|e[w-z0-9+/_-][\w+/=-]{8,}\s*\.|data:|^\s*(revoked|suspended|expired)\s*$|&#|%[0-9a-f]{2}|[\w+/=-]{40}|:\/\/.*:\/\//i;

const unread = (what: string): Document => ({
  ...{ issuer: undefined, opaque: false, unread: what, start: [], issued: [], end: [], unclear: what, signed: true },
});

/** Reads a file that holds no JSON object. `others` are the issuers that the trust store lists, but not for the signer. */
export function readOpaque(file: Bytes, others: string[]): Document {
  const text = new TextDecoder('latin1').decode(file);
  if (!text.startsWith('%PDF-')) return unread('files of this kind');
  if (others.some((id) => text.includes(new TextDecoder('latin1').decode(utf8(id)))))
    return unread('files in which another issuer is named');
  return { ...unread(''), opaque: true, unread: undefined, unclear: undefined, signed: false };
}

/** Reads a JSON object. */
export function readDocument(o: JsonObject, others: string[]): Document {
  const listOf = (v: Json | undefined): Json[] => (Array.isArray(v) ? v : v === undefined ? [] : [v]);
  const isText = (v: Json | undefined): v is string => typeof v === 'string';
  const contexts = listOf(o.get('@context'));
  const types = listOf(o.get('type'));
  if (!contexts.every(isText) || !types.every(isText)) return unread('documents with a context of their own');
  const known = CONTEXTS.includes(contexts[0] as string) && types.includes('VerifiableCredential');
  const plainTypes = types.every((t) => /^[A-Z][A-Za-z]*Credential$/.test(t) && !t.startsWith('Enveloped'));
  if (!known || !plainTypes || contexts.some((c) => /openbadges|blockcerts|obi|openattestation/i.test(c)))
    return unread('documents of this kind');

  let what: string | undefined;
  const texts = (v: Json | undefined, name: string): void => {
    const all = listOf(v);
    if (!all.every((t) => typeof t === 'string' && !SUSPECT.test(t))) what ??= `what stands in the member "${name}"`;
    if (all.some((t) => others.includes(t as string))) what ??= `a document that holds the name of another issuer`;
  };
  for (const [name, v] of o) {
    if (PLAIN.includes(name)) texts(v, name);
    else if (![...APART, ...START, ...ISSUED, ...END, 'issuer', 'awardedDate'].includes(name)) what ??= `the member "${name}"`;
  }
  const issuer = o.get('issuer');
  const id = issuer instanceof Map ? issuer.get('id') : issuer;
  if (issuer instanceof Map) {
    for (const [name, v] of issuer) {
      if (ISSUER_PLAIN.includes(name)) {
        if (name !== 'id') texts(v, `issuer.${name}`);
      } else if (!ISSUER_APART.includes(name)) what ??= `the member "issuer.${name}"`;
    }
  }
  if (!isText(id) || id === '' || SUSPECT.test(id)) what ??= 'an issuer of this form';
  if (what !== undefined) return unread(what);

  let unclear: string | undefined;
  const dates = (names: string[]): Bound[] =>
    names.flatMap((name) => {
      const v = o.get(name);
      if (v === undefined || v === null) return [];
      const date = typeof v === 'string' ? readDate(v) : undefined;
      if (date === undefined) unclear ??= `the date in "${name}" is not read`;
      return date === undefined ? [] : [date];
    });
  const [start, issued, end] = [dates(START), dates(ISSUED), dates(END)];
  if (issued.length > 1 || end.length > 1) unclear ??= 'documents that state a date twice are not read';
  if (mayEnd(o.get('credentialSubject') ?? null)) unclear ??= 'claims that may have an end are not read';
  if (o.has('awardedDate') && readDate(String(o.get('awardedDate'))) === undefined) unclear ??= 'the date in "awardedDate" is not read';
  const proofs = listOf(o.get('proof')).filter((p) => !(p instanceof Map && p.get('cryptosuite') === 'hallmark-2026'));
  return { issuer: id as string, opaque: false, unread: undefined, start, issued, end, unclear, signed: proofs.length > 0 };
}

/** Reports whether there is a member in it that may end, or revoke, what it says by its name. */
function mayEnd(v: Json): boolean {
  if (Array.isArray(v)) return v.some(mayEnd);
  if (!(v instanceof Map)) return false;
  return [...v].some(([name, x]) => /expir|valid|until|through|revo|notafter|end|expires|gueltig|ablauf/i.test(name) || mayEnd(x));
}

/** Reads a date and time of RFC 3339 with a zone, or a day; undefined if it is neither. */
export function readDate(text: string): Bound | undefined {
  const [, day = '', time, zone = ''] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day || day < '1583') return undefined;
  if (time === undefined) return { from: midnight / 1000 - 14 * 3600, to: midnight / 1000 + 36 * 3600 };
  const at = Date.parse(`${day}T${time.slice(0, 8)}${zone}`);
  if (Number.isNaN(at) || /^24|:60|[+-](2[4-9]|[3-9])/.test(`${time}${zone}`)) return undefined;
  const fraction = Number(`0${time.slice(8) || '.0'}`);
  return { from: at / 1000 + fraction, to: at / 1000 + fraction };
}
