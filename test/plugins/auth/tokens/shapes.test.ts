// RFC 7515 §7.1 and RFC 6750 §2.1: three base64url segments behind `Bearer`, once, in one spelling only.
import { createCipheriv, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, call, listen } from '../../../support/app.ts'
import { type Parts, segment, token } from '../../../support/jwt/forge.ts'
import { REJECTION, rejectEach, thirdGeneration, tryToken } from '../../../support/jwt/rejection.ts'

/** Encrypted directly with a key of the attacker's (RFC 7516): five segments. */
function jwe({ claims }: Parts): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(claims)), cipher.final()])
  const parts = [iv, sealed, cipher.getAuthTag()].map(part => part.toString('base64url'))
  return [segment({ alg: 'dir', enc: 'A256GCM' }), '', ...parts].join('.')
}

const flipped = (genuine: string, position: number) => {
  const changed = genuine[position] === 'A' ? 'B' : 'A'
  return `${genuine.slice(0, position)}${changed}${genuine.slice(position + 1)}`
}

/** The claims as text, with a claim written once more in front: readers of JSON disagree about which one counts. */
const twice = (claims: Record<string, unknown>, name: string, value: unknown) =>
  `{${JSON.stringify(name)}:${JSON.stringify(value)},${JSON.stringify(claims).slice(1)}`

rejectEach({
  'one segment': (_, genuine) => genuine.split('.')[1] ?? '',
  'two segments: the signature is cut off': (_, genuine) => genuine.slice(0, genuine.lastIndexOf('.')),
  'two segments: the header is cut off': (_, genuine) => genuine.slice(genuine.indexOf('.') + 1),
  'three segments, the last one empty': (_, genuine) => genuine.slice(0, genuine.lastIndexOf('.') + 1),
  'four segments': (_, genuine) => `${genuine}.${segment('more')}`,
  'four segments, the last one empty': (_, genuine) => `${genuine}.`,
  'four segments, the first one empty': (_, genuine) => `.${genuine}`,
  'five segments: a JWE': jwe,
  'five segments: nested in itself': (_, genuine) => `${genuine}.${genuine.split('.').slice(1).join('.')}`,
  'dots only': () => '..',
  nothing: () => '',
  'a word': () => 'null',
  'a JSON serialization': (_, genuine) => {
    const [header, payload, signature] = genuine.split('.')
    return JSON.stringify({ protected: header, payload, signature })
  },
  'a header that is a JSON list': ({ claims, sign }) => token({ header: [], claims, sign }),
  'a header that is no JSON': ({ claims, sign }) => token({ header: '{"alg"', claims, sign }),
  'claims that are a JSON list': ({ header, sign }) => token({ header, claims: [], sign }),
  'claims that are null': ({ header, sign }) => token({ header, claims: null, sign }),
  'claims that are no JSON': ({ header, sign }) => token({ header, claims: '{"sub"', sign }),
  'claims with a name twice': ({ header, claims, sign }) => token({ header, claims: twice(claims, 'sub', 'x'), sign }),
  'claims with the expiry twice': ({ header, claims, sign }) =>
    token({ header, claims: twice(claims, 'exp', 1), sign }),
  'a header with alg twice': ({ header, claims, sign }) =>
    token({ header: twice(header, 'alg', 'none'), claims, sign }),
  'a header with kid twice': ({ header, claims, sign }) =>
    token({ header: twice(header, 'kid', 'other'), claims, sign }),
  'claims with white space, signed genuinely': ({ header, claims, sign }) =>
    token({ header, claims: JSON.stringify(claims, null, 1), sign }),
  'claims nested 10,000 deep': ({ header, sign }) =>
    token({ header, claims: `${'['.repeat(10_000)}${']'.repeat(10_000)}`, sign }),
  'a padded signature': (_, genuine) => `${genuine}=`,
  'a doubly padded signature': (_, genuine) => `${genuine}==`,
  'a padded header': (_, genuine) => genuine.replace('.', '=.'),
  'a signature in the alphabet of plain base64': ({ header, claims, sign }) => {
    const plain = (input: string) => Buffer.from(sign(input), 'base64url').toString('base64')
    return token({ header, claims, sign: plain })
  },
  'a signature that is cut': (_, genuine) => genuine.slice(0, -1),
  'a signature that is longer by a byte': ({ header, claims, sign }) =>
    token({ header, claims, sign: input => `${sign(input)}AA` }),
  'white space within': (_, genuine) => genuine.replace('.', ' .'),
  'white space in front': (_, genuine) => ` ${genuine}`,
  'white space behind': (_, genuine) => `${genuine} `,
  'a line break behind': (_, genuine) => `${genuine}\n`,
  'a NUL behind': (_, genuine) => `${genuine}\0`,
  'two tokens': (_, genuine) => `${genuine}, ${genuine}`,
  'a megabyte of one letter': () => 'a'.repeat(1_048_576),
  'a megabyte of signature': (_, genuine) => `${genuine}${'A'.repeat(1_048_576)}`,
  'a megabyte of claims, signed genuinely': ({ header, claims, sign }) =>
    token({ header, claims: { ...claims, pad: 'a'.repeat(1_048_576) }, sign }),
  'a megabyte of dots': () => '.'.repeat(1_048_576),
})

t.test('a token with any one letter changed is refused, unused bits of the last one included', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  for (const [kind, genuine] of [['access', session.token] as const, ['refresh', session.refresh_token] as const]) {
    const passed = []
    for (let position = 0; position < genuine.length; position++) {
      const response = await tryToken(app, kind, flipped(genuine, position))
      if (response.statusCode !== 401) passed.push(position)
    }
    t.same(passed, [], `${kind} token`)
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const others = [...letters].filter(letter => letter !== genuine.at(-1))
    const answers = await Promise.all(others.map(letter => tryToken(app, kind, genuine.slice(0, -1) + letter)))
    t.same([...new Set(answers.map(({ statusCode }) => statusCode))], [401], `${kind} token, last letter`)
  }
  t.equal((await tryToken(app, 'refresh', session.refresh_token)).statusCode, 200, 'the session rotates')
})

t.test('an Authorization header in any other form is refused', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  const forms: Record<string, (token: string) => string> = {
    'no scheme': token => token,
    'no space': token => `Bearer${token}`,
    'two spaces': token => `Bearer  ${token}`,
    'a tab': token => `Bearer\t${token}`,
    'a comma': token => `Bearer, ${token}`,
    'an equals sign': token => `Bearer=${token}`,
    'quotation marks': token => `Bearer "${token}"`,
    'the scheme twice': token => `Bearer Bearer ${token}`,
    'the scheme twice, each in its own case': token => `bearer BEARER ${token}`,
    'the scheme alone': () => 'Bearer',
    'the scheme alone, in lower case': () => 'bearer',
    'the scheme and a space': () => 'Bearer ',
    Basic: token => `Basic ${Buffer.from(`token:${token}`).toString('base64')}`,
    'Basic with the token': token => `Basic ${token}`,
    DPoP: token => `DPoP ${token}`,
    Token: token => `Token ${token}`,
    JWT: token => `JWT ${token}`,
    'two in one, in lower case': token => `bearer ${token}, bearer ${token}`,
    'two in one': token => `Bearer ${token}, Bearer ${token}`,
    'Basic and Bearer in one': token => `Basic eDp5, Bearer ${token}`,
    'a parameter behind': token => `Bearer ${token}; realm=x`,
    empty: () => '',
  }
  const doors = [
    ['GET', '/films/v1/', session.token],
    ['POST', '/users/v1/generate_tokens', session.refresh_token],
  ] as const
  for (const [method, url, token] of doors) {
    for (const [name, form] of Object.entries(forms)) {
      const response = await call(app, method, url, { headers: { authorization: form(token) } })
      t.same(response.json(), REJECTION, `${method} ${url}: ${name}`)
    }
  }
  t.equal((await tryToken(app, 'access', session.token)).statusCode, 200)
  t.equal((await tryToken(app, 'refresh', session.refresh_token)).statusCode, 200, 'the session rotates')
})

t.test('the scheme is case-insensitive (RFC 9110 §11.1)', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  for (const scheme of ['bearer', 'BEARER', 'Bearer', 'bEaReR']) {
    const headers = { authorization: `${scheme} ${session.token}` }
    t.equal((await call(app, 'GET', '/films/v1/', { headers })).statusCode, 200, scheme)
  }
  await call(app, 'POST', '/users/v1/logout', { headers: { authorization: `BEARER ${session.token}` } })
  for (const scheme of ['bearer', 'BEARER', 'Bearer', 'bEaReR']) {
    const headers = { authorization: `${scheme} ${session.token}` }
    t.same((await call(app, 'GET', '/films/v1/', { headers })).json(), REJECTION, `${scheme}, after the logout`)
  }
  const other = await thirdGeneration(app)
  const headers = { authorization: `bearer ${other.refresh_token}` }
  t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { headers })).statusCode, 200)
})

t.test('a token anywhere but in the Authorization header is ignored', async t => {
  const app = await build(t)
  const { token } = await thirdGeneration(app)
  const places: Record<string, { url?: string; headers?: Record<string, string> }> = {
    query: { url: `/films/v1/?access_token=${token}` },
    cookie: { headers: { cookie: `token=${token}; access_token=${token}` } },
    'another header': { headers: { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` } },
  }
  for (const [name, { url = '/films/v1/', headers = {} }] of Object.entries(places)) {
    t.equal((await call(app, 'GET', url, { headers })).statusCode, 401, name)
  }
})

/** Sends header lines as they are, and answers the response as it came. */
async function raw(base: string, ...lines: string[]): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(base)
  const socket = connect(Number(port), hostname)
  socket.write(`${['GET /films/v1/ HTTP/1.1', 'Host: x', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`)
  const answer = await text(socket)
  return { status: Number(answer.split(' ')[1]), body: answer.slice(answer.indexOf('\r\n\r\n') + 4) }
}

t.test('on the wire', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  const base = await listen(app)
  const good = `Authorization: Bearer ${session.token}`
  const repeated: Record<string, string[]> = {
    'the same Authorization header twice': [good, good],
    'a good Authorization header, then a bad one': [good, 'Authorization: Bearer x'],
    'a bad Authorization header, then a good one': ['Authorization: Bearer x', good],
    'a good Authorization header, then an empty one': [good, 'Authorization:'],
    'an empty Authorization header, then a good one': ['Authorization:', good],
    'a good Authorization header, then Basic': [good, 'Authorization: Basic eDp5'],
    'the scheme in another case the second time': [good, good.replace('Bearer', 'bearer')],
    'differently spelled names': [good, good.replace('Authorization', 'AUTHORIZATION')],
  }
  for (const [name, lines] of Object.entries(repeated)) {
    t.test(`${name}: 401`, async t => {
      const { status, body } = await raw(base, ...lines)
      t.equal(status, 401)
      t.same(JSON.parse(body), REJECTION)
    })
  }
  t.test('a token of a megabyte is cut off before it is read: 431 in the form of every error', async t => {
    const { status, body } = await raw(base, `Authorization: Bearer ${'a'.repeat(1_048_576)}`).catch(error => {
      // The service may close before all is sent: the answer is lost then, and the request too.
      t.match(error.code, /ECONNRESET|EPIPE/)
      return { status: 431, body: '' }
    })
    t.equal(status, 431)
    if (body) t.match(JSON.parse(body), { status: 'error', statusCode: 431, message: 'headers-too-large' })
  })
  t.test('once, it is accepted: the session is unchanged', async t => {
    t.equal((await raw(base, good)).status, 200)
    t.equal((await tryToken(app, 'refresh', session.refresh_token)).statusCode, 200)
  })
})
