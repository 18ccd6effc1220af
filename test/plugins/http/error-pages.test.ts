// People who go astray get a page; programs get JSON, also from caches.
import t from 'tap'
import { build, call } from '../../support/app.ts'

const app = await build(t)
const BROWSER = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'accept-language': 'de' }

const CASES: [method: 'GET' | 'POST', url: string, status: number, text: string][] = [
  ['GET', '/nothing', 404, 'Diese Seite gibt es nicht'],
  ['GET', '/users/v1/login', 405, 'So lässt sich diese Seite nicht öffnen'],
  ['GET', '/films/v1/', 401, 'Melden Sie sich zuerst an'],
  ['GET', '/films/v1/99', 404, 'Diese Seite gibt es nicht'],
  ['POST', '/nothing', 404, 'Diese Seite gibt es nicht'],
]

for (const [method, url, status, text] of CASES) {
  t.test(`${method} ${url} is ${status}: a page for browsers, JSON for programs, with the same headers`, async t => {
    const page = await call(app, method, url, { headers: BROWSER })
    const json = await call(app, method, url)
    t.equal(page.statusCode, status)
    t.match(page.body, '<html lang="de">')
    t.match(page.body, text)
    t.match(page.body, 'href="/"')
    t.match(page.headers['content-security-policy'], /^default-src 'none'; style-src 'self'/)
    t.match(json.json(), { status: 'error', statusCode: status })
    for (const name of ['allow', 'www-authenticate', 'cache-control', 'vary'])
      t.same(page.headers[name], json.headers[name], name)
    t.match(page.headers, { vary: /Accept$/, 'cache-control': /no-store|no-cache/ })
  })
}

t.test('threat: a path that a browser takes for another host, in the links of its page', async t => {
  for (const url of ['//evil.test/x', '///evil.test', '/%5c/evil.test', '//evil.test/<script>'])
    for (const [, link = ''] of (await call(app, 'GET', url, { headers: BROWSER })).body.matchAll(/href="([^"]*)"/g))
      t.notMatch(link, /^(?!\/[^/\\]|\/$|#)/, url)
})

t.test('what cannot be decoded stays JSON', async t => {
  const response = await call(app, 'GET', '/%ff', { headers: BROWSER })
  t.match(response.json(), { status: 'error' })
})
