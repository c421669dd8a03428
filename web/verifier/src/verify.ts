// The offline check (section 8): a proof, a trust store, a time, and the credential's bytes if they are at hand.
import { type Bytes, checksummed, type Hex, ONES, Refused, same, ZERO } from './bytes.js';
import { isOfJson } from './cid.js';
import { credentialLeaf, follow, signer, submissionDigest, submissionId } from './commitment.js';
import { type Entry, readEntry } from './evidence.js';
import { type Json, type JsonObject, parseJson } from './json.js';
import { type Document, readDocument, readOpaque } from './names.js';
import { type Proof, readProof } from './proof.js';
import { type Check, type CheckName, conclude, fail, notChecked, notRead, type Outcome, pass, type Report, unknown } from './report.js';
import { home as caip10 } from './schema.js';
import { listed, type Status } from './status.js';
import { readTrust, type Trust } from './trust.js';

export interface Options {
  trust?: Trust | Bytes; // what to believe: a store, or its file; without it what is built in
  now: number; // Unix seconds
  maxStatusAge?: number; // seconds; 30 days
  maxSignatureAge?: number; // seconds; 730 days
  hops?: Bytes[]; // files of hops
  allowTest?: boolean;
  allowExpired?: boolean;
  require?: CheckName[];
  allowUnknown?: CheckName[];
  issuer?: string; // who must have issued
  recipient?: string; // whom it must be about
}

const DAY = 86400;
const FUTURE = 900;
const REGISTRY = '0x7ab49bc95cb10c121f6afa6805ee7eb392b1a3aa';

/** Checks a proof; throws Refused if it is none. */
export function verify(proof: Bytes | Proof, credential: Bytes | undefined, options: Options): Report {
  const trust = options.trust === undefined || options.trust instanceof Uint8Array ? readTrust(options.trust) : options.trust;
  return new Run(proof instanceof Uint8Array ? readProof(proof) : proof, credential, trust, options).report();
}

class Run {
  private readonly leaf: Hex;
  private readonly root: Hex; // of the submission
  private readonly digest: Hex;
  private readonly line: string[]; // the home chain and its successors; the last one decides
  private readonly circle: boolean;
  private readonly entries: Entry[];
  private readonly deciding: Entry | undefined;
  private readonly results = new Map<CheckName, Outcome>();
  private document: Document | undefined; // of the file, if it is the credential
  private anchoredAt: number | undefined; // if it is proven by a final block
  private replacedBy: string | undefined;
  private statusAsOf: number | undefined; // of the block whose list answered

  constructor(
    private readonly proof: Proof,
    private readonly file: Bytes | undefined,
    private readonly trust: Trust,
    private readonly options: Options,
  ) {
    const s = proof.submission;
    this.leaf = credentialLeaf(proof.credential.bytes, proof.salt);
    this.root = follow(this.leaf, s.path);
    this.digest = submissionDigest(s.home, this.root, s.count, s.issuedAt);
    const batch = follow(submissionId(s.issuer, this.digest), proof.batch?.path ?? []);
    this.line = [s.home.chain];
    let next = trust.chains.get(s.home.chain)?.successor?.chain;
    for (; next !== undefined && !this.line.includes(next); next = trust.chains.get(next)?.successor?.chain) this.line.push(next);
    this.circle = next !== undefined;
    const finality = { now: options.now, maxSignatureAge: options.maxSignatureAge ?? 730 * DAY, hops: options.hops ?? [] };
    this.entries = (proof.anchors ?? []).map((a) => readEntry(a, batch, s.issuer, trust, finality));
    this.deciding = this.entryOf(this.line.at(-1) ?? '');
  }

  report(): Report {
    const { proof, options, trust } = this;
    const run = (name: CheckName, check: () => Outcome): void => void this.results.set(name, check());
    run('credential', () => this.credential());
    run('inclusion', () => this.inclusion());
    run('signature', () => this.signature());
    run('anchor', () => this.anchor());
    run('finality', () => this.finality());
    run('status', () => this.status());
    run('issuer', () => this.issuer());
    run('validity', () => this.validity());
    run('issuerSignature', () => this.issuerSignature());
    if (options.recipient !== undefined) run('recipient', () => this.recipient());
    const order: CheckName[] = [
      'credential',
      'inclusion',
      'signature',
      'issuer',
      'anchor',
      'finality',
      'status',
      'validity',
      'issuerSignature',
    ];
    const checks: Check[] = [...order, 'recipient' as const].flatMap((check) => {
      const o = this.results.get(check);
      return o ? [{ check, ...o }] : [];
    });
    const must: CheckName[] = ['inclusion', 'signature', 'issuer', 'anchor', 'finality', 'status', 'recipient', ...(options.require ?? [])];
    if (this.file) must.push('credential');
    if (this.document) must.push('validity');
    const test = this.line.some((id) => trust.chains.get(id)?.test);
    const required = must.filter((c) => !options.allowUnknown?.includes(c));
    return {
      ...conclude(checks, required, test && !options.allowTest),
      ...{ checks, credential: proof.credential.text, leaf: this.leaf, issuer: checksummed(proof.submission.issuer), test },
      issuerName: trust.issuers.get(proof.submission.issuer)?.name ?? '',
      chain: this.line.at(-1) ?? '',
      ...(this.anchoredAt === undefined ? {} : { anchoredAt: this.anchoredAt }),
      ...(this.passed('finality')
        ? { statusAsOf: this.statusAsOf ?? Number(this.deciding?.header?.time), finalBy: this.deciding?.final.by ?? '' }
        : {}),
      ...(this.replacedBy === undefined ? {} : { replacedBy: this.replacedBy }),
    };
  }

  private passed(name: CheckName): boolean {
    return this.results.get(name)?.result === 'pass';
  }

  /** The entry for a chain; at home of the home registry. */
  private entryOf(chain: string): Entry | undefined {
    const { home } = this.proof.submission;
    return this.entries.find((e) => e.anchor.chain === chain && (chain !== home.chain || e.anchor.registry === home.registry));
  }

  /** The entry for a chain of the line before the last one, if it counts (section 8.1). */
  private counting(chain: string): Entry | undefined {
    const e = this.entryOf(chain);
    const since = this.trust.chains.get(chain)?.successor?.since ?? 0;
    return e?.trusted && !e.fault && e.final.final && e.header && e.header.time <= since ? e : undefined;
  }

  private credential(): Outcome {
    if (!this.file) return unknown('document_missing', 'no file was given');
    const cid = this.proof.credential;
    const others = [...this.trust.issuers].flatMap(([a, i]) =>
      a === this.proof.submission.issuer ? [] : i.ids.filter((id) => id !== '*'),
    );
    let object: JsonObject | undefined;
    let why = 'files other than JSON';
    try {
      const json =
        this.file.length <= 16 << 20 && /^(\ufeff|\xef\xbb\xbf)?[ \t\r\n]*\{/.test(String.fromCharCode(...this.file.slice(0, 4096)))
          ? parseJson(this.file, 128)
          : undefined;
      if (json instanceof Map) object = json;
    } catch (e) {
      why = (e as Error).message;
    }
    if (cid.codec === 'raw') {
      if (!same(cid.hash(this.file), cid.digest)) return notRead('unreadable', 'document', 'whether it is inside, or was changed');
      this.document = object ? readDocument(object, others) : readOpaque(this.file, others);
      return pass('the file is what was submitted');
    }
    if (!object) return notRead('unreadable', 'document', why);
    try {
      if (isOfJson(cid, object)) {
        this.document = readDocument(object, others);
        return pass('the file is what was submitted');
      }
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      return unknown('unreadable', `the file has no canonical form: ${e.message}`);
    }
    return holdsMore(object)
      ? notRead('unreadable', 'document', 'whether it is inside the file')
      : fail('altered', 'the file is not what was submitted');
  }

  private inclusion(): Outcome {
    const { count, path } = this.proof.submission;
    const high = Math.ceil(Math.log2(count));
    if (this.leaf === ZERO || this.leaf === ONES) return fail('not_in_submission', 'the leaf is a reserved value');
    if (path.length !== high && path.length !== Math.floor(Math.log2(count))) {
      return fail('not_in_submission', `a path of ${path.length} steps is none in a submission of ${count}`);
    }
    return this.proof.batch ? pass('the paths lead to a batch') : unknown('pending', 'it is not anchored yet');
  }

  private signature(): Outcome {
    const s = this.proof.submission;
    return signer(this.digest, s.signature) === s.issuer
      ? pass('the issuer signed it')
      : fail('signature_wrong', 'the issuer did not sign it');
  }

  private anchor(): Outcome {
    if (!this.proof.batch) return unknown('pending', 'it is not anchored yet');
    if (!this.passed('inclusion')) return notChecked('inclusion');
    const last = this.line.at(-1) ?? '';
    const e = this.deciding;
    if (!this.trust.chains.has(last)) return unknown('chain_unknown', `the trust store does not have ${last}`);
    if (this.circle) return unknown('chain_unknown', 'the successors of the chain form a circle');
    if (!e) return unknown('evidence_missing', `the proof has no evidence of ${last}`);
    if (!e.trusted) return unknown('registry_unknown', 'the trust store does not have the registry');
    if (e.fault) return e.fault;
    if (e.anchoredAt !== 0n) return pass('the registry had recorded it');
    if (this.line.length > 1) {
      return this.earliest() === undefined ? unknown('not_anchored', 'no registry had recorded it') : pass('a registry had recorded it');
    }
    return e.final.final
      ? fail('not_anchored', 'the registry had no record')
      : unknown('not_anchored', 'the registry had no record, as far as is known');
  }

  /** The earliest time of the anchor in the entries that count, but for the deciding one. */
  private earliest(): bigint | undefined {
    const times = this.line.slice(0, -1).flatMap((id) => this.counting(id)?.anchoredAt || []);
    return least(times);
  }

  private finality(): Outcome {
    if (!this.passed('anchor')) return notChecked('anchor');
    const e = this.deciding as Entry;
    if (!e.final.final) return unknown('not_final', e.final.by);
    const times = [e.anchoredAt || undefined, this.earliest()].filter((t) => t !== undefined);
    this.anchoredAt = Number(least(times) ?? 0n);
    return pass(`final by ${e.final.by}`);
  }

  private status(): Outcome {
    if (!this.passed('finality')) return notChecked('finality');
    const e = this.deciding as Entry;
    const { now, maxStatusAge: limit = 30 * DAY } = this.options;
    const at = BigInt(this.anchoredAt ?? 0);
    const test = this.line.some((id) => this.trust.chains.get(id)?.test);
    for (const x of this.entries) {
      const from =
        x.trusted && x.final.final && (test || !this.trust.chains.get(x.anchor.chain)?.test) ? (x.issuer?.retiredFrom ?? 0n) : 0n;
      if (from === 0n || from > at) continue;
      if (this.line.length > 1 && this.earliest() === undefined)
        return unknown('not_anchored', 'the key is retired, and the anchor may be older');
      return fail('retired', 'the key of the issuer is retired since before the anchor');
    }
    if (!e.issuer) return e.issuerFault ?? unknown('evidence_missing', 'the state of the issuer is not shown');
    const s = this.list(limit);
    const age = now - Number(e.header?.time);
    if (age < -FUTURE) return unknown('status_future', 'the evidence is dated after now');
    if (age > limit) return unknown('status_old', 'the evidence is too old');
    this.replacedBy = s.replacedBy;
    return s;
  }

  /** Looks up the list that answers: of the last chain of the line that has one, or else the home. */
  private list(limit: number): Status {
    for (let i = this.line.length - 1; i >= 0; i--) {
      const id = this.line[i] ?? '';
      const e = i === this.line.length - 1 ? this.deciding : this.counting(id);
      if (!e) return unknown('status_missing', `the proof has no entry of ${id} that counts`);
      if (!e.issuer) return e.issuerFault ?? unknown('evidence_bad', `the entry of ${id} does not show the list`);
      const since = BigInt(this.trust.chains.get(id)?.successor?.since ?? 0);
      if (e !== this.deciding && since - (e.header?.time ?? 0n) > BigInt(limit))
        return unknown('status_old', `the evidence of ${id} is too old`);
      const shown = e.anchor.status ?? [];
      if (i === 0 || e.issuer.statusRoot !== ZERO) this.statusAsOf = Number(e.header?.time);
      if (e.issuer.statusRoot !== ZERO) {
        return listed(shown, e.issuer.statusRoot, this.leaf, this.proof.salt, this.root, this.proof.credential.text);
      }
      if (i === 0 && shown.length > 0) return unknown('evidence_bad', 'status entries are shown, and the issuer has no list');
    }
    return pass('the issuer has no list');
  }

  private issuer(): Outcome {
    if (!this.passed('signature')) return notChecked('signature');
    if (this.file && !this.passed('credential')) return { ...notChecked('credential'), ...this.rests('credential') };
    const address = this.proof.submission.issuer;
    const entry = this.trust.issuers.get(address);
    const doc = this.document;
    const named = doc?.issuer;
    const elsewhere = [...this.trust.issuers.values()].filter((i) => named !== undefined && named !== '*' && i.ids.includes(named));
    const complete = elsewhere.some((i) => i.complete);
    const { home } = this.proof.submission;
    const asked = this.options.issuer;
    let found: Outcome;
    if (entry) {
      if (entry.ids.includes('*') || !this.file) found = pass('the trust store lists the address');
      else if (doc?.unread) found = notRead('issuer_unreadable', 'document', doc.unread);
      else if (doc?.opaque) found = pass('the trust store lists the address; the file names nobody');
      else if (entry.ids.includes(named ?? '')) found = pass('the trust store lists the address for this issuer');
      else if (complete) return fail('name_of_another', 'the issuer whom the credential names has other keys');
      else return unknown('issuer_unknown', 'the trust store does not list the address for this issuer');
      if (found.result !== 'pass') return found;
      const homes = entry.homes ?? (this.trust.soleHome ? [this.trust.soleHome] : []);
      if (!homes.some((h) => h.chain === home.chain && h.registry === home.registry)) {
        return unknown('home_unknown', `the address is not known to sign for the registry on ${home.chain}`);
      }
      if (entry.notBefore > 0 || entry.notAfter > 0) {
        if (this.anchoredAt === undefined) return notChecked('finality');
        const within = this.anchoredAt >= entry.notBefore && (entry.notAfter === 0 || this.anchoredAt <= entry.notAfter);
        if (!within) return fail('issuer_time', 'the key is not believed for the time of the anchor');
      }
    } else if (doc?.unread) found = notRead('issuer_unreadable', 'document', doc.unread);
    else if (complete) return fail('name_of_another', 'the issuer whom the credential names has other keys');
    else {
      const account = named?.startsWith('did:pkh:') ? accountOf(named.slice(8)) : undefined;
      const standard =
        home.registry === REGISTRY || (home.chain === this.trust.soleHome?.chain && home.registry === this.trust.soleHome.registry);
      if (account?.registry === address) {
        if (account.chain !== home.chain || !standard) return unknown('home_unknown', 'the credential names its key for another registry');
        found = pass('the identifier of the issuer is the address');
      } else if (this.proof.submission.identity) found = notRead('issuer_unknown', 'identity', 'evidence of who the issuer is');
      else found = unknown(this.file ? 'issuer_unknown' : 'issuer_unreadable', 'nothing says that the address speaks for the issuer');
    }
    if (asked !== undefined && asked !== named)
      return notRead('issuer_unknown', 'asked issuer', 'whether it is the issuer who was asked for');
    return found;
  }

  /** Marks what rests on a check of which something was not read. */
  private rests(on: CheckName): Pick<Outcome, 'unread'> {
    const unread = this.results.get(on)?.unread;
    return unread === undefined ? {} : { unread };
  }

  private validity(): Outcome {
    const doc = this.document;
    if (!this.file) return unknown('document_missing', 'no file was given');
    if (!doc) return { ...notChecked('credential'), ...this.rests('credential') };
    if (doc.unread) return notRead('dates_unreadable', 'dates', doc.unread);
    const { now } = this.options;
    if (doc.unclear !== undefined) return notRead('dates_unreadable', 'dates', doc.unclear);
    const starts = [...doc.start, ...doc.issued];
    if (starts.some((b) => now < b.from)) return fail('not_yet_valid', 'it is not valid yet');
    if (doc.end.some((b) => now > b.to) && !this.options.allowExpired) return fail('expired', 'it has expired');
    if (starts.some((b) => now < b.to) || (doc.end.some((b) => now > b.from) && !this.options.allowExpired)) {
      return unknown('dates_unreadable', 'its dates have no time zone, and hold in some only');
    }
    return pass('its dates hold');
  }

  private issuerSignature(): Outcome {
    if (!this.file) return unknown('document_missing', 'no file was given');
    if (!this.document) return { ...notChecked('credential'), ...this.rests('credential') };
    if (this.file.length > 16 << 20) return unknown('unreadable', 'the file is too long to look for a signature of its own');
    if (this.document.signed) return notRead('signature_unsupported', 'own signature', 'its own signature');
    return unknown('signature_absent', 'it brings along no signature of its own');
  }

  private recipient(): Outcome {
    if (!this.file) return unknown('document_missing', 'no file was given');
    if (!this.document) return { ...notChecked('credential'), ...this.rests('credential') };
    return notRead('recipient_unknown', 'recipient', 'whom it is about');
  }
}

const least = (all: bigint[]): bigint | undefined => all.toSorted((a, b) => (a < b ? -1 : 1))[0];

/** Reads an account in CAIP-10 form. */
function accountOf(text: string): { chain: string; registry: Hex } | undefined {
  try {
    return caip10()(text, 'the account');
  } catch {
    return undefined;
  }
}

/** Reports whether a JSON object holds others, or texts that may, so that the credential may be one of these. */
function holdsMore(object: JsonObject): boolean {
  const suspect = (v: Json): boolean =>
    v instanceof Map || (Array.isArray(v) ? v.some(suspect) : typeof v === 'string' && /[{\\%]|e[w-z0-9+/_-][\w+/=-]{8,}/.test(v));
  return (
    object.has('verifiableCredential') ||
    [...object].some(([name, v]) => /credential|assertion|data|document|vc|proof/i.test(name) && suspect(v))
  );
}
