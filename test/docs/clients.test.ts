// The OpenAPI document at its word: clients generated from it compile, walk through the README's flow, and do so through a proxy that validates
// every request and response.
import t from 'tap'
import { openApiDocument } from '../../scripts/export-openapi.ts'
import { build, listen, REAL } from '../support/app.ts'
import { generateAndCompile, installClients, validatingProxy, walk, workspace } from '../support/clients.ts'

const PROGRAMS = ['openapi-fetch.js', 'hey-api.js']
const skip = REAL && 'the document does not depend on the profile'

t.test('generated clients', { skip }, async t => {
  await installClients()
  const document = JSON.parse(await openApiDocument())
  const folder = await workspace(t, document)
  const url = await listen(await build(t))
  await t.resolves(generateAndCompile(folder), 'they are generated and compile strictly')

  for (const program of PROGRAMS) await t.resolves(walk(folder, program, url), `${program} walks through`)

  const proxy = await validatingProxy(t, folder, url)
  for (const program of PROGRAMS) await t.resolves(walk(folder, program, proxy), `${program} violates nothing`)
})

t.test('the proxy notices a response that differs from the document', { skip }, async t => {
  const document = JSON.parse(await openApiDocument())
  document.components.schemas.Film.properties.title = { type: 'integer' }
  const folder = await workspace(t, document)
  const proxy = await validatingProxy(t, folder, await listen(await build(t)))
  const response = await fetch(`${proxy}/films/v1/4`)
  t.equal(response.status, 500)
  t.match(await response.text(), /title.*must be integer/)
})
