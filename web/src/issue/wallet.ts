import { parseAddress } from './address.ts';
import { Fault, fail, type Reason } from './fault.ts';
import { digestOf, plainSignature, signerOf, type TypedData } from './typed.ts';

/** A Provider is a wallet as pages see it (EIP-1193). */
export interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
  on?(event: string, told: (value: unknown) => void): void;
  removeListener?(event: string, told: (value: unknown) => void): void;
}

/** A Wallet is one that the browser has. Its name is its own word. */
export interface Wallet {
  id: string;
  name: string;
  provider: Provider;
}

interface Announced {
  info: { uuid: string; name: string };
  provider: Provider;
}

/**
 * findWallets tells of wallets as they announce themselves (EIP-6963), and of the one at window.ethereum if none does. It
 * returns what ends that.
 */
export function findWallets(found: (all: Wallet[]) => void): () => void {
  const all = new Map<string, Wallet>();
  const announced = (event: Event) => {
    const detail = (event as CustomEvent<Announced | undefined>).detail;
    if (typeof detail?.info?.uuid === 'string' && typeof detail.provider?.request === 'function') {
      const name = String(detail.info.name).slice(0, 60);
      all.set(detail.info.uuid, { id: detail.info.uuid, name, provider: detail.provider });
      all.delete('');
      found([...all.values()]);
    }
  };
  window.addEventListener('eip6963:announceProvider', announced);
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  const old = (window as { ethereum?: Provider }).ethereum;
  if (all.size === 0 && typeof old?.request === 'function') {
    all.set('', { id: '', name: '', provider: old });
    found([...all.values()]);
  }
  return () => window.removeEventListener('eip6963:announceProvider', announced);
}

/** codes are those of EIP-1193, EIP-1474 and EIP-3326 that people can do something about. */
const codes: Record<number, Reason> = {
  4001: 'walletRefused',
  4100: 'walletLocked',
  4900: 'walletFailed',
  4901: 'wrongChain',
  4902: 'chainUnknown',
  [-32002]: 'walletBusy',
};

async function call(wallet: Wallet, method: string, params: unknown[] = []): Promise<unknown> {
  try {
    return await wallet.provider.request({ method, params });
  } catch (error) {
    const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as {
      code?: unknown;
      message?: unknown;
    };
    const reason = typeof code === 'number' ? codes[code] : undefined;
    return fail(reason ?? 'walletFailed', typeof message === 'string' ? message.slice(0, 300) : '');
  }
}

function addresses(answer: unknown): string[] {
  return (Array.isArray(answer) ? answer : []).flatMap((a) => (typeof a === 'string' ? (parseAddress(a) ?? []) : []));
}

/** connect asks the person which account the page may see. */
export async function connect(wallet: Wallet): Promise<string> {
  return addresses(await call(wallet, 'eth_requestAccounts'))[0] ?? fail('walletLocked');
}

/** watchAccount tells when the wallet shows another account, or none. It returns what ends that. */
export function watchAccount(wallet: Wallet, changed: (account: string | undefined) => void): () => void {
  const told = (answer: unknown) => changed(addresses(answer)[0]);
  wallet.provider.on?.('accountsChanged', told);
  return () => wallet.provider.removeListener?.('accountsChanged', told);
}

/**
 * signData has an account sign typed data. The wallet must show that account and be on the chain of the registry, since
 * wallets refuse data for another chain; it is asked to change if it is not.
 */
export async function signData(wallet: Wallet, account: string, data: TypedData): Promise<Uint8Array> {
  const shown = addresses(await call(wallet, 'eth_accounts'));
  if (shown.length === 0) {
    return fail('walletLocked');
  }
  if (!shown.includes(account)) {
    return fail('accountChanged', account);
  }
  await onChain(wallet, data.domain.chainId);
  const text = await call(wallet, 'eth_signTypedData_v4', [account, JSON.stringify(data)]);
  const signature = plainSignature(typeof text === 'string' ? text : '');
  if (!signature || signerOf(digestOf(data), signature) !== account) {
    return fail('wrongSigner', account);
  }
  return signature;
}

async function onChain(wallet: Wallet, chain: number): Promise<void> {
  const now = async () => Number(await call(wallet, 'eth_chainId'));
  if ((await now()) === chain) {
    return;
  }
  try {
    await call(wallet, 'wallet_switchEthereumChain', [{ chainId: `0x${chain.toString(16)}` }]);
  } catch (error) {
    if (error instanceof Fault && error.reason === 'walletRefused') {
      return fail('wrongChain', `eip155:${chain}`);
    }
    return fail(
      error instanceof Fault && error.reason === 'walletBusy' ? 'walletBusy' : 'chainUnknown',
      `eip155:${chain}`,
    );
  }
  if ((await now()) !== chain) {
    fail('wrongChain', `eip155:${chain}`);
  }
}
