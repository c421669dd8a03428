// The trust store (section 7): what the verifier's owner believes.

import { builtIn as builtInStore } from './builtin.js';
import { type Bytes, base64, concat, type Hex, number, refuse, sha256, utf8, ZERO } from './bytes.js';
import { type Json, parseJson } from './json.js';
import * as s from './schema.js';

const seconds = s.withDefault(s.integer(), 0);
const decimal = s.pattern(/^(0|[1-9][0-9]{0,15})$/);
const trustedRoot = s.object({ root: s.hash, origin: s.optional(s.text), date: s.optional(s.text) });
const powerOfTwo: s.Read<number> = (v, at) => {
  const n = s.integer(8, 2 ** 30)(v, at);
  return (n & (n - 1)) === 0 ? n : refuse(`${at}: want a power of two`);
};
const network = s.object({
  name: s.text,
  genesisValidatorsRoot: s.hash,
  genesisTime: s.integer(),
  secondsPerSlot: s.integer(1),
  slotsPerEpoch: s.integer(1),
  epochsPerPeriod: s.integer(1),
  committeeSize: powerOfTwo,
  rootsPerSummary: powerOfTwo,
  forks: (v: Json | undefined, at: string) => {
    const forks = s.list(s.object({ name: s.text, epoch: s.integer(), version: s.hex(4) }), 1)(v, at);
    const ordered = forks.every((f, i) => (i === 0 ? f.epoch === 0 : f.epoch >= (forks[i - 1]?.epoch ?? 0)));
    return ordered ? forks : refuse(`${at}: the forks are not in the order of their epochs, from 0`);
  },
});

/** The key of a witness, as `<name>+<id in hex>+<base64 of 0x04 and the key>`. */
const witnessKey: s.Read<{ name: string; id: bigint; key: Bytes }> = (v, at) => {
  const [, name = '', id = '', encoded = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(s.text(v, at)) ?? refuse(`${at}: not the key of a witness`);
  const data = base64(encoded);
  const expected = sha256(concat(utf8(`${name}\n`), data)).slice(0, 4);
  if (data.length !== 33 || data[0] !== 4 || number(expected) !== BigInt(`0x${id}`))
    refuse(`${at}: the id does not fit the key of the witness`);
  return { name, id: BigInt(`0x${id}`), key: data.slice(1) };
};
const witnessed = s.object({
  quorum: s.integer(1),
  keys: s.list(s.object({ key: witnessKey, notBefore: seconds, notAfter: seconds }), 0, 64),
});
const witnesses: s.Read<ReturnType<typeof witnessed>> = (v, at) => {
  const w = witnessed(v, at);
  const names = new Set(w.keys.map((k) => k.key.name));
  return w.quorum <= names.size ? w : refuse(`${at}: the quorum is larger than the number of names`);
};

const beacon = s.object({
  network: s.optional(network),
  committees: s.withDefault(s.dict(decimal, trustedRoot), new Map()),
  summaries: s.withDefault(s.list(trustedRoot, 0, 64), []),
});
const chain = s.object({
  name: s.withDefault(s.text, ''),
  test: s.withDefault(s.flag, false),
  genesis: (v: Json | undefined, at: string) => (s.hash(v, at) === ZERO ? refuse(`${at}: it is zero`) : s.hash(v, at)),
  registries: s.withDefault(s.list(s.address(true)), []),
  blocks: s.withDefault(s.dict(decimal, s.hash), new Map()),
  successor: s.optional(s.object({ chain: s.chain, since: s.integer(1) })),
  beacon: s.optional(beacon),
  witnesses: s.optional(witnesses),
});

const issuer = s.object({
  name: s.withDefault(s.text, ''),
  ids: s.withDefault(s.list(s.text), []),
  homes: s.optional(s.list(s.home(true), 1)),
  complete: s.withDefault(s.flag, false),
  notBefore: seconds,
  notAfter: seconds,
});

const base64Text: s.Read<Bytes> = (v, at) => base64(s.text(v, at));
const span = { notBefore: seconds, notAfter: seconds };
const byte = s.integer(0, 255);
const zoneKey = s.object({ keyTag: s.integer(0, 65535), algorithm: byte, digestType: byte, digest: s.hex(0, 1024), ...span });
const authorities = s.object({
  roots: s.optional(s.list(s.object({ certificate: base64Text, notAfter: seconds }), 0, 1024)),
  logs: s.optional(s.list(s.object({ key: base64Text, operator: s.text, ...span }), 0, 1024)),
  zoneKeys: s.optional(s.list(zoneKey, 0, 1024)),
});

const store = s.object({
  hallmarkTrust: s.integer(1, 1),
  chains: s.withDefault(s.dict(s.chain, chain), new Map()),
  issuers: s.withDefault(s.dict(s.address(true), issuer), new Map()),
  authorities: s.optional(authorities),
});

export type Network = ReturnType<typeof network>;
export type Beacon = ReturnType<typeof beacon>;
export type Witnesses = ReturnType<typeof witnesses>;
export type Chain = ReturnType<typeof chain>;
export type Issuer = ReturnType<typeof issuer>;
type Store = ReturnType<typeof store>;

/** What to believe: the store with what is built in, and the sole home of issuers that have no homes. */
export interface Trust {
  chains: Map<string, Chain>;
  issuers: Map<Hex, Issuer>;
  soleHome: { chain: string; registry: Hex } | undefined;
}

let builtIn: Store | undefined; // read once

/** Reads a trust store, or none, and adds what is built in; throws Refused. */
export function readTrust(data?: Bytes): Trust {
  const read = (b: Bytes): Store => store(parseJson(b, 16), 'the trust store');
  if (data !== undefined && data.length > 16 << 20) refuse('the trust store is longer than 16 MiB');
  builtIn ??= read(utf8(builtInStore()));
  const own: Store = data === undefined ? { hallmarkTrust: 1, chains: new Map(), issuers: new Map(), authorities: undefined } : read(data);
  for (const [id, c] of own.chains) if (c.successor?.chain === id) refuse(`the trust store: ${id} is its own successor`);

  const successors = new Set([...own.chains.values()].map((c) => c.successor?.chain));
  const homes = [...own.chains].flatMap(([id, c]) => c.registries.map((registry: Hex) => ({ chain: id, registry })));
  const counted = homes.filter((h) => !successors.has(h.chain));
  const ethereum = { chain: 'eip155:1', registry: builtIn.chains.get('eip155:1')?.registries[0] ?? '' };
  const soleHome =
    homes.length === 0 ? ethereum : new Set(counted.map((h) => `${h.chain}:${h.registry}`)).size === 1 ? counted[0] : undefined;

  const chains = new Map(builtIn.chains);
  for (const [id, c] of own.chains) chains.set(id, { ...c, beacon: merged(c, builtIn.chains.get(id)) });
  return { chains, issuers: own.issuers, soleHome };
}

/** What is believed of a chain's beacon chain: a network in the file replaces all that is built in. */
function merged(own: Chain, builtIn: Chain | undefined): Beacon | undefined {
  const there = builtIn?.genesis === own.genesis ? builtIn.beacon : undefined;
  if (there === undefined || own.beacon?.network !== undefined) return own.beacon;
  return {
    network: there.network,
    committees: new Map([...there.committees, ...(own.beacon?.committees ?? [])]),
    summaries: [...(own.beacon?.summaries ?? []), ...there.summaries],
  };
}
