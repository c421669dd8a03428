// Verifies the Data Integrity signature (eddsa-jcs-2022) of a credential with npm
// packages, for TestNpmSignature: node signature.mjs CREDENTIAL DID-DOCUMENT
// Prints true, or false and why.
import fs from 'node:fs'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import jsigs from 'jsonld-signatures'

const [credential, did] = process.argv.slice(2).map(file => JSON.parse(fs.readFileSync(file, 'utf8')))
const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })
const documentLoader = async url => {
  const method = did.verificationMethod.find(m => m.id === url)
  if (method) return { documentUrl: url, document: { '@context': did['@context'][1], ...method } }
  if (url === did.id) return { documentUrl: url, document: did }
  throw new Error('nothing is fetched: ' + url)
}
const result = await jsigs.verify(credential, { suite, purpose: new jsigs.purposes.AssertionProofPurpose(), documentLoader })
console.log(result.verified)
if (!result.verified) console.error(result.error?.errors ?? result.error)
