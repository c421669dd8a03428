/** NamedFile is a file by its name, such as `badge.json`, or its path. */
export interface NamedFile {
  name: string;
  bytes: Uint8Array;
}

/** Settings are what the verdict rests on besides the files. */
export interface Settings {
  /** A trust store, as its JSON text; nothing for the one that is built in. */
  trust?: string;
  allowTest?: boolean;
  allowExpired?: boolean;
}

/** Verdict is what is shown of one badge, and what the event holds. */
export interface Verdict {
  file: string;
  verdict: 'VALID' | 'INVALID' | 'UNKNOWN';
  /** A stable word: why it is not VALID. */
  reason?: string;
  /** It is not VALID because this engine does not read files of this sort; another one may. */
  unread?: true;
  title?: string;
  issuer: string;
  test: boolean;
  /** Times as of RFC 3339. */
  anchoredAt?: string;
  statusAsOf?: string;
  checks: readonly { readonly check: string; readonly result: string; readonly detail: string }[];
}
