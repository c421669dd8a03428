import type { Batch, State } from '../node/wire.ts';

// What /v1/status says, as /openapi.json describes it: the members that the page shows. Amounts are decimal texts in
// wei. What is not known is absent.

export interface Health {
  time: string;
  ready: boolean;
  submissions: number;
  waiting: number;
  maxWaiting: number;
  oldestPending?: string;
  nextBatch?: string;
  sealHeld?: string;
  lastAnchor?: Batch;
  lastDay: { batches: number; submissions: number };
  disk: { free: number; reserve: number; store: number; fault?: string };
  chains: Chain[];
  faults: Fault[];
}

export interface Fault {
  code: string;
  holds: boolean;
  home?: string;
  account?: string;
  text: string;
  remedy: string;
}

export interface Chain {
  home: string;
  account: string;
  head: number;
  headSeen?: string;
  final: number;
  finalityLag?: number;
  balance?: string;
  anchorsLeft?: number;
  daysLeft?: number;
  baseFee?: string;
  maxFee?: string;
  spentToday?: string;
  maxSpendPerDay?: string;
  spentInAll?: string;
  spentByDay?: { day: string; amount: string }[];
  stages: { state: State; batches: number; submissions: number; oldest?: string }[];
  inFlight: Transaction[];
  inFlightLeftOut?: number;
  recent: Transaction[];
  lastFinal?: string;
  anchors: number;
  beacon?: Beacon;
  vouchersWaiting: number;
  servers: Server[];
}

export interface Transaction {
  kind: string;
  subject: string;
  state: State;
  hash?: string;
  nonce: number;
  feeCap?: string;
  tip?: string;
  since: string;
  attempts: number;
  block?: number;
  paid?: string;
  reason?: string;
}

export interface Server {
  server: string;
  state: string;
  inUse: boolean;
  latency: number;
  requests: number;
  failed: number;
  error?: string;
  errorAt?: string;
  answeredAt?: string;
  head: number;
  detail?: string;
}

export interface Beacon {
  network?: string;
  finalized?: string;
  period?: number;
  servers: { server: string; error?: string; answeredAt?: string }[];
}
