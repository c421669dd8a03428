// Canonicalizes with npm packages, for the tests of credential/secured/internal/rdf:
// node canonize.mjs < {"contexts": {URL: context}, "documents": [JSON-LD], "graphs": [N-Quads]}
// Prints the canonical N-Quads of each, or null and why where that is refused, in the same
// members.
import fs from 'node:fs'
import jsonld from 'jsonld'
import { canonize, NQuads } from 'rdf-canonize'

const { contexts, documents, graphs } = JSON.parse(fs.readFileSync(0, 'utf8'))
const documentLoader = async url => {
  if (!contexts[url]) throw new Error('nothing is fetched: ' + url)
  return { documentUrl: url, document: { '@context': contexts[url] } }
}
const all = async (inputs, one) => {
  const results = []
  for (const input of inputs ?? []) {
    try {
      results.push({ text: await one(input) })
    } catch (err) {
      results.push({ text: null, why: String(err) + ' ' + JSON.stringify(err.details ?? {}).slice(0, 300) })
    }
  }
  return results
}
const options = { algorithm: 'RDFC-1.0', maxWorkFactor: 3 }
console.log(JSON.stringify({
  documents: await all(documents, document => jsonld.canonize(document, { ...options, canonizeOptions: options, documentLoader, safe: true })),
  graphs: await all(graphs, graph => canonize(NQuads.parse(graph), { ...options, inputFormat: undefined }))
}))
