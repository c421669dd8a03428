// What tests do to the chain of a node.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';

/** A Gate stands between a node and a server, and can be shut: then nobody answers there. */
export class Gate {
  #open = new Set();
  #server;

  /** to resolves to the URL at which the gate stands. */
  async to(url) {
    this.target = new URL(url);
    await this.raise(0);
    return `http://127.0.0.1:${this.port}`;
  }

  async raise(port = this.port) {
    this.#server = createServer((from) => {
      const on = connect(Number(this.target.port), this.target.hostname);
      for (const [a, b] of [
        [from, on],
        [on, from],
      ]) {
        this.#open.add(a);
        a.pipe(b);
        a.on('error', () => b.destroy());
        a.on('close', () => this.#open.delete(a));
      }
    });
    await new Promise((done) => this.#server.listen(port, '127.0.0.1', done));
    this.port = this.#server.address().port;
  }

  async shut() {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#open) {
      socket.destroy();
    }
    await closed;
  }
}

/** An Account holds money on a chain. */
export class Account {
  constructor(rpc, secret = bytesToHex(secp256k1.utils.randomSecretKey())) {
    this.rpc = rpc;
    this.secret = hexToBytes(secret.trim().replace(/^0x/, ''));
    const point = secp256k1.getPublicKey(this.secret, false);
    this.address = `0x${bytesToHex(keccak_256(point.slice(1)).slice(-20))}`;
  }

  async ask(method, ...params) {
    const answer = await fetch(this.rpc, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = await answer.json();
    assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
    return result;
  }

  /** sendAll sends all that it has to an address, and resolves once that is in a block. */
  async sendAll(to) {
    const [chain, nonce, price, balance] = (
      await Promise.all([
        this.ask('eth_chainId'),
        this.ask('eth_getTransactionCount', this.address, 'pending'),
        this.ask('eth_gasPrice'),
        this.ask('eth_getBalance', this.address, 'latest'),
      ])
    ).map(BigInt);
    const offered = price * 3n;
    const fields = [nonce, offered, 21000n, hexToBytes(to.slice(2)), balance - offered * 21000n, new Uint8Array()];
    const digest = keccak_256(rlp([...fields, chain, 0n, 0n]));
    const signature = secp256k1.Signature.fromBytes(
      secp256k1.sign(digest, this.secret, { prehash: false, format: 'recovered' }),
      'recovered',
    );
    const v = BigInt(signature.recovery) + 35n + chain * 2n;
    const raw = `0x${bytesToHex(rlp([...fields, v, signature.r, signature.s]))}`;
    const hash = await this.ask('eth_sendRawTransaction', raw);
    for (let tries = 0; !(await this.ask('eth_getTransactionReceipt', hash)); tries++) {
      assert.ok(tries < 300, 'the transaction is in no block');
      await sleep(100);
    }
  }
}

/** rlp encodes numbers, bytes and lists of them as Ethereum does. */
function rlp(item) {
  if (Array.isArray(item)) {
    const body = concatBytes(...item.map(rlp));
    return concatBytes(head(body.length, 0xc0), body);
  }
  const bytes = typeof item === 'bigint' ? whole(item) : item;
  return bytes.length === 1 && bytes[0] < 0x80 ? bytes : concatBytes(head(bytes.length, 0x80), bytes);
}

function head(length, base) {
  if (length < 56) {
    return Uint8Array.of(base + length);
  }
  const size = whole(BigInt(length));
  return concatBytes(Uint8Array.of(base + 55 + size.length), size);
}

function whole(n) {
  const hex = n.toString(16);
  return n === 0n ? new Uint8Array() : hexToBytes(hex.padStart(hex.length + (hex.length % 2), '0'));
}
