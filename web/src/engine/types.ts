/** What the engine takes and tells. */

export interface NamedFile {
  name: string; // may be a path: "folder/x.json"
  bytes: Uint8Array;
}

export interface Settings {
  trust?: string; // trust store, JSON
  hops?: Uint8Array[];
  allowTest?: boolean;
  allowExpired?: boolean;
  at?: string;
  recipient?: string;
  issuer?: string;
}

export interface Check {
  check: string;
  result: 'pass' | 'fail' | 'unknown';
  reason?: string;
  detail: string;
}

export interface Identity {
  type?: string;
  identity: string;
  hashed?: boolean;
}

export interface Document {
  kind: string;
  carrier?: string;
  covers: string;
  problem?: string;
  name?: string;
  achievements?: string[];
  issuerIds?: string[];
  issuerName?: string;
  issuerUrl?: string;
  author?: string;
  recipientName?: string;
  recipients?: Identity[];
  validFrom?: string;
  validUntil?: string;
  criteria?: string[];
  tags?: string[];
  alignments?: { name?: string; framework?: string; code?: string; url?: string }[];
}

export interface Result {
  file: string;
  verdict: 'VALID' | 'INVALID' | 'UNKNOWN' | 'NO PROOF' | 'SKIPPED';
  reason?: string;
  error?: string;
  credential?: string;
  issuer?: string;
  issuerBy?: 'store' | 'x509' | 'dnssec' | 'did:pkh';
  issuerName?: string;
  issuerDomain?: string;
  issuerSince?: string;
  listedBy?: { issuer: string; list: string; name: string; origin: string; date: string }[];
  anchoredAt?: string | null;
  statusAsOf?: string | null;
  replacedBy?: string;
  chain?: string;
  test?: boolean;
  checks?: Check[];
  document?: Document;
  otherProofs?: { file: string; verdict: string; reason?: string }[];
  because?: string;
  hint?: string;
  nodes?: string[];
  leaf?: string;
  shortCode?: string;
  proof?: string;
}

export interface Summary {
  checked: number;
  valid: number;
  invalid: number;
  unknown: number;
  noProof: number;
  skipped: number;
  system: number;
}
