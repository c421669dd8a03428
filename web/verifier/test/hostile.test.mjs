// Hostile inputs of the TypeScript verifier: each is refused, or told as unknown, within two seconds of a processor.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDate, readDocument } from '../dist/document.js';
import { parseJson } from '../dist/json.js';
import { Refused, readProof, readTrust, verify } from '../dist/verify.js';

const data = (name) => new Uint8Array(readFileSync(new URL(`../../../verifier/testdata/${name}`, import.meta.url)));
const text = (s) => new TextEncoder().encode(s);
const good = new TextDecoder().decode(data('badge.json.proof.json'));
const options = { trust: data('trust.json'), now: 1767226800 };
const swap = (from, to) => {
  assert.ok(good.includes(from), from);
  return text(good.replace(from, to));
};

/** Runs f, which must take less than two seconds of a processor. */
function quickly(f) {
  const from = process.cpuUsage();
  const out = f();
  const { user } = process.cpuUsage(from);
  assert.ok(user < 2e6, `took ${user / 1000} ms`);
  return out;
}

const mib = 1 << 20;
const head = '{"hallmark":1,';
const refused = {
  nothing: new Uint8Array(),
  'two MiB': new Uint8Array(2 * mib).fill(0x20),
  'nested arrays': text('['.repeat(mib)),
  'nested objects': text('{"a":'.repeat(200_000)),
  'nested within a voucher': swap('"anchors": [', `"anchors": [{"finality":[{"kind":"x","y":${'['.repeat(9000)}${']'.repeat(9000)}}]},`),
  'a long number': text(`${head}"x":${'9'.repeat(mib - 100)}}`),
  'a long number with zeros inside': text(`${head}"x":1${'0'.repeat(mib / 2)}1}`),
  'a long text without end': text(`${head}"x":"${'\\u0041'.repeat(150_000)}`),
  'backslashes without end': text(`${head}"${'\\'.repeat(mib - 100)}`),
  'a long hash': swap('"salt": "0x', `"salt": "0x${'00'.repeat(400_000)}`),
  'many members': text(`{${Array.from({ length: 60_000 }, (_, i) => `"${i}":1`).join(',')}}`),
  'the member __proto__': swap('"hallmark"', '"__proto__": {"hallmark": 1}, "hallmark"'),
  'the member constructor': swap('"hallmark"', '"constructor": 1, "hallmark"'),
  'the member toString': swap('"hallmark"', '"toString": 1, "hallmark"'),
  'null in a place of its own': swap('"hallmark": 1', '"hallmark": 1, "hints": null'),
  'half a surrogate pair': swap('"hallmark": 1', '"hallmark": 1, "hints": {"node": "\\ud800"}'),
  'not UTF-8': new Uint8Array([...text('{"hallmark":"'), 0xff, 0xfe]),
  'CBOR: arrays within arrays': new Uint8Array([0xa1, 0x06, ...new Uint8Array(500_000).fill(0x81)]),
  'CBOR: maps within maps': new Uint8Array(500_000).fill(0xa1),
  'CBOR: an endless array': Uint8Array.of(0xa1, 0x06, 0x9f, 0xff),
  'CBOR: an array of 2^32-1': Uint8Array.of(0xa1, 0x06, 0x9a, 0xff, 0xff, 0xff, 0xff),
  'CBOR: a map of 2^63': Uint8Array.of(0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0),
  'CBOR: bytes of 2^53': Uint8Array.of(0xa1, 0x02, 0x5b, 0, 0x20, 0, 0, 0, 0, 0, 0),
  'CBOR: the key __proto__': Uint8Array.of(0xa1, 0x69, ...text('__proto__'), 0x01),
  'CBOR: a text of half a character': Uint8Array.of(0xa1, 0x07, 0xa1, 0x01, 0x61, 0xc3),
};
for (const [name, input] of Object.entries(refused)) {
  test(`no proof: ${name}`, () => quickly(() => assert.throws(() => readProof(input), Refused)));
}

const noTrust = {
  'nested objects': text('{"chains":'.repeat(100_000)),
  'a long number': text(`{"hallmarkTrust":${'1'.repeat(8 * mib)}}`),
  'a long certificate': text(`{"hallmarkTrust":1,"authorities":{"roots":[{"certificate":"${'AAAA'.repeat(3 * mib)}A"}]}}`),
  'a million texts': text(`{"hallmarkTrust":1,"x":[${'"",'.repeat(mib)}""]}`),
};
for (const [name, input] of Object.entries(noTrust)) {
  test(`no trust store: ${name}`, () => quickly(() => assert.throws(() => readTrust(input), Refused)));
}

const documents = {
  'nested arrays': text(`{"a":${'['.repeat(8 * mib)}`),
  'nested one level too deep': text(`{"a":${'['.repeat(128)}${']'.repeat(128)}}`),
  'a number of a million digits': text(`{"a":1${'0'.repeat(mib)}1}`),
  'a fraction of a million zeros': text(`{"a":0.${'0'.repeat(mib)}1}`),
  'a huge exponent': text('{"a":1e999999999999999999999}'),
  'a member twice': text('{"a":1,"\\u0061":2}'),
  'a token of ten MiB': text(`eyJ${'e'.repeat(10 * mib)}`),
  'a text that tries patterns': text(`{"id":"${'e-'.repeat(mib)}","@context":"${'%'.repeat(mib)}"}`),
};
for (const [name, input] of Object.entries(documents)) {
  test(`not the credential: ${name}`, () => {
    const report = quickly(() => verify(data('badge.json.proof.json'), input, options));
    assert.notEqual(report.verdict, 'VALID');
    assert.notEqual(report.checks[0].result, 'pass');
  });
}

test('a credential with long texts is not read, and quickly', () => {
  const name = 'e-'.repeat(mib);
  const badge = new TextDecoder().decode(data('badge.json')).replace('Rust removal', name);
  const report = quickly(() => verify(data('badge.json.proof.json'), text(badge), options));
  assert.equal(report.checks[0].reason, 'altered');
  const document = parseJson(text(badge), 128);
  assert.ok(quickly(() => readDocument(document, []).unread));
});

test('what makes no difference', () => {
  const report = (proof) => verify(proof, data('badge.json'), options).verdict;
  assert.equal(report(text(good)), 'VALID');
  assert.equal(report(text(`\ufeff${good}`)), 'VALID');
});

test('what is built in is what the specification says', () => {
  const plain = (t) => JSON.parse(JSON.stringify(t, (k, v) => (k === 'origin' ? undefined : v instanceof Map ? Object.fromEntries(v) : v)));
  const stated = readTrust(new Uint8Array(readFileSync(new URL('../../../docs/builtin.trust.json', import.meta.url))));
  assert.deepEqual(plain(readTrust().chains), plain(stated.chains));
});

test('how many steps a path may have is exact', () => {
  const inclusion = (count, steps) => {
    const proof = JSON.parse(good);
    proof.submission.count = count;
    proof.submission.path = Array(steps).fill(`0x${'11'.repeat(32)}`);
    const report = verify(text(JSON.stringify(proof)), undefined, options);
    return report.checks.find((c) => c.check === 'inclusion').result;
  };
  for (const [count, least, most] of [
    [1, 0, 0],
    [2, 1, 1],
    [3, 1, 2],
    [2 ** 48 - 1, 47, 48],
    [2 ** 48 + 1, 48, 49],
    [2 ** 49 - 1, 48, 49],
    [2 ** 49 + 1, 49, 50],
    [2 ** 53 - 1, 52, 53],
  ]) {
    for (let steps = Math.max(0, least - 1); steps <= most + 1; steps++) {
      const want = steps >= least && steps <= most ? 'pass' : 'fail';
      assert.equal(inclusion(count, steps), want, `${steps} steps for ${count}`);
    }
  }
});

test('a date is kept to the nanosecond, as far as a moment in whole seconds can tell', () => {
  const second = Date.parse('2026-01-01T00:00:00Z') / 1000;
  assert.ok(second < readDate('2026-01-01T00:00:00.000000001Z').from, 'it does not hold yet');
  assert.ok(second > readDate('2025-12-31T23:59:59.999999999Z').to, 'it has ended');
  assert.deepEqual(readDate('2026-01-01T00:00:00.000Z'), { from: second, to: second });
});
