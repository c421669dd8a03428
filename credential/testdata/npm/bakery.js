// Bakes and extracts with npm packages, for TestNpmBakery. The result goes to
// standard output.
//
//   node bakery.js extract IMAGE          with openbadges-bakery (Open Badges 2.0)
//   node bakery.js get IMAGE KEYWORD      with png-itxt, what a PNG has under a keyword
//   node bakery.js bake IMAGE BADGE KEYWORD
//
// openbadges-bakery no longer writes PNG on today's Node, so there png-itxt does.
const fs = require('fs')
const bakery = require('openbadges-bakery')
const svg = require('openbadges-bakery/lib/svg')
const itxt = require('png-itxt')

const [verb, image, ...rest] = process.argv.slice(2)
const done = (err, out) => {
  if (err) throw err
  process.stdout.write(Buffer.isBuffer(out) || typeof out === 'string' ? out : JSON.stringify(out))
}
if (verb === 'extract') {
  bakery.extract(fs.readFileSync(image), done)
} else if (verb === 'get') {
  fs.createReadStream(image).pipe(itxt.get(rest[0], (err, found) => done(err, found && found.value)))
} else {
  const text = fs.readFileSync(rest[0], 'utf8').trim()
  if (image.endsWith('.png')) {
    fs.createReadStream(image).pipe(itxt.set({ type: 'iTXt', keyword: rest[1], value: text })).pipe(process.stdout)
  } else {
    const badge = text[0] === '{' ? { assertion: JSON.parse(text), url: JSON.parse(text).id } : { signature: text }
    svg.bake({ image: fs.readFileSync(image), ...badge }, done)
  }
}
