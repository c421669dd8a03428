// hallmark-verifier: the offline check of Hallmark proofs in TypeScript, from the specification alone.
export { Refused } from './bytes.js';
export { type Proof, readProof } from './proof.js';
export type { Check, CheckName, Outcome, Report, Unread } from './report.js';
export { readTrust, type Trust } from './trust.js';
export { type Options, verify } from './verify.js';
