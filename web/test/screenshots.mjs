// Pictures of the pages for the documentation, as small as they can be: by day and night, on a phone, from right to left.
//
//   node screenshots.mjs FOLDER
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Gate } from './chain.mjs';
import { issueSamples, launch, startNode, visit } from './fixture.mjs';
import { newWallet } from './wallet.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const gate = new Gate();
const node = await startNode('--shares', '64MiB', { way: (rpc) => gate.to(rpc) });
const samples = await issueSamples(node);
const browser = await launch();

const files = '[data-pick=files]';
const phone = { width: 390, height: 844 };
const both = (name) => [samples[name], samples.proofOf(samples[name])];

// A trust list that takes this chain for a real one, as readers of the pictures will have it, and the same for the operator.
const trust = JSON.parse(readFileSync(samples.trust, 'utf8'));
for (const chain of Object.values(trust.chains)) {
  delete chain.test;
}
const real = join(node.folder, 'real.json');
writeFileSync(real, JSON.stringify(trust));
await node.restart('--shares', '64MiB', '--shares-trust', real);
const shared = JSON.parse((await node.cli('share', '--json', '--show-name', samples.png)).stdout);
const mine = join(node.folder, 'mine');
mkdirSync(mine);
for (const path of [...both('valid'), samples.pdf, samples.png]) {
  copyFileSync(path, join(mine, basename(path)));
}
await node.hallmark('portfolio', '-o', 'portfolio.html', 'mine');

/** answered gives files to the verify page, and waits until all is said. */
async function answered(page, ...paths) {
  await page.locator('.drop').waitFor();
  await page.setInputFiles(files, paths);
  await page.locator('.verdict, table').first().waitFor();
  await page.locator('.late').waitFor({ state: 'detached' });
}

/** Each is a page with options of the browser, and what is done before it is taken. Without `test` the chain is a real one. */
const scenes = {
  'verify-valid': [node.url, {}, (page) => answered(page, samples.png)],
  'verify-test': [node.url, { test: true }, (page) => answered(page, samples.png)],
  'verify-not-valid': [node.url, {}, (page) => answered(page, ...both('tampered'))],
  'verify-cannot-be-told-dark': [node.url, { colorScheme: 'dark' }, (page) => answered(page, ...both('pending'))],
  'verify-table': [
    node.url,
    { viewport: { width: 1100, height: 600 } },
    (page) => answered(page, ...['valid', 'revoked', 'pending', 'tampered'].flatMap(both), samples.png, samples.pdf),
  ],
  'verify-phone': [node.url, { viewport: phone }, (page) => answered(page, ...both('valid'))],
  'verify-arabic-phone': [node.url, { viewport: phone, language: 'ar' }, (page) => answered(page, ...both('valid'))],
  share: [shared.url, {}, (page) => page.getByText('Checked by your browser').waitFor()],
  issue: [
    `${node.url}/issue`,
    {},
    async (page) => {
      await page.getByRole('button', { name: 'Connect Test Wallet' }).click();
      await page.setInputFiles(files, [samples.valid, samples.revoked, samples.expired]);
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.getByRole('button', { name: 'Sign in the wallet' }).waitFor();
    },
  ],
  batches: [`${node.url}/batches`, {}, (page) => page.locator('tbody tr').first().waitFor()],
  portfolio: [
    pathToFileURL(join(node.folder, 'portfolio.html')).href,
    {},
    async (page) => {
      await page.getByText('Whom I trust').click();
      await page.getByLabel('Trust list').setInputFiles(real);
      await page
        .locator('.counts')
        .filter({ hasText: /^3 valid/ })
        .waitFor();
      await page.getByText('Whom I trust').click();
    },
  ],
  // The last one: the chain is gone afterwards.
  ops: [
    `${node.url}/ops`,
    { viewport: { width: 1100, height: 600 } },
    async (page) => {
      await page.locator('[data-connection=live]').waitFor();
      await gate.shut();
      await page.locator('[data-fault=chain_away]').waitFor({ timeout: 40_000 });
    },
  ],
};

for (const [name, [url, { test, ...options }, act]] of Object.entries(scenes)) {
  const wallet = newWallet(['0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'], 31337);
  const { page, close } = await visit(browser, url, test ? samples : { ...samples, trust: real }, {
    viewport: { width: 900, height: 600 },
    ...options,
    before: (one) => wallet.install(one),
  });
  await act(page);
  await page.locator('.late').waitFor({ state: 'detached' });
  const png = await page.screenshot({ fullPage: options.viewport !== phone });
  writeFileSync(join(folder, `${name}.webp`), await small(page, png));
  await close();
}
await browser.close();
await node.stop();
await gate.shut();

/** small is a picture as WebP, which the browser makes itself. */
async function small(page, png) {
  const blank = await page.context().newPage(); // pages of the node load no pictures made here
  const text = await blank.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext('2d').drawImage(picture, 0, 0);
    const webp = new Uint8Array(
      await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.75 })).arrayBuffer(),
    );
    let out = '';
    for (const byte of webp) {
      out += String.fromCharCode(byte);
    }
    return btoa(out);
  }, png.toString('base64'));
  return Buffer.from(text, 'base64');
}
