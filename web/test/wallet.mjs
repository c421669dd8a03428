// A wallet for tests: a provider of EIP-1193 that announces itself as EIP-6963 has it, and signs EIP-712 typed data with a
// key of the test chain. What it hashes is what wallets hash, from the types in the data, and shares no code with the page.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

const text = (s) => new TextEncoder().encode(s);
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const keccak = (...parts) => keccak_256(Buffer.concat(parts.map((p) => Buffer.from(p))));

/** typedHash is the digest of typed data (EIP-712) whose members are of plain types. */
export function typedHash({ types, domain, primaryType, message }) {
  const struct = (name, values) => {
    const fields = types[name];
    const words = fields.map(({ name: member, type }) => {
      const value = values[member];
      if (type === 'string') {
        return keccak(text(value));
      }
      const digits = type.startsWith('uint') ? BigInt(value).toString(16) : value.slice(2);
      return Buffer.from(digits.padStart(64, '0'), 'hex');
    });
    const encoded = `${name}(${fields.map((f) => `${f.type} ${f.name}`).join(',')})`;
    return keccak(keccak(text(encoded)), ...words);
  };
  return keccak([0x19, 0x01], struct('EIP712Domain', domain), struct(primaryType, message));
}

/**
 * newWallet makes a wallet of private keys, of which it shows the first. It is put into pages by install(page), and changed
 * by its members: accounts, chain, locked, refuses (a method, once), code (of that error). signed are the data that it
 * signed.
 */
export function newWallet(keys, chain) {
  const all = new Map(
    keys.map((key) => {
      const bytes = Buffer.from(key.slice(2), 'hex');
      return [hex(keccak(secp256k1.getPublicKey(bytes, false).subarray(1)).subarray(12)), bytes];
    }),
  );
  const wallet = {
    addresses: [...all.keys()],
    shown: [...all.keys()].slice(0, 1),
    chain,
    knows: [chain],
    locked: false,
    refuses: undefined,
    code: 4001,
    signed: [],
    async install(page) {
      await page.exposeFunction('testWallet', (call) => wallet.answer(call));
      await page.addInitScript(announce);
    },
    answer({ method, params }) {
      try {
        return { result: wallet.request(method, params) };
      } catch (error) {
        return { error: { code: error.code, message: error.message } };
      }
    },
    request(method, params) {
      if (wallet.refuses === method) {
        wallet.refuses = undefined;
        throw Object.assign(new Error(`the person refused ${method}`), { code: wallet.code });
      }
      switch (method) {
        case 'eth_requestAccounts':
          wallet.locked = false;
          return wallet.shown;
        case 'eth_accounts':
          return wallet.locked ? [] : wallet.shown;
        case 'eth_chainId':
          return `0x${wallet.chain.toString(16)}`;
        case 'wallet_switchEthereumChain': {
          const wanted = Number(params[0].chainId);
          if (!wallet.knows.includes(wanted)) {
            throw Object.assign(new Error('Unrecognized chain ID'), { code: 4902 });
          }
          wallet.chain = wanted;
          return null;
        }
        case 'eth_signTypedData_v4': {
          const data = JSON.parse(params[1]);
          if (Number(data.domain.chainId) !== wallet.chain) {
            throw Object.assign(new Error('the chain of the data is not the active one'), { code: -32603 });
          }
          const key = all.get(params[0].toLowerCase());
          const s = secp256k1.sign(typedHash(data), key, { prehash: false, format: 'recovered' });
          wallet.signed.push(data);
          return hex([...s.subarray(1), 27 + s[0]]);
        }
      }
      throw Object.assign(new Error(`${method} is not supported`), { code: 4200 });
    },
  };
  return wallet;
}

// Runs in the page.
function announce() {
  const told = new Set();
  const provider = {
    async request(call) {
      const { result, error } = await globalThis.testWallet({ method: call.method, params: call.params ?? [] });
      if (error) {
        throw Object.assign(new Error(error.message), { code: error.code });
      }
      return result;
    },
    on: (event, tell) => event === 'accountsChanged' && told.add(tell),
    removeListener: (_, tell) => told.delete(tell),
  };
  globalThis.walletShows = (accounts) => {
    for (const tell of told) {
      tell(accounts);
    }
  };
  const info = { uuid: '4f6ab1f8-0d57-4d64-a2a5-7a7f2c1d9e10', name: 'Test Wallet', rdns: 'example.wallet', icon: '' };
  const tell = () =>
    window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  window.addEventListener('eip6963:requestProvider', tell);
  tell();
}
