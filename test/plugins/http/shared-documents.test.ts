// A client that asks again and again and reads nothing makes the process hold every response: what is large is one buffer for all of them.
import t from 'tap'
import { build, call, codeOf } from '../../support/app.ts'

const app = await build(t)

const DOCUMENTS = [
  '/openapi.json',
  '/ui/json',
  '/ui/yaml',
  '/ui/static/swagger-ui-bundle.js',
  '/ui/static/swagger-ui.css',
]

for (const url of DOCUMENTS) {
  t.test(`${url} is made once, and not sent again to a client that has it`, async t => {
    const first = await call(app, 'GET', url)
    const second = await call(app, 'GET', url)
    const { etag, 'content-type': type } = first.headers
    t.equal(first.statusCode, 200)
    t.match(etag, /^"[\w-]{22}"$/)
    t.equal(second.body, first.body)
    t.match(second.headers, { etag, 'content-type': type, 'cache-control': 'no-cache' })
    const conditional = await call(app, 'GET', url, { headers: { 'if-none-match': String(etag) } })
    t.equal(conditional.statusCode, 304)
    t.equal(conditional.body, '')
    const head = await call(app, 'HEAD', url)
    t.equal(head.headers['content-length'], String(first.rawPayload.length))
    t.equal(head.body, '')
  })
}

t.test('Swagger UI sends its own files, and nothing else', async t => {
  t.match((await call(app, 'GET', '/ui/static/index.css')).headers['content-type'], 'text/css')
  for (const name of ['nothing.js', '..%2fpackage.json', '%2e%2e/package.json', ''])
    t.equal(codeOf(await call(app, 'GET', `/ui/static/${name}`)), 'not-found', name)
})

t.test('the redirect from index.html holds below a path that a proxy removes', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://example.org/auth' })
  const { statusCode, headers } = await call(app, 'GET', '/ui/static/index.html')
  t.equal(statusCode, 302)
  const target = new URL(String(headers.location), 'https://example.org/auth/ui/static/index.html')
  t.equal(target.href, 'https://example.org/auth/ui/')
})
