// RFC 8725 §2.8 and §3.12: no kind of token passes for another. Each opens its own doors, and gets the one 401 at all others.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, codeOf, mailedToken, newEmail, PASSWORD } from '../../../support/app.ts'
import {
  accessKey,
  derivedKey,
  ed25519,
  hmac,
  type Kind,
  partsOf,
  type Signer,
  token,
} from '../../../support/jwt/forge.ts'
import { thirdGeneration, tryToken } from '../../../support/jwt/rejection.ts'
import { challenge, enrolled } from '../../../support/mfa.ts'

type Key = Kind | 'email' | 'mfa'

/** The recovery code that goes with the half-way token of `everyToken`. */
const codes = new WeakMap<FastifyInstance, string>()

interface Door {
  opens: Key
  tryToken(app: FastifyInstance, token: string): ReturnType<typeof call>
}

const DOORS: Record<string, Door> = {
  'GET /films/v1/': {
    opens: 'access',
    tryToken: (app, token) => call(app, 'GET', '/films/v1/', { token }),
  },
  'GET /users/v1/email_verification': {
    opens: 'email',
    tryToken: (app, token) => call(app, 'GET', `/users/v1/email_verification?token=${token}`),
  },
  'POST /users/v1/email_verification': {
    opens: 'email',
    tryToken: (app, token) => call(app, 'POST', '/users/v1/email_verification', { payload: { token } }),
  },
  'GET /users/v1/generate_tokens': {
    opens: 'refresh',
    tryToken: (app, token) => call(app, 'GET', '/users/v1/generate_tokens', { token }),
  },
  'POST /users/v1/generate_tokens': {
    opens: 'refresh',
    tryToken: (app, token) => call(app, 'POST', '/users/v1/generate_tokens', { token }),
  },
  'POST /users/v1/login/recovery_code': {
    opens: 'mfa',
    tryToken: (app, mfa_token) =>
      call(app, 'POST', '/users/v1/login/recovery_code', { payload: { mfa_token, recovery_code: codes.get(app) } }),
  },
  'POST /users/v1/logout': {
    opens: 'access',
    tryToken: (app, token) => call(app, 'POST', '/users/v1/logout', { token }),
  },
}

/** A token of each kind, all good: the mailed one of somebody who has not proved the address yet, the half-way one of a login. */
async function everyToken(app: FastifyInstance): Promise<Record<Key, string>> {
  const session = await thirdGeneration(app)
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  const mailed = await mailedToken(app, email)
  const { user, recovery_codes } = await enrolled(app)
  codes.set(app, recovery_codes[0] ?? '')
  const { mfa_token } = await challenge(app, user)
  return { access: session.token, refresh: session.refresh_token, email: mailed, mfa: mfa_token }
}

for (const [name, door] of Object.entries(DOORS)) {
  t.test(`${name} accepts the ${door.opens} token, and no other kind`, async t => {
    const app = await build(t)
    const tokens = await everyToken(app)
    for (const kind of Object.keys(tokens) as Key[]) {
      if (kind === door.opens) continue
      const response = await door.tryToken(app, tokens[kind])
      t.equal(response.statusCode, 401, kind)
      t.equal(codeOf(response), 'token-invalid', kind)
    }
    t.equal((await tryToken(app, 'access', tokens.access)).statusCode, 200, 'the wrong ones ended nothing')
    t.equal((await door.tryToken(app, tokens[door.opens])).statusCode, 200, 'the right one still opens')
  })
}

t.test('generate_tokens takes an access token, and no other kind, as the old access token', async t => {
  const app = await build(t)
  const tokens = await everyToken(app)
  const bodies = [tokens.refresh, tokens.email, tokens.mfa, '', 'x']
  for (const old_access_token of bodies) {
    const byBody = await call(app, 'POST', '/users/v1/generate_tokens', {
      token: tokens.refresh,
      payload: { old_access_token },
    })
    t.equal(codeOf(byBody), 'token-invalid', `body ${old_access_token}`)
    t.equal(byBody.statusCode, 401)
    const byQuery = await call(app, 'GET', `/users/v1/generate_tokens?old_access_token=${old_access_token}`, {
      token: tokens.refresh,
    })
    t.equal(codeOf(byQuery), 'token-invalid', `query ${old_access_token}`)
    t.equal(byQuery.statusCode, 401)
  }
  t.equal((await tryToken(app, 'access', tokens.access)).statusCode, 200, 'nothing has rotated')
  const right = { token: tokens.refresh, payload: { old_access_token: tokens.access } }
  t.equal((await call(app, 'POST', '/users/v1/generate_tokens', right)).statusCode, 200)
})

t.test('a token disguised as another kind, part by part, is rejected', async t => {
  const app = await build(t)
  const tokens = await everyToken(app)
  const access = partsOf('access', tokens.access)
  const refresh = partsOf('refresh', tokens.refresh)
  const future = (kind: string, sign: Signer, alg: string) =>
    token({
      header: { ...access.header, alg, typ: `${kind}+jwt` },
      claims: { ...access.claims, aud: `holocron:${kind}` },
      sign,
    })
  const dressed: Record<string, string> = {
    'a refresh token with the header of an access token': token({ ...refresh, header: access.header }),
    'a refresh token with the typ of an access token': token({
      ...refresh,
      header: { ...refresh.header, typ: access.header.typ },
    }),
    'a refresh token with the claims of an access token': token({ ...refresh, claims: access.claims }),
    'a refresh token that is signed with the access key, under its kid': token({
      ...refresh,
      header: { ...refresh.header, alg: 'EdDSA', kid: access.header.kid },
      sign: access.sign,
    }),
    'an access token with the header of a refresh token': token({ ...access, header: refresh.header }),
    'an access token with the typ of a refresh token': token({
      ...access,
      header: { ...access.header, typ: refresh.header.typ },
    }),
    'an access token with the claims of a refresh token': token({ ...access, claims: refresh.claims }),
    'an access token that is signed with the refresh key, under its kid': token({
      ...access,
      header: { ...access.header, alg: 'HS256', kid: refresh.header.kid },
      sign: refresh.sign,
    }),
    'a token signed with the key of second factors': future('mfa', hmac(derivedKey('mfa')), 'HS256'),
    'a token signed with the key of cookies': future('cookie', hmac(derivedKey('cookie')), 'HS256'),
    'a token of a second factor, signed with the access key': future('mfa', ed25519(accessKey()), 'EdDSA'),
  }
  for (const [name, forged] of Object.entries(dressed)) {
    for (const [door, { tryToken }] of Object.entries(DOORS)) {
      const response = await tryToken(app, forged)
      t.equal(response.statusCode, 401, `${name}: ${door}`)
      t.equal(codeOf(response), 'token-invalid')
    }
  }
  t.equal((await tryToken(app, 'access', tokens.access)).statusCode, 200)
  t.equal((await tryToken(app, 'refresh', tokens.refresh)).statusCode, 200, 'the session rotates')
})

t.test('a token of another service with the same secret, and of the same service elsewhere, is refused', async t => {
  const here = await build(t)
  const elsewhere = await build(t, { PUBLIC_URL: 'http://other.test' })
  const session = await thirdGeneration(elsewhere)
  for (const kind of ['access', 'refresh'] as const) {
    const token = kind === 'access' ? session.token : session.refresh_token
    t.equal(codeOf(await tryToken(here, kind, token)), 'token-invalid', kind)
  }
})
