import { ascii, hex, keccak, unhex } from './bytes.ts';

/** checksummed is the EIP-55 form of an address. */
export function checksummed(address: Uint8Array): string {
  const digits = hex(address).slice(2);
  const sum = hex(keccak(ascii(digits))).slice(2);
  return `0x${[...digits].map((c, i) => (Number.parseInt(sum[i] ?? '0', 16) >= 8 ? c.toUpperCase() : c)).join('')}`;
}

/**
 * parseAddress reads an address as people and wallets write it, with its EIP-55 checksum or in letters of one case, and
 * returns its EIP-55 form; undefined if it is none, or mistyped.
 */
export function parseAddress(text: string): string | undefined {
  const bytes = unhex(text.trim(), 20);
  if (!bytes) {
    return undefined;
  }
  const digits = text.trim().slice(2);
  const form = checksummed(bytes);
  const plain = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  return plain || `0x${digits}` === form ? form : undefined;
}

/** A Home is a registry: a chain by its number, and the address of the contract, in EIP-55 form. */
export interface Home {
  chain: number;
  registry: string;
}

/** parseHome reads CAIP-10; undefined if it is not one of an EVM chain. */
export function parseHome(text: string): Home | undefined {
  const [, chain, address] = /^eip155:([1-9][0-9]{0,15}):(0x[0-9a-fA-F]{40})$/.exec(text) ?? [];
  const registry = parseAddress(address ?? '');
  if (registry === undefined || !Number.isSafeInteger(Number(chain))) {
    return undefined;
  }
  return { chain: Number(chain), registry };
}

/** homeText writes it. */
export function homeText(home: Home): string {
  return `eip155:${home.chain}:${home.registry}`;
}
