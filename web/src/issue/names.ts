import { EngineError, engine } from '../engine/engine.ts';
import { fail } from './fault.ts';
import type { Named } from './gather.ts';

/** namer names the credential in a file by the verifier, in its worker, as hallmark cid does. Where it has no CID it throws. */
export async function namer(name: string, bytes: Uint8Array): Promise<Named> {
  const last = name.slice(name.lastIndexOf('/') + 1);
  try {
    const { cid, links, unread } = await engine.cid({ name: last, bytes });
    if (links) {
      return { cid, remark: { kind: 'links', about: '' } };
    }
    return unread ? { cid, remark: { kind: 'unread', about: unread } } : { cid };
  } catch (error) {
    return error instanceof EngineError && error.kind === 'load' ? fail('engineFailed') : Promise.reject(error);
  }
}

/** renewed puts what a node serves into a pending proof, once all of it is checked. It throws if that does not hold. */
export async function renewed(pending: string, served: Uint8Array): Promise<string> {
  try {
    return new TextDecoder().decode(await engine.refresh(new TextEncoder().encode(pending), served));
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'input') {
      return fail('nodeLies', error.message);
    }
    return fail('engineFailed');
  }
}
