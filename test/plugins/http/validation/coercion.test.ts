// Text becomes a number or a boolean where it has to (queries and paths), in one spelling; nothing else is converted.
import t from 'tap'
import { administrator, build, call } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { buildWith } from '../../../support/routes.ts'

const INTEGERS = { '0': 0, '7': 7, '-7': -7, '999999999999999': 999_999_999_999_999 }
const NO_INTEGERS = ['', ' 5', '5 ', '+5', '05', '-0', '5.0', '1e2', '0x10', '٤', 'Infinity', 'NaN', '9007199254740993']
const NO_BOOLEANS = ['', 'TRUE', 'True', '1', '0', 'yes', 'on', ' true', 'null']

const app = await buildWith(t, async scope => {
  const number = { type: 'integer' }
  const schema = {
    params: { type: 'object', properties: { number } },
    querystring: {
      type: 'object',
      additionalProperties: false,
      properties: { number, flag: { type: 'boolean' }, role: { $ref: 'AccessRole#' }, text: { type: 'string' } },
    },
    headers: { type: 'object', properties: { 'x-number': number } },
    body: { type: 'object', properties: { number, flag: { type: 'boolean' } } },
  }
  const config = { access: 'public', optionalBody: true } as const
  scope.post('/echo/:number', { config, schema: { ...schema, operationId: 'echo' } as object }, async request => ({
    params: request.params,
    query: request.query,
    body: request.body,
  }))
})

const echo = (number: string, query = {}, options = {}) =>
  call(app, 'POST', `/echo/${encodeURIComponent(number)}`, { query, ...options })

t.test('an integer in one spelling is a number', async t => {
  for (const [text, number] of Object.entries(INTEGERS)) {
    t.match((await echo(text)).json(), { params: { number } }, text)
    t.match((await echo('1', { number: text })).json(), { query: { number } }, text)
  }
})

t.test('other spellings of a number are refused', async t => {
  for (const text of NO_INTEGERS) {
    expectError(t, await echo('1', { number: text }), 400, 'request-invalid', { in: 'querystring', field: 'number' })
    if (text !== '') expectError(t, await echo(text), 400, 'request-invalid', { in: 'params', field: 'number' })
  }
  expectError(t, await echo('1', { number: ['1', '2'] }), 400, 'request-invalid', {
    in: 'querystring',
    field: 'number',
  })
})

t.test('only true and false are booleans', async t => {
  t.same((await echo('1', { flag: 'true' })).json().query, { flag: true })
  t.same((await echo('1', { flag: 'false' })).json().query, { flag: false })
  for (const text of NO_BOOLEANS)
    expectError(t, await echo('1', { flag: text }), 400, 'request-invalid', { in: 'querystring', field: 'flag' })
})

t.test('strings stay strings, also where a named schema says so', async t => {
  t.same((await echo('1', { text: '5', role: 'admin' })).json().query, { text: '5', role: 'admin' })
})

t.test('bodies and headers are not converted', async t => {
  expectError(t, await echo('1', {}, { payload: { number: '5' } }), 400, 'request-invalid', { in: 'body' })
  expectError(t, await echo('1', {}, { payload: { flag: 'true' } }), 400, 'request-invalid', { in: 'body' })
  expectError(t, await echo('1', {}, { headers: { 'x-number': '5' } }), 400, 'request-invalid', { in: 'headers' })
})

t.test('an optional body may be omitted, but null is no body', async t => {
  t.same((await echo('1')).json().body, {})
  const headers = { 'content-type': 'application/json' }
  expectError(t, await echo('1', {}, { payload: 'null', headers }), 400, 'request-invalid', { in: 'body' })
})

t.test('the limit of a page is a canonical number', async t => {
  const own = await build(t)
  const { token } = await administrator(own)
  t.equal((await call(own, 'GET', '/users/v1/', { token })).statusCode, 200)
  expectError(t, await call(own, 'GET', '/users/v1/?limit=1e1', { token }), 400, 'request-invalid', { field: 'limit' })
})
