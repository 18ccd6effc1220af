// Other spellings of a path reach the same route with the same guard and the same limit, or no route at all.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, call, codeOf, environment, listen, logIn } from '../../../support/app.ts'

const spellings = (path: string): string[] => {
  const [, first = '', rest = ''] = /^\/(\w+)(.*)$/.exec(path) ?? []
  const letter = `%${first.charCodeAt(0).toString(16)}`
  const bare = path.replace(/\/$/, '')
  return [
    bare,
    `${bare}/`,
    `${bare}//`,
    `/${bare}`,
    `//${bare}`,
    `/.${bare}`,
    `/x/..${bare}`,
    `/%2e%2e${bare}`,
    `${bare}/.`,
    `${bare}/./`,
    `${bare}/x/..`,
    `${bare}/%2e`,
    `${bare}/%2e%2e/${first}`,
    `${bare};x`,
    `${bare};x=1/`,
    `${bare}/;x`,
    `${bare}%3bx`,
    `${bare}%20`,
    `${bare}%00`,
    `${bare}%0a`,
    `${bare}%2f`,
    `${bare}%5c`,
    `${bare}\\`,
    `\\${bare.slice(1)}`,
    bare.replaceAll('/', '%2f'),
    bare.replace(/\/(?=\w+$)/, '%2f'),
    `/${letter}${first.slice(1)}${rest}`,
    `/%25${letter.slice(1)}${first.slice(1)}${rest}`,
    `/%u00${letter.slice(1)}${first.slice(1)}${rest}`,
    bare.toUpperCase(),
    `/${first.toUpperCase()}${rest}`,
    `/${first}\u200b${rest}`,
    `${bare}?`,
    `${bare}/?x=1`,
    `${bare}#x`,
    `${bare}.json`,
    `${bare}/index`,
    `${bare}%23`,
    `${bare}%3f`,
  ]
}

t.test('no spelling of a protected path bypasses the access check', async t => {
  const app = await build(t)
  const doors = [
    ['GET', '/films/v1/'],
    ['HEAD', '/films/v1/'],
    ['POST', '/users/v1/logout'],
    ['POST', '/users/v1/generate_tokens'],
    ['GET', '/users/v1/generate_tokens'],
    ['HEAD', '/users/v1/generate_tokens'],
  ] as const
  for (const [method, path] of doors) {
    for (const url of spellings(path)) {
      const { statusCode } = await call(app, method, url)
      t.ok([400, 401, 404, 405].includes(statusCode), `${method} ${url}: ${statusCode}`)
    }
  }
})

t.test('a spelling that reaches the protected route works with a token', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  for (const url of spellings('/films/v1/')) {
    const without = await call(app, 'GET', url)
    const within = await call(app, 'GET', url, { token })
    // An unknown query is found fault with behind the guard.
    if (without.statusCode === 401) t.equal(within.statusCode, url.endsWith('?x=1') ? 400 : 200, url)
    else t.equal(within.statusCode, without.statusCode, url)
  }
})

t.test('no spelling of a path, and no method, has a limit of its own', async t => {
  const env = await environment(t)
  for (const path of ['/users/v1/login', '/users/v1/signup', '/users/v1/resend_verification_email']) {
    const app = await build(t, { ...env, AUTH_RATE_LIMIT_MAX: '1', REDIS_PREFIX: `${env.DATA_DIR}${path}` })
    const payload = { email: 'nobody@alderaan.example', password: 'Alderaan1977' }
    t.not((await call(app, 'POST', path, { payload })).statusCode, 429)
    t.equal(codeOf(await call(app, 'POST', path, { payload })), 'too-many-requests')
    for (const url of spellings(path)) {
      for (const method of ['POST', 'GET', 'HEAD', 'PUT'] as const) {
        const { statusCode, headers } = await call(app, method, url, method === 'POST' ? { payload } : {})
        const counted = headers['x-ratelimit-limit'] !== undefined
        t.ok(counted ? statusCode === 429 : [400, 404, 405].includes(statusCode), `${method} ${url}: ${statusCode}`)
      }
    }
  }
})

t.test('on the wire: an absolute URL, a fragment and white space in the request line get past nothing', async t => {
  const app = await build(t)
  const base = await listen(app)
  const { hostname, port } = new URL(base)
  const targets = [
    `${base}/films/v1/`,
    'http://other.test/films/v1/',
    '//films/v1/',
    '/films/v1/#x',
    '/films/v1/ x',
    '/films\tv1/',
    'films/v1/',
    '*films/v1/',
    '/films/v1/\\',
  ]
  for (const target of targets) {
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const status = Number((await text(socket)).split(' ')[1])
    t.ok([400, 401, 404, 405].includes(status), `${JSON.stringify(target)}: ${status}`)
  }
})
