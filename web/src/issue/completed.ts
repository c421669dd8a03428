import { hex } from './bytes.ts';
import { fail } from './fault.ts';
import { renewed } from './names.ts';
import { proof, sleep } from './node.ts';
import { pendingProofs } from './proof.ts';
import type { Saved } from './save.ts';
import type { Draft, Kept } from './submission.ts';

/** atOnce is how many proofs are asked for at the same time. */
const atOnce = 6;

/** tries is how often one is asked for that the node calls final and does not have yet. */
const tries = 20;

/** completed yields the complete proofs of a submission that is final, in the order of its entries. */
export async function* completed(
  d: Draft,
  kept: Kept,
  progress: (done: number, of: number) => void,
): AsyncGenerator<Saved> {
  const asked: Promise<Saved>[] = [];
  let done = 0;
  let i = 0;
  for (const pending of pendingProofs(d, kept.signature, location.origin)) {
    const one = completeOne(pending, hex(d.leaves[i++] as Uint8Array), kept.id);
    one.catch(() => undefined); // it is awaited below
    asked.push(one);
    if (asked.length === atOnce) {
      yield (await asked.shift()) as Saved;
      progress(++done, d.entries.length);
    }
  }
  for (const one of asked) {
    yield await one;
    progress(++done, d.entries.length);
  }
}

async function completeOne(pending: Saved, leaf: string, id: string): Promise<Saved> {
  for (let i = 0; i < tries; i++) {
    const served = await proof(leaf, id);
    if (served) {
      return { name: pending.name, text: await renewed(pending.text, served) };
    }
    await sleep(1000);
  }
  return fail('nodeFailed', pending.name);
}
