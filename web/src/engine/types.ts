/** What pages ask the verifier, and what it answers. The objects are those of `hallmark verify --json`. */

/** NamedFile is a file that a person gave; its name may be a path such as "folder/x.json". */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Settings are what a person decides, as the flags of `hallmark verify`. */
export interface Settings {
  /** The JSON of a trust store; without it only what is built in is believed. */
  readonly trust?: string;
  /** Files of hops between sync committees. Nothing in them is believed. */
  readonly hops?: readonly Uint8Array[];
  readonly allowTest?: boolean;
  readonly allowExpired?: boolean;
  /** The time as of which to judge: RFC 3339, or a date. Without it, now. */
  readonly at?: string;
  /** Whom the credential must be about: an e-mail address, a DID. */
  readonly recipient?: string;
  /** Who must have issued: a domain, or an identifier. */
  readonly issuer?: string;
}

/** Check is one of the checks, with a sentence in English. */
export interface Check {
  readonly check: string;
  readonly result: 'pass' | 'fail' | 'unknown';
  readonly reason?: string;
  readonly detail: string;
}

/** Alignment is a skill as a document states it. */
export interface Alignment {
  readonly name?: string;
  readonly framework?: string;
  readonly code?: string;
  readonly url?: string;
}

/** Skill is one that a credential states, and what its verdict makes of it. */
export interface Skill extends Alignment {
  readonly kind: 'code' | 'word';
  readonly ids?: readonly string[];
  readonly result: 'proven' | 'word only' | 'not proven';
}

/** Identity is how a document says who received it. */
export interface Identity {
  readonly type?: string;
  readonly identity: string;
  readonly hashed?: boolean;
}

/** Document is what a credential says of itself: claims, as text. */
export interface Document {
  readonly kind: string;
  readonly carrier?: string;
  readonly covers: string;
  readonly problem?: string;
  readonly name?: string;
  readonly achievements?: readonly string[];
  readonly issuerIds?: readonly string[];
  readonly issuerName?: string;
  readonly issuerUrl?: string;
  readonly author?: string;
  readonly recipientName?: string;
  readonly recipients?: readonly Identity[];
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly claimUntil?: string;
  readonly revoked?: string;
  readonly frozen?: unknown;
  readonly criteria?: readonly string[];
  readonly image?: string;
  readonly alignments?: readonly Alignment[];
  readonly evidence?: readonly string[];
  readonly tags?: readonly string[];
}

/** OtherProof is a proof of the same credential that does not decide. */
export interface OtherProof {
  readonly file: string;
  readonly verdict: string;
  readonly reason?: string;
}

/** Listed is a list of others that has the issuer. It decides nothing. */
export interface Listed {
  readonly issuer: string;
  readonly list: string;
  readonly name: string;
  readonly origin: string;
  readonly date: string;
}

/** Result is what is told of a credential or file. Times are RFC 3339 in UTC; sentences are English. */
export interface Result {
  readonly file: string;
  /** NO PROOF: there is nothing to verify. SKIPPED: the file was not looked at. */
  readonly verdict: 'VALID' | 'INVALID' | 'UNKNOWN' | 'NO PROOF' | 'SKIPPED';
  /** A stable word, why the verdict is not VALID (see verifier/reason.go); a sentence, why the file was skipped. */
  readonly reason?: string;
  /** What is wrong with a file that has no proof. */
  readonly error?: string;
  readonly credential?: string;
  readonly issuer?: string;
  readonly issuerBy?: 'store' | 'x509' | 'dnssec' | 'did:pkh';
  readonly issuerDomain?: string;
  readonly issuerSince?: string;
  readonly listedBy?: readonly Listed[];
  readonly anchoredAt?: string | null;
  readonly statusAsOf?: string | null;
  /** A CID. */
  readonly replacedBy?: string;
  readonly chain?: string;
  readonly test?: boolean;
  readonly checks?: readonly Check[];
  readonly document?: Document;
  readonly otherProofs?: readonly OtherProof[];

  // What pages get besides the members of `hallmark verify --json`.

  /** Why the verdict is not VALID, as on the first line of `hallmark verify`. */
  readonly because?: string;
  /** What to do next. */
  readonly hint?: string;
  /** The trust store's name of the issuer. */
  readonly issuerName?: string;
  /** The trust store's name of the chain. */
  readonly chainName?: string;
  /** Who vouches for the block. */
  readonly finalBy?: string;
  /** The end of validity has passed, and the settings allow that. */
  readonly expired?: boolean;
  readonly skills?: readonly Skill[];
  /** URLs at which newer evidence may be had: GET, without credentials. */
  readonly nodes?: readonly string[];
  readonly leaf?: string;
  readonly shortCode?: string;
  /** The proof file that decided, as text; for the first thousand credentials. */
  readonly proof?: string;
}

/** Report is the result for a credential with a proof. */
export type Report = Result &
  Required<
    Pick<
      Result,
      'credential' | 'issuer' | 'anchoredAt' | 'statusAsOf' | 'chain' | 'test' | 'checks' | 'leaf' | 'shortCode'
    >
  > & { readonly verdict: 'VALID' | 'INVALID' | 'UNKNOWN' };

/** isReport tells whether there is a report. */
export function isReport(result: Result): result is Report {
  return result.checks !== undefined;
}

/** Summary counts results; files of operating systems (system) are not among those that were skipped. */
export interface Summary {
  readonly checked: number;
  readonly valid: number;
  readonly invalid: number;
  readonly unknown: number;
  readonly noProof: number;
  readonly skipped: number;
  readonly system: number;
}

/** Named is the CID of a document, and what verifiers will not be able to tell of it. */
export interface Named {
  readonly cid: string;
  readonly form: 'raw' | 'json-jcs';
  /** All that matters is behind links. */
  readonly links?: boolean;
  /** What cannot be read without doubt: English. */
  readonly unread?: string;
}

/** Engine is the verifier in its worker. Calls are answered one after the other. */
export interface Engine {
  /** warm loads the verifier and makes it quick; call it after the first paint. */
  warm(): Promise<void>;
  /** verify tells each result as it comes. An abort stops at once, and rejects with an AbortError. */
  verify(
    files: readonly NamedFile[],
    settings: Settings,
    onResult: (result: Result) => void,
    signal?: AbortSignal,
  ): Promise<Summary>;
  /** cid names a document, as `hallmark cid` does, with what `hallmark submit` warns of. */
  cid(file: NamedFile): Promise<Named>;
  /**
   * assemble puts together what a folder of files has of a proof, as a node answers to GET /v1/proofs/{leaf}. It names
   * the files of the folder that it still wants: none if the folder has nothing that is final of the proof.
   */
  assemble(proof: Uint8Array, files: readonly NamedFile[]): Promise<Uint8Array | { readonly want: readonly string[] }>;
  /** refresh puts what a node answered to GET /v1/proofs/{leaf} into a proof file. */
  refresh(proof: Uint8Array, served: Uint8Array): Promise<Uint8Array>;
}

/** EngineError says why there is no answer: the verifier could not be loaded, has stopped, or takes no such input. */
export class EngineError extends Error {
  constructor(
    readonly kind: 'load' | 'stopped' | 'input',
    message: string,
  ) {
    super(message);
    this.name = 'EngineError';
  }
}
