import { engine, type Result } from '../engine/engine.ts';
import { served } from '../ui/frame.tsx';
import { urlOf } from '../ui/text.ts';
import { hops } from './settings.ts';
import { asks, files, put } from './state.ts';

// Newer evidence is fetched only when a person presses the button that names the host. It is checked like any other, so
// it may come from anybody; what the host gets to know is the address that is asked for.

/** Source is where newer evidence of a proof may be had. */
export interface Source {
  host: string;
  url: string;
  own: boolean; // the node that serves this page
}

/** sourcesOf are the nodes that a proof names, or the one that serves this page. */
export function sourcesOf(result: Result): Source[] {
  if (!result.leaf) {
    return [];
  }
  const all = (result.nodes ?? []).flatMap((text) => {
    const url = urlOf(text);
    const own = served && url?.origin === location.origin;
    return url && (own || url.protocol === 'https:' || url.protocol === 'http:')
      ? [{ host: url.host, url: url.href, own }]
      : [];
  });
  if (all.length === 0 && served) {
    return [{ host: location.host, url: `${location.origin}/v1/proofs/${result.leaf}?fresh=true`, own: true }];
  }
  return all;
}

/** Outcome is what came of asking. */
export type Outcome = 'got' | 'none' | 'failed' | 'late';

/** getNewer asks a source, and has everything checked again with what it says. */
export async function getNewer(result: Result, source: Source): Promise<Outcome> {
  const of = files.value;
  const base = new URL('../../', source.url); // the URL of /v1/proofs/{leaf} is below that of the node
  const answer = (await isFolder(source, base))
    ? await fromFolder(result, source, base)
    : await fetched(source, source.url);
  if (answer?.status === 404 || answer?.status === 202) {
    return 'none';
  }
  if (answer?.status !== 200) {
    return 'failed';
  }
  if (result.chain) {
    const committees = await fetched(source, new URL(`v1/chains/${result.chain}/hops?from=0`, base).href);
    if (committees?.status === 200 && committees.bytes.length > 0 && files.value === of) {
      hops.value = [...hops.value, committees.bytes];
    }
  }
  // The holder may have shared the document, too. Whether it is the one is checked like that of any file.
  const document =
    asks(result) === 'document' && source.own
      ? await fetched(source, `${location.origin}/b/${result.leaf}/badge`)
      : undefined;
  return putEvidence(result, answer.bytes, document?.status === 200 ? document.bytes : undefined, of);
}

/** isFolder tells whether a folder of files is there in place of a node: both have the file that says so. */
async function isFolder(source: Source, base: URL): Promise<boolean> {
  const info = source.own ? undefined : await fetched(source, new URL('v1/info', base).href);
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(info?.bytes));
    return info?.status === 200 && typeof said === 'object' && said !== null && 'static' in said;
  } catch {
    return false;
  }
}

/** mostFiles bounds what is fetched of a folder for one proof: its index has some ten parts. */
const mostFiles = 100;

/** fromFolder puts an answer together as a node gives it, from files: the engine says which. */
async function fromFolder(result: Result, source: Source, base: URL): Promise<Answer | undefined> {
  const proof = new TextEncoder().encode(result.proof ?? '');
  const have: { name: string; bytes: Uint8Array }[] = [];
  while (have.length < mostFiles) {
    const got = await engine.assemble(proof, have).catch(() => undefined); // a damaged folder says nothing of the credential
    if (got === undefined) {
      return undefined;
    }
    if (got instanceof Uint8Array) {
      return { status: 200, bytes: got };
    }
    if (got.want.length === 0) {
      return { status: 404, bytes: new Uint8Array() };
    }
    const files = await Promise.all(
      got.want
        .slice(0, mostFiles)
        .map(async (name) => ({ name, answer: await fetched(source, new URL(name, base).href) })),
    );
    for (const { name, answer } of files) {
      if (answer?.status !== 200) {
        return undefined;
      }
      have.push({ name, bytes: answer.bytes });
    }
  }
  return undefined;
}

/**
 * putEvidence puts what a node serves of a proof into the proof, and has everything checked again. If the person has
 * given the page other files meanwhile, nothing comes of it: it must not be mixed with these.
 */
export async function putEvidence(
  result: Result,
  evidence: Uint8Array,
  document?: Uint8Array,
  of = files.value,
): Promise<Outcome> {
  const before = result.proof ?? '';
  const proof = await engine.refresh(new TextEncoder().encode(before), evidence);
  if (files.value !== of) {
    return 'late';
  }
  if (new TextDecoder().decode(proof) === before && !document) {
    return 'none';
  }
  // The file of a proof alone is replaced. Beside a document another proof is laid: the best of them decides.
  const alone = asks(result) === 'document';
  const name = alone ? result.file.replace(/(\.proof\.json|\.txt|\.json)$/i, '') : result.file;
  const more = [{ name: `${name}.proof.json`, bytes: proof }, ...(document ? [{ name, bytes: document }] : [])];
  await put(more, alone ? result.file : undefined);
  return 'got';
}

interface Answer {
  status: number;
  bytes: Uint8Array;
}

async function fetched(source: Source, url: string): Promise<Answer | undefined> {
  try {
    if (!source.own) {
      return await throughFrame(url);
    }
    const signal = AbortSignal.timeout(patience); // a proof may name an address here that never ends
    const response = await fetch(url, { credentials: 'omit', cache: 'no-store', signal });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    return undefined; // no network, or no such host: that says nothing of the credential
  }
}

const patience = 30_000; // milliseconds for an answer

// This page may connect to its own node alone. Another host is asked by a frame that is nobody's: it gets the address,
// never a file, and hands back bytes.
function throughFrame(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const frame = document.createElement('iframe');
    frame.hidden = true;
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.src = '/fetch.html';
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => end(() => reject(new Error('no answer'))), patience);
    const end = (then: () => void) => {
      clearTimeout(timer);
      port1.close();
      frame.remove();
      then();
    };
    port1.onmessage = (e: MessageEvent<unknown>) => {
      const { status, bytes } = e.data as Record<string, unknown>;
      if (typeof status === 'number' && bytes instanceof ArrayBuffer) {
        end(() => resolve({ status, bytes: new Uint8Array(bytes) }));
      } else {
        end(() => reject(new Error('no answer')));
      }
    };
    frame.onload = () => frame.contentWindow?.postMessage(url, '*', [port2]);
    document.body.append(frame);
  });
}
