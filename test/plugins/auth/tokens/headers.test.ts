// RFC 8725 §3.10 and RFC 7515 §4.1: the header's fields are an attacker's words until the signature is verified.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { build } from '../../../support/app.ts'
import { ed25519, type Kind, partsOf, token } from '../../../support/jwt/forge.ts'
import { type Forgery, REJECTION, rejectEach, thirdGeneration, tryToken } from '../../../support/jwt/rejection.ts'

const attacker = generateKeyPairSync('ed25519')
const attackersJwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'EdDSA', use: 'sig' }
const signedByAttacker = ed25519(attacker.privateKey)

/** Signed with the genuine key: only the header is at fault. */
const withHeader =
  (fields: Record<string, unknown>): Forgery =>
  ({ header, claims, sign }) =>
    token({ header: { ...header, ...fields }, claims, sign })

rejectEach({
  'a kid that is a path': withHeader({ kid: '../../../../../../dev/null' }),
  'a kid that is the path of a file with known content': withHeader({ kid: '/proc/sys/kernel/randomize_va_space' }),
  'a kid that is SQL': withHeader({ kid: "x' UNION SELECT 'key' -- " }),
  'a kid that is a shell command': withHeader({ kid: '$(id)|id;`id`' }),
  'a kid of 10 KB': withHeader({ kid: 'k'.repeat(10_240) }),
  'a kid of 3 KB': withHeader({ kid: 'k'.repeat(2048) }),
  'a kid that is a number': withHeader({ kid: 0 }),
  'a kid that is null': withHeader({ kid: null }),
  'a kid that is a list with the right kid': ({ header, claims, sign }) =>
    token({ header: { ...header, kid: [header.kid] }, claims, sign }),
  'a kid that is an object': withHeader({ kid: { toString: 'x' } }),
  'the kid "__proto__"': withHeader({ kid: '__proto__' }),
  'the kid "constructor"': withHeader({ kid: 'constructor' }),
  'the empty kid': withHeader({ kid: '' }),
  'an unknown kid': withHeader({ kid: 'unknown' }),
  'the right kid with white space': ({ header, claims, sign }) =>
    token({ header: { ...header, kid: ` ${header.kid}` }, claims, sign }),
  'no kid': ({ header: { kid: _, ...header }, claims, sign }) => token({ header, claims, sign }),
  'crit with an unknown entry': withHeader({ crit: ['exp-2'], 'exp-2': 1 }),
  'crit with b64': withHeader({ crit: ['b64'], b64: true }),
  'an empty crit': withHeader({ crit: [] }),
  'crit that is null': withHeader({ crit: null }),
  'crit that is no list': withHeader({ crit: 'exp' }),
  'the typ of any JWT': withHeader({ typ: 'JWT' }),
  'the typ of a token kind that does not exist': withHeader({ typ: 'mfa+jwt' }),
  'a typ that is a list': withHeader({ typ: ['at+jwt', 'refresh+jwt'] }),
  'no typ': ({ header: { typ: _, ...header }, claims, sign }) => token({ header, claims, sign }),
  'the jwk of the attacker, who signed it': ({ header, claims }) =>
    token({ header: { ...header, jwk: attackersJwk }, claims, sign: signedByAttacker }),
  'the jwk and kid of the attacker, who signed it': ({ header, claims }) =>
    token({ header: { ...header, alg: 'EdDSA', kid: 'mine', jwk: attackersJwk }, claims, sign: signedByAttacker }),
})

const KINDS: Kind[] = ['access', 'refresh']

t.test("a jku or x5u of the attacker's fetches nothing: no request leaves the service", async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  const paths: (string | undefined)[] = []
  const server = createServer((request, response) => {
    paths.push(request.url)
    response.end(JSON.stringify({ keys: [attackersJwk] }))
  })
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  for (const kind of KINDS) {
    const genuine = partsOf(kind, kind === 'access' ? session.token : session.refresh_token)
    for (const kid of [genuine.header.kid, 'mine', `${url}/kid`]) {
      const fields = { alg: 'EdDSA', kid, jku: `${url}/jku`, x5u: `${url}/x5u` }
      const header = { ...genuine.header, ...fields }
      const response = await tryToken(app, kind, token({ ...genuine, header, sign: signedByAttacker }))
      t.same(response.json(), REJECTION)
    }
  }
  // What was connected before this is served before it.
  await fetch(`${url}/last`)
  t.same(paths, ['/last'])
  t.equal((await tryToken(app, 'refresh', session.refresh_token)).statusCode, 200, 'the session rotates')
})

t.test('a jku, x5u or jwk in a genuine token is ignored', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  const { header, claims, sign } = partsOf('access', session.token)
  const fields = { jku: 'http://127.0.0.1:9/jku', x5u: 'http://127.0.0.1:9/x5u', jwk: attackersJwk }
  t.equal((await tryToken(app, 'access', token({ header: { ...header, ...fields }, claims, sign }))).statusCode, 200)
})
