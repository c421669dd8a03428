import type { Account } from './account.tsx';
import { type Home, parseHome } from './address.ts';
import { hex } from './bytes.ts';
import { Fault, fail } from './fault.ts';
import { type IssuerStatus, issuerStatus, setStatus, sleep } from './node.ts';
import { isList, type Listed, listRoot, versionOf } from './statuslist.ts';
import { type ListVersion, statusData, type TypedData } from './typed.ts';
import { signData } from './wallet.ts';

/** A Standing is what an issuer says now: the list, which leads to the root that the chain records, as the node has it. */
export interface Standing {
  status: IssuerStatus;
  items: Listed[];
}

/** pollEvery is how often the node is asked whether something is on the chain, in milliseconds. */
const pollEvery = 1000;

const noRoot = hex(new Uint8Array(32));

/** standing reads it, and checks the list against the root. */
export async function standing(issuer: string, home: string): Promise<Standing> {
  const status = await issuerStatus(issuer, home);
  if (status.issuer !== issuer || status.home !== home) {
    return fail('nodeLies');
  }
  const items = status.items ?? [];
  if (!status.known) {
    return fail('listLost', status.root);
  }
  if (!isList(items)) {
    return fail('listBroken');
  }
  if (status.root === noRoot ? items.length > 0 : hex(await listRoot(items)) !== status.root) {
    return fail('listLies');
  }
  return { status, items };
}

/** onItsWay reports whether a statement of the issuer is on its way to the chain: the next version is made from it. */
export function onItsWay(status: IssuerStatus): boolean {
  return status.pending?.state === 'accepted' || status.pending?.state === 'broadcast';
}

/** settled is the standing once nothing is on its way. waiting is told while something is. */
export async function settled(issuer: string, home: string, waiting: () => void): Promise<Standing> {
  for (;;) {
    const now = await standing(issuer, home);
    if (!onItsWay(now.status)) {
      return now;
    }
    waiting();
    await sleep(pollEvery);
  }
}

/** A Change is a new version of a list, which is not signed yet. */
export interface Change {
  home: Home;
  homeText: string;
  /** controller is who has to sign it. */
  controller: string;
  items: Listed[];
  version: ListVersion;
  deadline: number;
}

/** life is how long a signed statement may be relayed, in seconds. */
const life = 3600;

/** changeOf makes the version of a list that follows. */
export async function changeOf(now: Standing, items: Listed[]): Promise<Change> {
  const { status } = now;
  return {
    home: parseHome(status.home) ?? fail('noHome'),
    homeText: status.home,
    controller: status.controller,
    items,
    version: await versionOf(status.issuer, status.version + 1, items),
    // The clock of the chain may be ahead of ours.
    deadline: Math.max(status.time, Math.floor(Date.now() / 1000)) + life,
  };
}

/** changeData is what is signed for it. */
export function changeData(c: Change): TypedData {
  return statusData(c.home, c.version, c.deadline);
}

/** publish has a change signed and hands it to the node, and returns how the issuer stands once it is on the chain. */
export async function publish(c: Change, by: Account, signedIt: () => void): Promise<IssuerStatus> {
  const { issuer, version } = c.version;
  if (by.address !== c.controller) {
    return fail('controllerElsewhere', c.controller);
  }
  const signature = await signData(by.wallet, c.controller, changeData(c));
  signedIt();
  await setStatus(issuer, {
    home: c.homeText,
    version,
    items: c.items,
    root: hex(c.version.root),
    list: hex(c.version.list),
    deadline: c.deadline,
    signature: hex(signature),
  });
  for (;;) {
    const now = await patient(() => issuerStatus(issuer, c.homeText));
    if (now && now.version >= version) {
      return now.version > version || now.root === hex(c.version.root) ? now : fail('overtaken');
    }
    if (now?.pending?.state === 'failed' && now.pending.kind === 'status' && now.pending.version === version) {
      return fail('statementFailed', now.pending.reason);
    }
    await sleep(pollEvery);
  }
}

/** patient asks; undefined if the node cannot be asked at the moment: what it took it does not lose. */
async function patient<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (
      error instanceof Fault &&
      (error.reason === 'nodeDown' || error.reason === 'nodeBusy' || error.reason === 'nodeFailed')
    ) {
      return undefined;
    }
    throw error;
  }
}
