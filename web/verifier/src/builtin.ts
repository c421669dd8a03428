// Data, not code: docs/builtin.trust.json, what is built in without a trust store.
export const BUILT_IN = `{
  "hallmarkTrust": 1,
  "chains": {
    "eip155:1": {
      "name": "Ethereum",
      "test": false,
      "genesis": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
      "registries": [
        "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"
      ],
      "beacon": {
        "network": {
          "name": "mainnet",
          "genesisValidatorsRoot": "0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95",
          "genesisTime": 1606824023,
          "secondsPerSlot": 12,
          "slotsPerEpoch": 32,
          "epochsPerPeriod": 256,
          "committeeSize": 512,
          "rootsPerSummary": 8192,
          "forks": [
            {
              "name": "phase0",
              "epoch": 0,
              "version": "0x00000000"
            },
            {
              "name": "altair",
              "epoch": 74240,
              "version": "0x01000000"
            },
            {
              "name": "bellatrix",
              "epoch": 144896,
              "version": "0x02000000"
            },
            {
              "name": "capella",
              "epoch": 194048,
              "version": "0x03000000"
            },
            {
              "name": "deneb",
              "epoch": 269568,
              "version": "0x04000000"
            },
            {
              "name": "electra",
              "epoch": 364032,
              "version": "0x05000000"
            },
            {
              "name": "fulu",
              "epoch": 411392,
              "version": "0x06000000"
            }
          ]
        },
        "committees": {
          "1777": {
            "root": "0xafc7bbf4402cc3ffda3aa76d62d6d0cbba6da6684ccd36a2c2bb6634ab24394d",
            "origin": "built in, from script/tests/fixtures/proof_inputs.cbor of succinctlabs/sp1-helios",
            "date": "2026-06-16"
          },
          "1778": {
            "root": "0x75d9cad6d7f1c2d0a01224104ac9ff8c8a93795f69dfb84ccd0968a6397fb1cb",
            "origin": "built in, signed by the committee of period 1777 in the same file",
            "date": "2026-06-15"
          }
        },
        "summaries": [
          {
            "root": "0xea683f50e62fec2100177c9cf2ad74744b096c15cc00c61579c336411994232c",
            "origin": "built in, from historical_summaries_at_slot_11476992.ssz of ethereum/portal-spec-tests",
            "date": "2025-04-13"
          }
        ]
      }
    },
    "eip155:100": {
      "name": "Gnosis Chain",
      "test": false,
      "genesis": "0x4f1dd23188aab3a76b463e4af801b52b1248ef073c648cbdc4c9333d3da79756",
      "registries": [
        "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"
      ],
      "beacon": {
        "network": {
          "name": "gnosis",
          "genesisValidatorsRoot": "0xf5dcb5564e829aab27264b9becd5dfaa017085611224cb3036f573368dbb9d47",
          "genesisTime": 1638993340,
          "secondsPerSlot": 5,
          "slotsPerEpoch": 16,
          "epochsPerPeriod": 512,
          "committeeSize": 512,
          "rootsPerSummary": 8192,
          "forks": [
            {
              "name": "phase0",
              "epoch": 0,
              "version": "0x00000064"
            },
            {
              "name": "altair",
              "epoch": 512,
              "version": "0x01000064"
            },
            {
              "name": "bellatrix",
              "epoch": 385536,
              "version": "0x02000064"
            },
            {
              "name": "capella",
              "epoch": 648704,
              "version": "0x03000064"
            },
            {
              "name": "deneb",
              "epoch": 889856,
              "version": "0x04000064"
            },
            {
              "name": "electra",
              "epoch": 1337856,
              "version": "0x05000064"
            },
            {
              "name": "fulu",
              "epoch": 1714688,
              "version": "0x06000064"
            }
          ]
        }
      }
    },
    "eip155:10200": {
      "name": "Chiado",
      "test": true,
      "genesis": "0xada44fd8d2ecab8b08f256af07ad3e777f17fb434f8f8e678b312f576212ba9a",
      "registries": [
        "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"
      ],
      "beacon": {
        "network": {
          "name": "chiado",
          "genesisValidatorsRoot": "0x9d642dac73058fbf39c0ae41ab1e34e4d889043cb199851ded7095bc99eb4c1e",
          "genesisTime": 1665396300,
          "secondsPerSlot": 5,
          "slotsPerEpoch": 16,
          "epochsPerPeriod": 512,
          "committeeSize": 512,
          "rootsPerSummary": 8192,
          "forks": [
            {
              "name": "phase0",
              "epoch": 0,
              "version": "0x0000006f"
            },
            {
              "name": "altair",
              "epoch": 90,
              "version": "0x0100006f"
            },
            {
              "name": "bellatrix",
              "epoch": 180,
              "version": "0x0200006f"
            },
            {
              "name": "capella",
              "epoch": 244224,
              "version": "0x0300006f"
            },
            {
              "name": "deneb",
              "epoch": 516608,
              "version": "0x0400006f"
            },
            {
              "name": "electra",
              "epoch": 948224,
              "version": "0x0500006f"
            },
            {
              "name": "fulu",
              "epoch": 1353216,
              "version": "0x0600006f"
            }
          ]
        }
      }
    },
    "eip155:11155111": {
      "name": "Sepolia",
      "test": true,
      "genesis": "0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9",
      "registries": [
        "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"
      ],
      "beacon": {
        "network": {
          "name": "sepolia",
          "genesisValidatorsRoot": "0xd8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078",
          "genesisTime": 1655733600,
          "secondsPerSlot": 12,
          "slotsPerEpoch": 32,
          "epochsPerPeriod": 256,
          "committeeSize": 512,
          "rootsPerSummary": 8192,
          "forks": [
            {
              "name": "phase0",
              "epoch": 0,
              "version": "0x90000069"
            },
            {
              "name": "altair",
              "epoch": 50,
              "version": "0x90000070"
            },
            {
              "name": "bellatrix",
              "epoch": 100,
              "version": "0x90000071"
            },
            {
              "name": "capella",
              "epoch": 56832,
              "version": "0x90000072"
            },
            {
              "name": "deneb",
              "epoch": 132608,
              "version": "0x90000073"
            },
            {
              "name": "electra",
              "epoch": 222464,
              "version": "0x90000074"
            },
            {
              "name": "fulu",
              "epoch": 272640,
              "version": "0x90000075"
            },
            {
              "name": "gloas",
              "epoch": 353024,
              "version": "0x90000076"
            }
          ]
        }
      }
    },
    "eip155:560048": {
      "name": "Hoodi",
      "test": true,
      "genesis": "0xbbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b",
      "registries": [
        "0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"
      ],
      "beacon": {
        "network": {
          "name": "hoodi",
          "genesisValidatorsRoot": "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f",
          "genesisTime": 1742213400,
          "secondsPerSlot": 12,
          "slotsPerEpoch": 32,
          "epochsPerPeriod": 256,
          "committeeSize": 512,
          "rootsPerSummary": 8192,
          "forks": [
            {
              "name": "phase0",
              "epoch": 0,
              "version": "0x10000910"
            },
            {
              "name": "altair",
              "epoch": 0,
              "version": "0x20000910"
            },
            {
              "name": "bellatrix",
              "epoch": 0,
              "version": "0x30000910"
            },
            {
              "name": "capella",
              "epoch": 0,
              "version": "0x40000910"
            },
            {
              "name": "deneb",
              "epoch": 0,
              "version": "0x50000910"
            },
            {
              "name": "electra",
              "epoch": 2048,
              "version": "0x60000910"
            },
            {
              "name": "fulu",
              "epoch": 50688,
              "version": "0x70000910"
            }
          ]
        }
      }
    }
  }
}
`;
