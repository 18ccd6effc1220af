// Routes of plugins that we mount bring code of their own for paths and headers: whatever a stranger sends, no route answers with an error of ours.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { expectError } from '../../support/error-response.ts'
import { routesOf } from '../../support/routes.ts'

const app = await build(t)
const routes = routesOf(app).filter(({ method }) => method === 'GET' || method === 'HEAD')

const HEADERS: Record<string, string[]> = {
  'if-match': ['*', '"x"', 'x', ''],
  'if-none-match': ['*', '"x"', 'W/"x"', ',,,', '"'],
  'if-modified-since': ['Thu, 01 Jan 1970 00:00:00 GMT', 'yesterday', '0'],
  'if-unmodified-since': ['Thu, 01 Jan 1970 00:00:00 GMT', 'yesterday', '0'],
  'if-range': ['"x"', 'Thu, 01 Jan 1970 00:00:00 GMT', 'x'],
  range: ['bytes=0-0', 'bytes=999999999-', 'bytes=-1', 'bytes=5-1', 'bytes=', 'lines=1-2', 'bytes=0-0,2-2,4-4'],
  accept: ['', 'text/*;q=x', ','],
  'accept-encoding': ['br', 'gzip;q=0', '*;q=0'],
  'accept-language': ['', '*', 'x'.repeat(5000)],
  cookie: ['=', ';;;', 'holocron=%zz', '__proto__=x'],
  'x-forwarded-for': ['x', ',', '::1%lo', '999.999.999.999'],
  'x-http-method-override': ['DELETE'],
}

t.test('threat: an odd header makes a route fail', async t => {
  for (const { method, url, path } of routes)
    for (const [name, values] of Object.entries(HEADERS))
      for (const value of values) {
        const { statusCode } = await call(app, method as 'GET', path, { headers: { [name]: value } })
        if (statusCode >= 500) t.fail(`${method} ${url} with ${name}: ${value} is answered ${statusCode}`)
      }
})

const ENDINGS = [
  '//',
  '/a//b',
  '/a%5cb',
  '/a%00',
  '/%00',
  '/%2e%2e/x',
  '/..%2f..%2fx',
  '/%2f',
  '/a%0d%0ab',
  '/.',
  '/C:',
  '/%c3%a9',
  '/~',
  '/a?b#c',
  '/con',
]

t.test('threat: an odd path makes a route fail', async t => {
  const folders = new Set(routes.map(({ path }) => path.replace(/\/[^/]*$/, '')))
  for (const folder of folders)
    for (const ending of ENDINGS) {
      const response = await call(app, 'GET', `${folder}${ending}`)
      if (response.statusCode >= 500) t.fail(`${folder}${ending} is answered ${response.statusCode}`)
    }
})

t.test('errors of a mounted plugin are in the form of the catalog', async t => {
  for (const ending of ENDINGS) {
    const response = await call(app, 'GET', `/ui/static${ending}`)
    t.match(response.json(), { status: 'error', message: /^(not-found|request-invalid)$/ }, ending)
  }
  expectError(t, await call(app, 'GET', '/ui/nothing'), 404, 'not-found')
})
