// The trust store (section 7): what the verifier's owner believes.
import builtInFile from './builtin.trust.json' with { type: 'json' };
import { type Bytes, base64, type Hex, refuse, sha256, toHex, utf8, ZERO } from './bytes.js';
import { parseJson } from './json.js';
import * as s from './schema.js';

const seconds = s.or(s.integer(), 0);
const span = { notBefore: seconds, notAfter: seconds };
const decimal = s.pattern(/^(0|[1-9][0-9]{0,15})$/);
const powerOfTwo = s.only(s.integer(8, 2 ** 30), (n) => (n & (n - 1)) === 0, 'a power of two');
const fork = s.object({ name: s.text, epoch: s.integer(), version: s.hex(4) });
const inOrder = (all: ReturnType<typeof fork>[]): boolean => all.every(({ epoch }, i) => epoch >= (all[i - 1]?.epoch ?? 0));
const network = s.object({
  name: s.text,
  genesisValidatorsRoot: s.hash,
  genesisTime: s.integer(),
  secondsPerSlot: s.integer(1),
  slotsPerEpoch: s.integer(1),
  epochsPerPeriod: s.integer(1),
  committeeSize: powerOfTwo,
  rootsPerSummary: powerOfTwo,
  forks: s.only(s.list(fork, 1), (all) => all[0]?.epoch === 0 && inOrder(all), 'forks in order, from 0'),
});
const trustedRoot = s.object({ root: s.hash, origin: s.optional(s.text), date: s.optional(s.text) });
const beacon = s.object({
  network: s.optional(network),
  committees: s.or(s.dict(decimal, trustedRoot), new Map()),
  summaries: s.or(s.list(trustedRoot, 0, 64), []),
});

/** The key of a witness, as `<name>+<id in hex>+<base64 of 0x04 and the key>`. */
const witnessKey = s.as(s.text, (text) => {
  const [, name = '', id = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text) ?? refuse('not the key of a witness');
  const data = base64(encoded);
  const fits = data.length === 33 && data[0] === 4 && sha256(toHex(utf8(`${name}\n`)), toHex(data)).startsWith(`0x${id}`);
  return fits ? { name, id: `0x${id}`, key: data.slice(1) } : refuse('the id does not fit the key of the witness');
});
const witnesses = s.only(
  s.object({ quorum: s.integer(1), keys: s.list(s.object({ key: witnessKey, ...span }), 0, 64) }),
  (w) => w.quorum <= new Set(w.keys.map((k) => k.key.name)).size,
  'a quorum of at most as many as there are names',
);
const chain = s.object({
  name: s.or(s.text, ''),
  test: s.or(s.flag, false),
  genesis: s.only(s.hash, (h) => h !== ZERO, 'a hash'),
  registries: s.or(s.list(s.address(true)), []),
  blocks: s.or(s.dict(decimal, s.hash), new Map()),
  successor: s.optional(s.object({ chain: s.chain, since: s.integer(1) })),
  beacon: s.optional(beacon),
  witnesses: s.optional(witnesses),
});
const issuer = s.object({
  name: s.or(s.text, ''),
  ids: s.or(s.list(s.text), []),
  homes: s.optional(s.list(s.home(true), 1)),
  complete: s.or(s.flag, false),
  ...span,
});

const byte = s.integer(0, 255);
const zoneKey = s.object({ keyTag: s.integer(0, 65535), algorithm: byte, digestType: byte, digest: s.hex(0, 1024), ...span });
const store = s.object({
  hallmarkTrust: s.integer(1, 1),
  chains: s.or(s.dict(s.chain, chain), new Map()),
  issuers: s.or(s.dict(s.address(true), issuer), new Map()),
  // Of these only the form is looked at.
  authorities: s.optional(
    s.object({
      roots: s.optional(s.list(s.object({ certificate: s.base64Text, notAfter: seconds }), 0, 1024)),
      logs: s.optional(s.list(s.object({ key: s.base64Text, operator: s.text, ...span }), 0, 1024)),
      zoneKeys: s.optional(s.list(zoneKey, 0, 1024)),
    }),
  ),
});

export type Network = ReturnType<typeof network>;
export type Beacon = ReturnType<typeof beacon>;
export type Chain = ReturnType<typeof chain>;
export type Issuer = ReturnType<typeof issuer>;

/** What to believe: the store with what is built in, and the sole home of issuers that have no homes. */
export interface Trust {
  chains: Map<string, Chain>;
  issuers: Map<Hex, Issuer>;
  soleHome: s.Home | undefined;
}

const read = (b: Bytes): ReturnType<typeof store> => store(parseJson(b, 16));
const builtIn = read(utf8(JSON.stringify(builtInFile)));
export const REGISTRY = '0x7ab49bc95cb10c121f6afa6805ee7eb392b1a3aa'; // section 4.1

/** Reads a trust store, or none, and adds what is built in; throws Refused. */
export function readTrust(data: Bytes = utf8('{"hallmarkTrust":1}')): Trust {
  if (data.length > 16 << 20) refuse('the trust store is longer than 16 MiB');
  const own = read(data);
  const chains = new Map(builtIn.chains);
  for (const [id, c] of own.chains) {
    if (c.successor?.chain === id) refuse(`${id} is its own successor`);
    chains.set(id, { ...c, beacon: merged(c, builtIn.chains.get(id)) });
  }
  const successors = [...own.chains.values()].map((c) => c.successor?.chain);
  const homes = [...own.chains].flatMap(([id, c]) => c.registries.map((registry) => ({ chain: id, registry })));
  const counted = homes.filter((h) => !successors.includes(h.chain));
  const one = new Set(counted.map((h) => `${h.chain}:${h.registry}`)).size === 1;
  const soleHome = homes.length === 0 ? { chain: 'eip155:1', registry: REGISTRY } : one ? counted[0] : undefined;
  return { chains, issuers: own.issuers, soleHome };
}

/** What is believed of a chain's beacon chain: a network in the file replaces all that is built in. */
function merged(own: Chain, builtIn: Chain | undefined): Beacon | undefined {
  const there = builtIn?.genesis === own.genesis ? builtIn.beacon : undefined;
  if (there === undefined || own.beacon?.network !== undefined) return own.beacon;
  const { committees, summaries } = own.beacon ?? { committees: [], summaries: [] };
  return { ...there, committees: new Map([...there.committees, ...committees]), summaries: [...summaries, ...there.summaries] };
}
