// The verifier of the pages, run by Node, says of the same files what the command verify says.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { badges, issueSamples, repository, startNode } from './fixture.mjs';

let engine;
let node;
let samples;

before(async () => {
  globalThis.self ??= globalThis;
  await import('../src/engine/wasm_exec.js');
  const go = new globalThis.Go();
  const program = readFileSync(join(repository, 'web/src/engine/verifier.wasm'));
  const { instance } = await WebAssembly.instantiate(program, go.importObject);
  go.run(instance);
  engine = globalThis.hallmark;
  node = await startNode();
  samples = await issueSamples(node);
});
after(() => node?.stop());

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** verify returns the results of files by their names below a folder, and the summary. */
function verify(paths, folder, settings = {}) {
  const results = [];
  const began = [];
  const files = paths.map((path) => ({ name: relative(folder, path), bytes: new Uint8Array(readFileSync(path)) }));
  const answer = engine.verify(files, { settings: JSON.stringify(settings), hops: [] }, (result, name) =>
    result === null ? began.push(name) : results.push(JSON.parse(result)),
  );
  const { ok, error } = JSON.parse(answer);
  assert.equal(error, undefined);
  return { results, summary: ok, began };
}

const added = [
  'because',
  'chainName',
  'expired',
  'finalBy',
  'hint',
  'issuerName',
  'leaf',
  'nodes',
  'proof',
  'shortCode',
  'skills',
];

/** plain is a result without what pages get besides. */
function plain(result) {
  const copy = { ...result };
  for (const name of added) {
    delete copy[name];
  }
  return copy;
}

/** commandLine is what the command says, by file; names are those below the folder. */
async function commandLine(folder, ...args) {
  const { stdout } = await node.hallmark('verify', '--json', ...args);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line.replaceAll(JSON.stringify(`${folder}/`).slice(1, -1), '')));
}

const byFile = (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
test('a folder is told of as by the command', async () => {
  const folder = join(node.folder, 'badges');
  for (const trusted of [true, false]) {
    const settings = trusted ? { trust: readFileSync(samples.trust, 'utf8'), allowTest: true } : {};
    const flags = trusted ? ['--trust', samples.trust, '--allow-test'] : [];
    const want = await commandLine(folder, ...flags, folder, { status: 1 });
    const { results, summary } = verify(filesIn(folder), folder, settings);
    assert.deepEqual(results.map(plain).sort(byFile), want.sort(byFile));
    assert.equal(summary.checked, want.filter((r) => r.verdict !== 'SKIPPED').length);
    assert.equal(summary.valid > 0, trusted);
  }
});

test('one file is told of as by the command, with what pages show besides', async () => {
  const settings = { trust: readFileSync(samples.trust, 'utf8'), allowTest: true };
  for (const [path, status] of [
    [samples.png, 0],
    [samples.pdf, 0],
    [samples.trust, 2],
    [join(badges, 'degree.json'), 2],
  ]) {
    const want = await commandLine(dirname(path), '--trust', samples.trust, '--allow-test', path, { status });
    assert.deepEqual(verify([path], dirname(path), settings).results.map(plain), want);
  }
  const folder = dirname(samples.valid);
  const [valid] = verify([samples.valid, samples.validProof], folder, settings).results;
  assert.equal(valid.verdict, 'VALID');
  assert.equal(valid.issuerName, 'Example College');
  assert.equal(valid.skills[0].result, 'proven');
  assert.match(valid.shortCode, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}-.$/);
  assert.deepEqual(JSON.parse(valid.proof), JSON.parse(readFileSync(samples.validProof, 'utf8')));
  const [alone] = verify([samples.validProof], folder, settings).results;
  assert.equal(alone.document, undefined);
  assert.equal(alone.checks.find((c) => c.check === 'credential').reason, 'document_missing');
});

test('a proof is completed by what its node serves', async () => {
  const settings = { trust: readFileSync(samples.trust, 'utf8'), allowTest: true };
  const folder = dirname(samples.pending);
  const proof = samples.proofOf(samples.pending);
  const [pending] = verify([samples.pending, proof], folder, settings).results;
  assert.equal(pending.reason, 'pending');
  assert.equal(new URL(pending.nodes[0]).origin, new URL(node.url).origin);
  const bytes = (text) => new TextEncoder().encode(text);
  let served;
  for (let tries = 0; ; tries++) {
    served = new Uint8Array(await (await fetch(pending.nodes[0])).arrayBuffer());
    if (JSON.parse(new TextDecoder().decode(served)).state === 'final' || tries === 300) {
      break;
    }
    assert.match(engine.refresh(bytes(pending.proof), served), /is not final yet/);
    await sleep(100);
  }
  const complete = engine.refresh(bytes(pending.proof), served);
  assert.ok(complete instanceof Uint8Array, String(complete));
  const again = engine.refresh(complete, served);
  assert.deepEqual(again, complete);
  assert.match(engine.refresh(complete, bytes('<html>')), /no Hallmark node/);
  assert.match(engine.refresh(bytes('{}'), served), /error/);
  const other = readFileSync(samples.validProof);
  assert.match(engine.refresh(new Uint8Array(other), served), /another submission/);
});

test('a proof is put together from a folder of files', async () => {
  await node.cli('export', '--static', 'site');
  const proof = new Uint8Array(readFileSync(samples.validProof));
  const { submission, hints } = JSON.parse(readFileSync(samples.validProof, 'utf8'));
  const site = join(node.folder, 'site');
  const have = [];
  let answer = '';
  for (let rounds = 0; typeof answer === 'string' && rounds < 10; rounds++) {
    answer = engine.assemble(proof, have);
    if (typeof answer === 'string') {
      const { want } = JSON.parse(answer).ok;
      assert.ok(want.length > 0);
      have.push(...want.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(site, name))) })));
    }
  }
  const { leaf } = verify([samples.validProof], dirname(samples.validProof)).results[0];
  const served = new Uint8Array(await (await fetch(`${node.url}/v1/proofs/${leaf}`)).arrayBuffer());
  assert.equal(new TextDecoder().decode(answer).trim(), new TextDecoder().decode(served).trim());
  assert.ok(engine.refresh(proof, answer) instanceof Uint8Array);
  assert.equal(JSON.parse(new TextDecoder().decode(answer)).submission.issuer, submission.issuer);
  assert.ok(hints);
  const damaged = have.map((f) => ({ ...f, bytes: f.bytes.slice(0, -1) }));
  assert.match(engine.assemble(proof, damaged), /error/);
  const other = new Uint8Array(readFileSync(samples.proofOf(samples.tampered)));
  other[other.length - 1] = 0;
  assert.match(engine.assemble(other, have), /error/);
});

test('a document is named as by the command', async () => {
  for (const path of [samples.valid, samples.png, samples.svg, samples.pdf, join(badges, 'soldering-badge.jwt')]) {
    const { ok } = JSON.parse(engine.cid('x', new Uint8Array(readFileSync(path))));
    assert.equal(ok.cid, (await node.hallmark('cid', path)).stdout.trim());
  }
  const form = (text) => JSON.parse(engine.cid('x', new TextEncoder().encode(text))).ok.form;
  assert.equal(form('{"b":1,"a":2}'), 'json-jcs');
  assert.equal(form('a plain text'), 'raw');
});

test('what is no question is an error, and the next one is answered', () => {
  for (const ask of [
    () => engine.verify(null, null, null),
    () => engine.verify([{ name: 'x' }], { settings: '{}', hops: [] }, () => {}),
    () => engine.verify([], { settings: 'x', hops: [] }, () => {}),
    () => engine.verify([], { settings: '{"trust":"{}"}', hops: [] }, () => {}),
    () => engine.verify([], { settings: '{"at":"tomorrow"}', hops: [] }, () => {}),
    () => engine.verify([], { settings: '{}', hops: [new Uint8Array([1])] }, () => {}),
    () => engine.verify(),
    () => engine.cid('x'),
    () => engine.cid('x', 'text'),
    () => engine.assemble(new Uint8Array(), []),
    () => engine.assemble(new Uint8Array(readFileSync(samples.validProof)), null),
    () => engine.refresh(new Uint8Array(), new Uint8Array()),
  ]) {
    const answer = ask();
    assert.equal(typeof JSON.parse(answer).error, 'string', `${ask}: ${answer}`);
  }
  // A panic is told from a wrong setting: pages leave out the file at which it came.
  const stopped = (files, settings) => JSON.parse(engine.verify(files, { settings, hops: [] }, () => {})).stopped;
  assert.equal(stopped([{ name: 'x' }], '{}'), true);
  assert.equal(stopped([], 'x'), undefined);
  const { results } = verify([samples.valid], dirname(samples.valid));
  assert.equal(results[0].verdict, 'NO PROOF');
  assert.match(results[0].hint, /Add the proof/);
});
