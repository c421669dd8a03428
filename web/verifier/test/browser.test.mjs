// The verifier in a real browser, as its modules are, without a bundler.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

const imports = { '@noble/': '/node_modules/@noble/' };
const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
const folders = {
  '/dist/': new URL('../dist/', import.meta.url),
  '/node_modules/@noble/': new URL('../../node_modules/@noble/', import.meta.url),
  '/data/': new URL('../../../verifier/testdata/', import.meta.url),
};

const server = createServer((request, response) => {
  const prefix = Object.keys(folders).find((p) => request.url.startsWith(p));
  const type = prefix && { js: 'text/javascript', json: 'application/json' }[request.url.split('.').at(-1)];
  response.setHeader('content-type', type || 'text/html');
  try {
    response.end(prefix ? readFileSync(new URL(request.url.slice(prefix.length), folders[prefix])) : page);
  } catch {
    response.writeHead(404).end();
  }
});

test('in Chromium', async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium' });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const verdicts = await tab.evaluate(async () => {
      const { verify } = await import('/dist/verify.js');
      const get = async (name) => new Uint8Array(await (await fetch(`/data/${name}`)).arrayBuffer());
      const out = [];
      for (const [proof, trust] of [
        ['badge.json.proof.json', 'trust.json'],
        ['pending.proof.json', 'trust.json'],
      ]) {
        out.push(verify(await get(proof), await get('badge.json'), { trust: await get(trust), now: 1767226800 }).verdict);
      }
      const changed = new TextEncoder().encode(new TextDecoder().decode(await get('badge.json')).replace('Rust', 'Dust'));
      const report = verify(await get('badge.json.proof.json'), changed, { trust: await get('trust.json'), now: 1767226800 });
      return [...out, report.verdict, report.reason];
    });
    assert.deepEqual(verdicts, ['VALID', 'UNKNOWN', 'INVALID', 'altered']);
  } finally {
    await browser.close();
    server.close();
  }
});
