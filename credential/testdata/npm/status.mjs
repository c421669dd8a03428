// Checks the status of a credential by Bitstring Status Lists with npm packages:
// node status.mjs CREDENTIAL DID-DOCUMENT LIST...
// Prints what each of its entries says, or why it cannot be told.
import fs from 'node:fs'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { contexts } from '@digitalbazaar/credentials-context'
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list'

const [credential, did, ...lists] = process.argv.slice(2).map(file => JSON.parse(fs.readFileSync(file, 'utf8')))
const documentLoader = async url => {
  const method = did.verificationMethod.find(m => m.id === url)
  const document = url === did.id ? did
    : method ? { '@context': did['@context'][1], ...method }
      : lists.find(l => l.id === url) ?? contexts.get(url)
  if (!document) throw new Error('nothing is fetched: ' + url)
  return { documentUrl: url, document }
}
const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })
const { verified, results, error } = await checkStatus({ credential, suite, documentLoader })
console.log(verified
  ? results.map(r => r.credentialStatus.statusPurpose + "=" + r.status).join(" ")
  : "not verified: " + error?.message)
