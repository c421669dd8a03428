import type { Words } from './words/en.ts';

/** Reason is why something was not done. Each has a sentence in every language. */
export type Reason = keyof Words['faults'];

/** A Fault is something that went wrong and that the person can do something about. */
export class Fault extends Error {
  readonly reason: Reason;
  /** detail is what it is about: a name, a number, or what the node answered. Shown as text beside the sentence. */
  readonly detail: string;
  constructor(reason: Reason, detail = '') {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** fail throws one. */
export function fail(reason: Reason, detail = ''): never {
  throw new Fault(reason, detail);
}
