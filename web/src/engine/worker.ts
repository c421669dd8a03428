import './wasm_exec.js';
import badge from '../../../verifier/testdata/badge.json?raw';
import proof from '../../../verifier/testdata/badge.json.proof.json?raw';
import committee from '../../../verifier/testdata/trust-committee.json?raw';
import trust from '../../../verifier/testdata/trust-test.json?raw';
import vouched from '../../../verifier/testdata/vouched.proof.json?raw';
import type { Answer, Question, Source } from './messages.ts';

/** Verifier is what web/wasm sets. Strings are JSON: {"ok": …} or {"error": "…"}, with "stopped" if it was a panic. */
interface Verifier {
  verify(
    files: readonly { name: string; bytes: Uint8Array }[],
    options: { settings: string; hops: readonly Uint8Array[] },
    tell: (result: string | null, began?: string) => void,
  ): string;
  cid(name: string, bytes: Uint8Array): string;
  assemble(proof: Uint8Array, files: readonly { name: string; bytes: Uint8Array }[]): string | Uint8Array;
  refresh(proof: Uint8Array, served: Uint8Array): string | Uint8Array;
}

declare const hallmark: Verifier;

const post = (answer: Answer) => postMessage(answer);

async function load(source: Source): Promise<void> {
  const go = new Go();
  const built =
    'url' in source
      ? WebAssembly.instantiateStreaming(fetch(source.url), go.importObject)
      : WebAssembly.instantiateStreaming(unpacked(source.gzip), go.importObject);
  const { instance } = await built;
  // It runs until it waits for calls, and ends only when it cannot go on.
  void go.run(instance).then(() => post({ error: 'the verifier has stopped', kind: 'stopped' }));
}

function unpacked(gzip: string): Response {
  const bytes = Uint8Array.from(atob(gzip), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream, { headers: { 'content-type': 'application/wasm' } });
}

/**
 * rehearse verifies samples, with a pinned block and with a committee, so that the browser has compiled what the first
 * credential of a person needs: it compiles each function when it is first called.
 */
function rehearse(): void {
  for (const [trusted, samples] of [
    [trust, { 'badge.json': badge, 'badge.json.proof.json': proof }],
    [committee, { 'vouched.proof.json': vouched }],
  ] as const) {
    const files = Object.entries(samples).map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) }));
    hallmark.verify(files, { settings: JSON.stringify({ trust: trusted }), hops: [] }, () => undefined);
  }
}

function outcome(answer: string | Uint8Array): Answer {
  if (typeof answer !== 'string') {
    return { done: answer };
  }
  const { ok, error, stopped } = JSON.parse(answer) as { ok?: unknown; error?: string; stopped?: true };
  // A panic is of the file that was looked at: that one is left out, and the others go on.
  return error === undefined ? { done: ok } : { error, kind: stopped ? 'stopped' : 'input' };
}

async function answer(question: Question): Promise<Answer> {
  switch (question.call) {
    case 'load':
      try {
        await load(question.source);
        return { done: null };
      } catch (cause) {
        return { error: String(cause), kind: 'load' };
      }
    case 'rehearse':
      rehearse();
      return { done: null };
    case 'verify': {
      const tell = (result: string | null, began = '') => post(result === null ? { began } : { result });
      return outcome(hallmark.verify(question.files, question, tell));
    }
    case 'cid':
      return outcome(hallmark.cid(question.file.name, question.file.bytes));
    case 'assemble':
      return outcome(hallmark.assemble(question.proof, question.files));
    case 'refresh':
      return outcome(hallmark.refresh(question.proof, question.served));
  }
}

addEventListener('message', async ({ data }: MessageEvent<Question>) => {
  try {
    post(await answer(data));
  } catch (cause) {
    post({ error: String(cause), kind: 'stopped' });
  }
});
