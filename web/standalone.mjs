// Makes a page that is one file of what Vite has built of it (vite build --mode standalone): style, script and the
// program of the worker stand in the page, and a policy under which it loads and sends nothing at all. There is room for
// the verifier itself, which the node or the command puts in.
//
//   node standalone.mjs FOLDER PAGE OUT
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, page, out] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name), 'utf8');
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Within a script element "</script" ends it wherever it stands, and "<!--" begins what hides the end.
const inline = (program) => program.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

const script = inline(read('page.js'));
const worker = inline(read('worker.js'));
const style = read('page.css');

const policy = [
  "default-src 'none'",
  `script-src ${hash(script)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  'worker-src blob:',
  'img-src blob: data:',
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

const icon = `data:image/svg+xml;base64,${Buffer.from(read('icon.svg')).toString('base64')}`;
const html = read(page)
  .replaceAll(/\s*<(script|link)[^>]* (src|href)="[^"]*"[^>]*>(<\/script>)?/g, '')
  .replace('<meta charset="utf-8">', `$&\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`)
  .replace('</head>', () => `  <link rel="icon" href="${icon}">\n    <style>${style}</style>\n  </head>`)
  .replace(
    '</body>',
    () =>
      `  <script type="text/plain" id="engine-worker">${worker}</script>\n` +
      '    <script type="text/plain" id="engine-wasm"></script>\n' +
      `    <script type="module">${script}</script>\n  </body>`,
  );
writeFileSync(out, html);
