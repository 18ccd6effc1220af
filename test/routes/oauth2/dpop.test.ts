// Tokens that are bound to a key (RFC 9449): whoever steals one has nothing, and a proof is good for one request.
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import t from 'tap'
import * as dpop from '../../support/dpop.ts'
import { hash, newKey, now } from '../../support/dpop.ts'
import { application, browser, serve, serveAnother } from '../../support/oauth.ts'
import { answerOf, basic, claimsOf, codeFor, outcome, redemption, statusOf } from '../../support/oauth-requests.ts'

const { app, issuer, env } = await serve(t)
const { url: elsewhere } = await serveAnother(t, env)
const grant_types = ['authorization_code', 'refresh_token'] as ('authorization_code' | 'refresh_token')[]
const scope = 'openid offline_access films:read'
const spa = await application(app, { scope, grant_types, token_endpoint_auth_method: 'none' })
const news = await application(app, { scope, grant_types, dpop_bound_access_tokens: true })
const person = browser(issuer)
await person.signIn(app)

const key = newKey()
const thief = newKey()
type Claims = Record<string, unknown>

const prove = (claims: Claims, by = key, header: Claims = {}) => dpop.prove(by, claims, header)

const TOKEN = { htm: 'POST', htu: `${issuer}/oauth2/token` }

async function ask(form: Record<string, string>, proof?: string, client = spa, at = issuer) {
  const headers = { ...(client.secret && basic(client)), ...(proof !== undefined && { dpop: proof }) }
  const body = new URLSearchParams({ ...form, ...(!client.secret && { client_id: client.id }) })
  return answerOf(await fetch(`${at}/oauth2/token`, { method: 'POST', body, headers }))
}

async function bound(client = spa) {
  const code = await codeFor(person, client, { scope, prompt: 'consent' })
  const { body } = await ask(redemption(code), await prove(TOKEN), client)
  return body as { access_token: string; refresh_token: string; token_type: string }
}

async function films(token: string, proof: string | undefined, { scheme = 'DPoP', at = issuer } = {}): Promise<number> {
  const headers = { authorization: `${scheme} ${token}`, ...(proof !== undefined && { dpop: proof }) }
  return (await fetch(`${at}/films/v1/`, { headers })).status
}

const tokens = await bound()
const FILMS = { htm: 'GET', htu: `${issuer}/films/v1/`, ath: hash(tokens.access_token) }

t.test('a token that is bound to a key opens what it is for, with a proof', async t => {
  t.equal(tokens.token_type, 'DPoP')
  t.ok(claimsOf(tokens.access_token).cnf)
  t.equal(await films(tokens.access_token, await prove(FILMS)), 200)
  t.equal(await films(tokens.access_token, await prove({ ...FILMS, htu: `${issuer}/films/v1/?x=y#z` })), 200)
})

t.test(
  'threat: a stolen token that is bound to a key passes a gateway, to which proofs are about another request',
  async t => {
    const ath = hash(tokens.access_token)
    const htu = `${issuer}/oauth2/verify`
    const ask = async (headers: Record<string, string>) => (await fetch(`${htu}?scope=films:read`, { headers })).status
    t.equal(await ask({ authorization: `Bearer ${tokens.access_token}` }), 401)
    for (const about of ['https://archive.example/', htu]) {
      const proof = await prove({ htm: 'GET', htu: about, ath })
      t.equal(await ask({ authorization: `DPoP ${tokens.access_token}`, dpop: proof }), 401, about)
    }
  },
)

t.test('a request with a proof that is refused is told how to prove, and not that a bearer would do', async t => {
  const headers = { authorization: `DPoP ${tokens.access_token}`, dpop: await prove(FILMS, thief) }
  const refusal = await fetch(`${issuer}/films/v1/`, { headers })
  t.equal(
    refusal.headers.get('www-authenticate'),
    `DPoP error="invalid_token", error_description="token-invalid", resource_metadata="${issuer}/.well-known/oauth-protected-resource", scope="films:read", algs="ES256 Ed25519 EdDSA"`,
  )
})

const PROOFS: Record<string, () => Promise<string> | string | undefined> = {
  missing: () => undefined,
  empty: () => '',
  'of another key': () => prove(FILMS, thief),
  'for another method': () => prove({ ...FILMS, htm: 'POST' }),
  'for a method in lower case': () => prove({ ...FILMS, htm: 'get' }),
  'for another address': () => prove({ ...FILMS, htu: `${issuer}/users/v1/me` }),
  'for another host': () => prove({ ...FILMS, htu: 'https://evil.example/films/v1/' }),
  'for another spelling of the path': () => prove({ ...FILMS, htu: `${issuer}/Films/v1/` }),
  'for no address': () => prove({ ...FILMS, htu: undefined }),
  'for another token': () => prove({ ...FILMS, ath: hash('x') }),
  'for no token': () => prove({ ...FILMS, ath: undefined }),
  'of long ago': () => prove({ ...FILMS, iat: now() - 3600 }),
  'of the future': () => prove({ ...FILMS, iat: now() + 3600 }),
  'of no time': () => prove({ ...FILMS, iat: undefined }),
  'of a text for a time': () => prove({ ...FILMS, iat: 'now' }),
  'without an id': () => prove({ ...FILMS, jti: undefined }),
  'of another type': () => prove(FILMS, key, { typ: 'JWT' }),
  'with the private key in it': () => prove(FILMS, key, { jwk: key.privateKey.export({ format: 'jwk' }) }),
  'with a critical extension': () => prove(FILMS, key, { crit: ['x'], x: 1 }).catch(() => 'x.y.z'),
  'that names the owner’s key and is signed by another': () =>
    prove(FILMS, { publicKey: key.publicKey, privateKey: thief.privateKey }),
  'with a symmetric key': () =>
    new SignJWT({ jti: randomUUID(), iat: now(), ...FILMS })
      .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: 'AAAA' } } as never)
      .sign(Buffer.alloc(32)),
  'of two proofs': async () => `${await prove(FILMS)}, ${await prove(FILMS)}`,
  'of 100 kB': () => prove({ ...FILMS, x: 'x'.repeat(10_000) }),
}

for (const [name, make] of Object.entries(PROOFS))
  t.test(`threat: a stolen token with a proof that is ${name}`, async t => {
    t.equal(await films(tokens.access_token, await make()), 401)
  })

t.test('threat: a proof is replayed, also at another instance, and at once', async t => {
  const used = await prove(FILMS)
  t.equal(await films(tokens.access_token, used), 200)
  t.equal(await films(tokens.access_token, used), 401)
  t.equal(await films(tokens.access_token, used, { at: elsewhere }), 401)
  const raced = await prove(FILMS)
  const statuses = await Promise.all(
    Array.from({ length: 6 }, (_, i) => films(tokens.access_token, raced, { at: i % 2 ? issuer : elsewhere })),
  )
  t.equal(statuses.filter(status => status === 200).length, 1)
})

t.test('threat: a bound token is used as a bearer token, and the other way round', async t => {
  t.equal(await films(tokens.access_token, undefined, { scheme: 'Bearer' }), 401)
  t.equal(await films(tokens.access_token, await prove(FILMS), { scheme: 'Bearer' }), 401)
  t.equal(await statusOf(issuer, '/oauth2/userinfo', tokens.access_token), 401)
  const code = await codeFor(person, spa, { scope, prompt: 'consent' })
  const { access_token } = (await ask(redemption(code))).body as { access_token: string }
  t.equal(await films(access_token, undefined, { scheme: 'Bearer' }), 200)
  t.equal(await films(access_token, await prove({ ...FILMS, ath: hash(access_token) })), 401)
})

t.test('user information takes a bound token with a proof for it, once', async t => {
  const userinfo = async (proof: string) =>
    (
      await fetch(`${issuer}/oauth2/userinfo`, {
        headers: { authorization: `DPoP ${tokens.access_token}`, dpop: proof },
      })
    ).status
  const claims = { htm: 'GET', htu: `${issuer}/oauth2/userinfo`, ath: hash(tokens.access_token) }
  const proof = await prove(claims)
  t.equal(await userinfo(proof), 200)
  t.equal(await userinfo(proof), 401)
  t.equal(await userinfo(await prove(claims, thief)), 401)
  t.equal(await userinfo(await prove(FILMS)), 401)
})

t.test('threat: a bound token is sent by a form, which has no proof', async t => {
  const { access_token } = await bound()
  const response = await fetch(`${issuer}/oauth2/userinfo`, {
    method: 'POST',
    body: new URLSearchParams({ access_token }),
  })
  t.equal(response.status, 401)
})

t.test('threat: the refresh token of a public client is stolen, but not its key', async t => {
  const { refresh_token } = await bound()
  const form = { grant_type: 'refresh_token', refresh_token }
  t.match(outcome(await ask(form)), /^400 invalid_/)
  t.match(outcome(await ask(form, await prove(TOKEN, thief))), /^400 invalid_/)
  t.match(outcome(await ask(form, await prove({ ...TOKEN, htu: `${issuer}/oauth2/par` }))), /^400 invalid_/)
  const proof = await prove(TOKEN)
  const answer = await ask(form, proof)
  t.equal(outcome(answer), '200')
  t.match(outcome(await ask(form, proof)), /^400 invalid_/, 'a proof again')
  t.match(outcome(await ask(form, proof, spa, elsewhere)), /^400 invalid_/, 'at another instance')
})

t.test('a client that is registered for bound tokens gets no others', async t => {
  const code = await codeFor(person, news, { scope, prompt: 'consent' })
  t.match(outcome(await ask(redemption(code), undefined, news)), /^400 invalid_/)
  t.equal(outcome(await ask(redemption(code), await prove(TOKEN), news)), '200')
})

t.test('threat: a code is stolen that was asked for with a key (dpop_jkt)', async t => {
  const { calculateJwkThumbprint } = await import('jose')
  const dpop_jkt = await calculateJwkThumbprint(key.publicKey.export({ format: 'jwk' }) as never)
  const stolen = () => codeFor(person, spa, { scope, prompt: 'consent', dpop_jkt })
  t.match(outcome(await ask(redemption(await stolen()), await prove(TOKEN, thief))), /^400 invalid_/)
  t.match(outcome(await ask(redemption(await stolen()))), /^400 invalid_/)
  t.equal(outcome(await ask(redemption(await stolen()), await prove(TOKEN))), '200')
})
