// Pictures of the pages for the documentation, as small as they can be: by day and night, on a phone, from right to left.
//
//   node screenshots.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueSamples, launch, startNode, visit } from './fixture.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const node = await startNode();
const samples = await issueSamples(node);
const browser = await launch();

const files = '[data-pick=files]';
const phone = { width: 390, height: 844 };
const both = (name) => [samples[name], samples.proofOf(samples[name])];

/** Each shows something after the page is there. */
const scenes = {
  'verify-start': [{}, async () => undefined],
  'verify-valid': [{}, (page) => page.setInputFiles(files, [samples.png])],
  'verify-revoked-dark': [{ colorScheme: 'dark' }, (page) => page.setInputFiles(files, both('revoked'))],
  'verify-unknown-phone': [{ viewport: phone }, (page) => page.setInputFiles(files, both('pending'))],
  'verify-valid-phone-dark': [
    { viewport: phone, colorScheme: 'dark' },
    (page) => page.setInputFiles(files, both('valid')),
  ],
  'verify-valid-arabic-phone': [
    { viewport: phone, language: 'ar' },
    (page) => page.setInputFiles(files, both('valid')),
  ],
  'verify-list': [
    {},
    (page) =>
      page.setInputFiles(files, [
        ...both('valid'),
        ...both('revoked'),
        ...both('pending'),
        ...both('tampered'),
        samples.png,
      ]),
  ],
  'verify-list-arabic-dark': [
    { language: 'ar', colorScheme: 'dark' },
    (page) => page.setInputFiles(files, [...both('valid'), ...both('revoked'), ...both('pending'), samples.pdf]),
  ],
};

for (const [name, [options, act]] of Object.entries(scenes)) {
  const { page, close } = await visit(browser, node.url, samples, {
    viewport: { width: 1000, height: 800 },
    ...options,
  });
  await page.locator('.drop').waitFor();
  await act(page);
  if (!name.endsWith('-start')) {
    await page.locator('article .verdict, table').first().waitFor();
    await page.locator('.late').waitFor({ state: 'detached' });
  }
  const png = await page.screenshot({ fullPage: true });
  writeFileSync(join(folder, `${name}.webp`), await small(page, png));
  await close();
}
await browser.close();
await node.stop();

/** small is a picture as WebP, which the browser makes itself. */
async function small(page, png) {
  const text = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext('2d').drawImage(picture, 0, 0);
    const webp = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.7 })).arrayBuffer());
    let out = '';
    for (const byte of webp) {
      out += String.fromCharCode(byte);
    }
    return btoa(out);
  }, png.toString('base64'));
  return Buffer.from(text, 'base64');
}
