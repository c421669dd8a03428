import type { Settings } from '../engine/types.ts';
import { signal } from '../ui/signal.ts';

/** Asked is what a person trusts and asks for. Trust list and tests are kept for next time, the rest is not. */
export interface Asked {
  trust: string; // the trust store; empty for none
  trustName: string;
  allowTest: boolean;
  allowExpired: boolean;
  issuer: string;
  recipient: string;
  at: string; // a date; empty for now
}

const nothing: Asked = {
  trust: '',
  trustName: '',
  allowTest: false,
  allowExpired: false,
  issuer: '',
  recipient: '',
  at: '',
};
const place = 'hallmark.trust';

/** asked is what holds now. */
export const asked = signal<Asked>({ ...nothing, ...kept() });

/** panel tells whether what is asked for is unfolded. */
export const panel = signal(false);

/** hops are lists of committees that were dropped or fetched. The engine checks them, so they may come from anybody. */
export const hops = signal<readonly Uint8Array[]>([]);

function kept(): Partial<Asked> {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(place) ?? '{}');
    const { trust, trustName, allowTest } = all as Record<string, unknown>;
    return {
      ...(typeof trust === 'string' && typeof trustName === 'string' ? { trust, trustName } : {}),
      allowTest: allowTest === true,
    };
  } catch {
    return {}; // storage may be forbidden, or hold what is not ours
  }
}

/** ask changes what is asked for. It returns false if that cannot be kept for next time. */
export function ask(change: Partial<Asked>): boolean {
  asked.value = { ...asked.value, ...change };
  const { trust, trustName, allowTest } = asked.value;
  try {
    localStorage.setItem(place, JSON.stringify({ trust, trustName, allowTest }));
    return true;
  } catch {
    return false;
  }
}

/** settings are those of the engine. */
export function settings(): Settings {
  const a = asked.value;
  return {
    allowTest: a.allowTest,
    allowExpired: a.allowExpired,
    hops: [...hops.value],
    ...(a.trust && { trust: a.trust }),
    ...(a.issuer.trim() && { issuer: a.issuer.trim() }),
    ...(a.recipient.trim() && { recipient: a.recipient.trim() }),
    ...(a.at && { at: `${a.at}T23:59:59Z` }),
  };
}
