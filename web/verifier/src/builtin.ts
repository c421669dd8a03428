// What is believed without a trust store (section 7): data, as in docs/builtin.trust.json.
const CHAINS = `
eip155:1|Ethereum||0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3
  |mainnet|0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95|1606824023|12|32|256
  |phase0:0:00000000 altair:74240:01000000 bellatrix:144896:02000000 capella:194048:03000000 deneb:269568:04000000 electra:364032:05000000 fulu:411392:06000000
eip155:100|Gnosis Chain||0x4f1dd23188aab3a76b463e4af801b52b1248ef073c648cbdc4c9333d3da79756
  |gnosis|0xf5dcb5564e829aab27264b9becd5dfaa017085611224cb3036f573368dbb9d47|1638993340|5|16|512
  |phase0:0:00000064 altair:512:01000064 bellatrix:385536:02000064 capella:648704:03000064 deneb:889856:04000064 electra:1337856:05000064 fulu:1714688:06000064
eip155:10200|Chiado|test|0xada44fd8d2ecab8b08f256af07ad3e777f17fb434f8f8e678b312f576212ba9a
  |chiado|0x9d642dac73058fbf39c0ae41ab1e34e4d889043cb199851ded7095bc99eb4c1e|1665396300|5|16|512
  |phase0:0:0000006f altair:90:0100006f bellatrix:180:0200006f capella:244224:0300006f deneb:516608:0400006f electra:948224:0500006f fulu:1353216:0600006f
eip155:11155111|Sepolia|test|0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9
  |sepolia|0xd8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078|1655733600|12|32|256
  |phase0:0:90000069 altair:50:90000070 bellatrix:100:90000071 capella:56832:90000072 deneb:132608:90000073 electra:222464:90000074 fulu:272640:90000075 gloas:353024:90000076
eip155:560048|Hoodi|test|0xbbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b
  |hoodi|0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f|1742213400|12|32|256
  |phase0:0:10000910 altair:0:20000910 bellatrix:0:30000910 capella:0:40000910 deneb:0:50000910 electra:2048:60000910 fulu:50688:70000910`;
const ETHEREUM = {
  committees: {
    1777: { root: '0xafc7bbf4402cc3ffda3aa76d62d6d0cbba6da6684ccd36a2c2bb6634ab24394d', origin: 'built in', date: '2026-06-16' },
    1778: { root: '0x75d9cad6d7f1c2d0a01224104ac9ff8c8a93795f69dfb84ccd0968a6397fb1cb', origin: 'built in', date: '2026-06-15' },
  },
  summaries: [{ root: '0xea683f50e62fec2100177c9cf2ad74744b096c15cc00c61579c336411994232c', origin: 'built in', date: '2025-04-13' }],
};

/** A trust store, as JSON. */
export function builtIn(): string {
  const fork = (text: string): object => {
    const [name, epoch, version] = text.split(':');
    return { name, epoch: Number(epoch), version: `0x${version}` };
  };
  const chains = CHAINS.trim()
    .split(/\n(?! )/)
    .map((row) => {
      const [id = '', name, test, genesis, label, genesisValidatorsRoot, ...more] = row.split(/\s*\|/);
      const [genesisTime, secondsPerSlot, slotsPerEpoch, epochsPerPeriod] = more.map(Number);
      const constants = { genesisTime, secondsPerSlot, slotsPerEpoch, epochsPerPeriod, committeeSize: 512, rootsPerSummary: 8192 };
      const network = { name: label, genesisValidatorsRoot, ...constants, forks: more.at(-1)?.split(' ').map(fork) };
      const registries = ['0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa'];
      return [id, { name, test: test === 'test', genesis, registries, beacon: { network, ...(id === 'eip155:1' ? ETHEREUM : {}) } }];
    });
  return JSON.stringify({ hallmarkTrust: 1, chains: Object.fromEntries(chains) });
}
