// How long it takes from dropping a badge to the verdict on the verify page. Prints the milliseconds of each run as JSON:
//
//   coldAtOnce   the cache is empty, the link has 10 Mbit/s and 40 ms, and the badge is dropped at the first moment at
//                which the page takes it
//   coldPngAtOnce   the same of a picture that carries badge and proof, which waits for the verifier
//   cold         the same, but the badge is dropped three seconds later, when somebody has found the file
//   warmJson, warmPng, warmPdf    the page has answered before: a badge and its proof, or a file that carries both
//   load         from the start of the navigation until the page takes files, at 10 Mbit/s
//   link         the transfer of the verifier at 10 Mbit/s: what shows that the link is as slow as it should be
//
// A verdict counts when it is painted.
//
//   node bench.mjs RUNS
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { badge, issueSamples, launch, startNode, visit, vouched } from './fixture.mjs';

const runs = Number(process.argv[2] ?? 10);
const link = { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 };

/** inPage puts functions into a page before all else. */
function inPage() {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const appears = (selector) =>
    new Promise((done) => {
      const look = () => {
        if (document.querySelector(selector)) {
          watch.disconnect();
          done();
        }
      };
      const watch = new MutationObserver(look);
      watch.observe(document, { childList: true, subtree: true });
      look();
    });
  globalThis.bench = {
    /** usable resolves to when the page takes files. */
    async usable() {
      await appears('.drop');
      for (;;) {
        // It listens once it has said that this may be dropped here.
        const over = new DragEvent('dragover', { dataTransfer: new DataTransfer(), bubbles: true, cancelable: true });
        document.body.dispatchEvent(over);
        if (over.defaultPrevented) {
          return performance.now();
        }
        await painted();
      }
    },
    /** drop drops files, [name, base64], and resolves to how long the verdict took, and which it is. */
    async drop(files) {
      const data = new DataTransfer();
      for (const [name, text] of files) {
        data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      }
      const began = performance.now();
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      await appears('.verdict');
      await painted();
      return { took: performance.now() - began, verdict: document.querySelector('.verdict').textContent };
    },
  };
}

const node = await startNode();
const samples = await issueSamples(node);
const own = join(node.folder, 'badges', 'badge.json');
writeFileSync(own, JSON.stringify(badge('Anna Berg', 'Welding, level 2', { id: 'https://college.example/badges/1' })));
await node.cli('submit', ...node.keys, '--wait', own);
await vouched(node, [samples.proofOf(own)]);
const read = (...paths) => paths.map((path) => [basename(path), readFileSync(path).toString('base64')]);
const files = {
  Json: read(own, samples.proofOf(own)),
  Png: read(samples.png),
  Pdf: read(samples.pdf),
};
const browser = await launch();
const measured = {
  coldAtOnce: [],
  coldPngAtOnce: [],
  cold: [],
  warmJson: [],
  warmPng: [],
  warmPdf: [],
  load: [],
  link: [],
};

function keep(name, { took, verdict }) {
  if (!verdict.includes('Valid') || verdict.includes('Not')) {
    throw new Error(`${name}: ${verdict}`);
  }
  measured[name].push(took);
}

/** cold opens the page with an empty cache over a slow link and drops a badge so many milliseconds after it is usable. */
async function cold(name, wait, kind = 'Json') {
  const { page, context, close } = await visit(browser, 'about:blank', samples);
  await context.addInitScript(inPage);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', link);
  await page.goto(node.url, { waitUntil: 'commit' });
  const all = await page.evaluate(
    async ([given, wait]) => {
      const load = await bench.usable();
      await new Promise((done) => setTimeout(done, wait));
      const first = await bench.drop(given);
      return { load, first };
    },
    [files[kind], wait],
  );
  keep(name, all.first);
  measured.load.push(all.load);
  if (wait > 0) {
    // The worker has loaded it.
    measured.link.push(
      await page
        .workers()[0]
        .evaluate(() => performance.getEntriesByType('resource').find((e) => e.name.endsWith('.wasm')).duration),
    );
  }
  return { page, close };
}

/** warm drops a file on a page that has answered. */
async function warm(page, kind) {
  await page.getByRole('button', { name: 'Check another' }).click();
  keep(
    `warm${kind}`,
    await page.evaluate(async (given) => {
      await bench.usable();
      return bench.drop(given);
    }, files[kind]),
  );
}

for (let i = 0; i < runs; i++) {
  await cold('coldAtOnce', 0).then(({ close }) => close());
  await cold('coldPngAtOnce', 0, 'Png').then(({ close }) => close());
  const { page, close } = await cold('cold', 3000);
  for (const kind of Object.keys(files)) {
    await warm(page, kind);
  }
  await close();
}
await browser.close();
await node.stop();
console.log(JSON.stringify(measured, (_, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value)));
