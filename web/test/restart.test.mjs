// Files that the verifier cannot cope with: the page stays, the other files are looked at. Here the worker is made to
// fail at files of certain names, in the browser, as it would if it ran out of memory or never came to an end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, repository, startNode, visit } from './fixture.mjs';

const sample = (name) => readFileSync(join(repository, 'verifier/testdata', name));
const trust = join(repository, 'verifier/testdata/trust-test.json');

let node;
let browser;

before(async () => {
  [node, browser] = await Promise.all([startNode(), launch()]);
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

/** faults stands in front of the worker's script: it runs in the worker, before the verifier is there. */
function faults() {
  let real;
  Object.defineProperty(globalThis, 'hallmark', {
    get: () => real && { ...real, verify },
    set: (verifier) => {
      real = verifier;
    },
  });
  function verify(files, options, tell) {
    for (const { name } of files) {
      if (name.startsWith('crash')) {
        tell(null, name);
        throw new Error('out of memory');
      }
      if (name.startsWith('endless')) {
        tell(null, name);
        console.log(`${name} has begun`);
        for (;;);
      }
    }
    return real.verify(files, options, (result, began) => {
      tell(result, began);
      if (result === null && began.startsWith('panic')) {
        throw new Error('a fault of the verifier'); // which panics
      }
    });
  }
}

/** open opens the page with a worker that fails, and a clock that the test can put forward. */
async function open(t) {
  const visited = await visit(browser, 'about:blank', { trust });
  t.after(visited.close);
  const { page, context } = visited;
  await context.route(/\/assets\/worker-[\w-]+\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${faults})();\n${await response.text()}` });
  });
  await page.clock.install();
  await page.goto(node.url);
  return page;
}

/** give drops files on the page, once it takes them. */
async function give(page, files) {
  await page.waitForFunction(() => {
    const over = new DragEvent('dragover', { dataTransfer: new DataTransfer(), bubbles: true, cancelable: true });
    document.body.dispatchEvent(over);
    return over.defaultPrevented;
  });
  const all = Object.entries(files).map(([name, data]) => [name, data.toString('base64')]);
  return page.evaluate((given) => {
    const data = new DataTransfer();
    for (const [name, base64] of given) {
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, all);
}

const badge = () => ({ 'badge.json': sample('badge.json'), 'badge.json.proof.json': sample('badge.json.proof.json') });
const row = (page, name) => page.locator('table.list tbody tr').filter({ hasText: name });

test('a file at which the verifier crashes is told of, and the others are looked at', async (t) => {
  const page = await open(t);
  await give(page, { 'crash.json': Buffer.from('{}'), 'panic.json': Buffer.from('{}'), ...badge() });
  await row(page, 'badge.json').filter({ hasText: 'Rust removal' }).waitFor();
  for (const name of ['crash.json', 'panic.json']) {
    assert.match(await row(page, name).textContent(), /could not look at this file/);
  }
  // What comes next is answered by the new worker, which is the only one.
  assert.equal(page.workers().length, 1);
});

test('a file that takes longer than a minute is given up', async (t) => {
  const page = await open(t);
  const begun = page.waitForEvent('console', (message) => message.text() === 'endless.json has begun');
  await give(page, { 'endless.json': Buffer.from('{}'), ...badge() });
  await begun;
  await page.clock.fastForward(59_000);
  assert.equal(await row(page, 'badge.json').count(), 0);
  await page.clock.fastForward(2000);
  await row(page, 'badge.json').filter({ hasText: 'Rust removal' }).waitFor();
  assert.match(await row(page, 'endless.json').textContent(), /could not look at this file/);
});

test('what is dropped next does not wait for a file that never ends', async (t) => {
  const page = await open(t);
  const begun = page.waitForEvent('console', (message) => message.text() === 'endless.json has begun');
  await give(page, { 'endless.json': Buffer.from('{}') });
  await begun;
  const [worker] = page.workers();
  const gone = worker.waitForEvent('close');
  await give(page, badge());
  await page.getByText('Rust removal').first().waitFor();
  await gone;
  assert.equal(page.workers().length, 1);
});

test('many files that crash it end the work, and what was found stays', async (t) => {
  const page = await open(t);
  const bad = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`crash${i}.json`, Buffer.from(`{"n":${i}}`)]));
  await give(page, { ...bad, ...badge() });
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  assert.equal(await page.locator('table.list tbody tr').count(), 5);
  assert.equal(await row(page, 'Rust removal').count(), 0);
});
