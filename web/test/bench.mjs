// How long it takes from dropping a badge to the verdict, on a link of 10 Mbit/s: on a cold page, at once and after the
// two seconds that somebody needs to find a file, and on a warm one. Then what Lighthouse says of the page.
//
//   node bench.mjs
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { issueSamples, launch, repository, startNode, visit } from './fixture.mjs';

const link = { offline: false, latency: 20, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 };
const rounds = 5;

const node = await startNode();
const samples = await issueSamples(node);

/** timed drops a badge and its proof and resolves to the milliseconds until the verdict is drawn. */
function timed(page) {
  const all = [samples.valid, samples.validProof].map((path) => [basename(path), readFileSync(path, 'utf8')]);
  return page.evaluate(async (given) => {
    const data = new DataTransfer();
    for (const [name, text] of given) {
      data.items.add(new File([text], name));
    }
    const began = performance.now();
    const shown = new Promise((done) => {
      new MutationObserver(() => document.querySelector('.verdict') && requestAnimationFrame(done)).observe(
        document.body,
        {
          childList: true,
          subtree: true,
        },
      );
    });
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    await shown;
    return performance.now() - began;
  }, all);
}

async function cold(browser, wait) {
  const { page, context, close } = await visit(browser, 'about:blank', samples);
  await context.newCDPSession(page).then(async (session) => {
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', link);
  });
  await page.goto(node.url, { waitUntil: 'load' });
  await page.locator('.drop').waitFor();
  await sleep(wait);
  const first = await timed(page);
  const warm = [];
  for (let i = 0; i < rounds; i++) {
    await page.getByRole('button', { name: 'Check another' }).click();
    await page.locator('.drop').waitFor();
    warm.push(await timed(page));
  }
  await close();
  return { first, warm };
}

const median = (all) => Math.round([...all].sort((a, b) => a - b)[all.length >> 1]);

const browser = await launch();
for (const wait of [0, 2000]) {
  const runs = [];
  for (let i = 0; i < rounds; i++) {
    runs.push(await cold(browser, wait));
  }
  console.log(`cold, dropped ${wait} ms after the page is there: ${median(runs.map((r) => r.first))} ms`);
  console.log(`warm: ${median(runs.flatMap((r) => r.warm))} ms`);
}
await browser.close();

const report = join(mkdtempSync(join(tmpdir(), 'hallmark-lighthouse-')), 'report.json');
const flags = '--headless=new --no-sandbox';
const only = 'performance,accessibility,best-practices';
const words = [
  node.url,
  '--quiet',
  `--only-categories=${only}`,
  `--chrome-flags=${flags}`,
  '--output=json',
  `--output-path=${report}`,
];
await promisify(execFile)(join(repository, 'bench/lighthouse/node_modules/.bin/lighthouse'), words, {
  env: { ...process.env, CHROME_PATH: process.env.CHROMIUM || '/usr/bin/chromium' },
});
const { categories, audits } = JSON.parse(readFileSync(report, 'utf8'));
for (const { title, score } of Object.values(categories)) {
  console.log(`Lighthouse, ${title}: ${Math.round(score * 100)}`);
  process.exitCode ||= score < 0.95 ? 1 : 0;
}
for (const { id, score, displayValue } of Object.values(audits)) {
  if (score !== null && score < 0.9) {
    console.log(`  ${id}: ${score} ${displayValue ?? ''}`);
  }
}
await node.stop();
