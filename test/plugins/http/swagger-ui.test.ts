import { createRequire } from 'node:module'
import t from 'tap'
import { build, call } from '../../support/app.ts'

/** What @fastify/swagger would write YAML with. */
const { parse } = createRequire(import.meta.resolve('@fastify/swagger'))('yaml')
const app = await build(t, { PUBLIC_URL: 'https://example.org/auth', APP_NAME: 'Rebel <Alliance>' })

t.test('the YAML says what the JSON says', async t => {
  const json = await call(app, 'GET', '/ui/json')
  t.same(parse((await call(app, 'GET', '/ui/yaml')).body), json.json())
  t.match(json.json(), { openapi: '3.1.0', servers: [{ url: '/auth' }] })
})

t.test('the page is the same with and without a slash, and works below the path of PUBLIC_URL', async t => {
  const page = await call(app, 'GET', '/ui')
  t.equal((await call(app, 'GET', '/ui/')).body, page.body)
  t.match(page.body, '<title>Rebel &#60;Alliance&#62; API</title>')
  for (const [, path = ''] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    t.match(path, /^\/auth\//)
    t.equal((await call(app, 'GET', path.slice('/auth'.length))).statusCode, 200, path)
  }
  t.match(page.headers['content-security-policy'], /script-src 'self'; style-src 'self';/)
})
