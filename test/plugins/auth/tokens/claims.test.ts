// RFC 8725 §3.8–3.12. These tokens are signed with the genuine keys: only a claim is at fault.
import t from 'tap'
import { build, call, codeOf, environment, type LoggedIn, logIn } from '../../../support/app.ts'
import { type Kind, type Parts, partsOf, token, without } from '../../../support/jwt/forge.ts'
import { type Forgery, rejectEach, thirdGeneration, tryToken } from '../../../support/jwt/rejection.ts'
import { until } from '../../../support/until.ts'

const withClaims =
  (claims: Record<string, unknown> | ((genuine: Parts['claims']) => Record<string, unknown>)): Forgery =>
  parts => {
    const changed = typeof claims === 'function' ? claims(parts.claims) : claims
    return token({ ...parts, claims: { ...parts.claims, ...changed } })
  }

const withoutClaim =
  (name: string): Forgery =>
  parts =>
    token({ ...parts, claims: without(parts.claims, name) })

const now = () => Math.floor(Date.now() / 1000)

rejectEach({
  'another iss': withClaims({ iss: 'http://elsewhere.test' }),
  'an iss with a slash more': withClaims(({ iss }) => ({ iss: `${iss}/` })),
  'an iss in capitals': withClaims(({ iss }) => ({ iss: String(iss).toUpperCase() })),
  'iss as a list with the right one in it': withClaims(({ iss }) => ({ iss: [iss, 'http://elsewhere.test'] })),
  'iss as a list of the right one': withClaims(({ iss }) => ({ iss: [iss] })),
  'no iss': withoutClaim('iss'),
  'another aud': withClaims({ aud: 'somebody-else' }),
  'the aud of another kind of token': withClaims({ aud: 'holocron:mfa' }),
  'aud as a list with the right one in it': withClaims(({ aud }) => ({ aud: [aud, 'somebody-else'] })),
  'aud null': withClaims({ aud: null }),
  'no aud': withoutClaim('aud'),
  'no exp': withoutClaim('exp'),
  'exp null': withClaims({ exp: null }),
  'exp as text': withClaims(({ exp }) => ({ exp: String(exp) })),
  'exp 1e308': withClaims({ exp: 1e308 }),
  'exp in milliseconds': withClaims(({ exp }) => ({ exp: Number(exp) * 1000 })),
  'exp with a fraction': withClaims(({ exp }) => ({ exp: Number(exp) + 0.5 })),
  'a negative exp': withClaims({ exp: -1 }),
  'exp true': withClaims({ exp: true }),
  'exp as a list': withClaims(({ exp }) => ({ exp: [exp] })),
  'nbf in an hour': withClaims(() => ({ nbf: now() + 3600 })),
  'nbf just beyond the leeway of a minute': withClaims(() => ({ nbf: now() + 62 })),
  'nbf as text': withClaims({ nbf: '0' }),
  'nbf null': withClaims({ nbf: null }),
  'no iat': withoutClaim('iat'),
  'no sub': withoutClaim('sub'),
  'sub as a number': withClaims(({ sub }) => ({ sub: Number(sub) })),
  'sub that is no id': withClaims({ sub: 'leia' }),
  'no sid': withoutClaim('sid'),
  'sid as an object': withClaims({ sid: { $ne: '' } }),
  'sid as a list': withClaims(({ sid }) => ({ sid: [sid] })),
  'no gen': withoutClaim('gen'),
  'gen 0': withClaims({ gen: 0 }),
  'a negative gen': withClaims({ gen: -1 }),
  'gen with a fraction': withClaims({ gen: 3.5 }),
  'gen as text': withClaims({ gen: '3' }),
})

rejectEach(
  {
    'no user_id': withoutClaim('user_id'),
    'user_id as text': withClaims(({ user_id }) => ({ user_id: String(user_id) })),
    'user_id with a fraction': withClaims({ user_id: 1.5 }),
    'user_id 0, which is nobody': withClaims({ user_id: 0 }),
    'no jti': withoutClaim('jti'),
    'no access_role': withoutClaim('access_role'),
    'client_id as a number': withClaims({ client_id: 1 }),
    'an unknown access_role': withClaims({ access_role: 'root' }),
    'access_role as a list': withClaims({ access_role: ['admin'] }),
    'a generation before the current': withClaims({ gen: 2 }),
  },
  ['access'],
)

rejectEach(
  {
    'a session that does not exist': withClaims({ sid: '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80' }),
    'a sid that is SQL': withClaims({ sid: "' OR 1=1 -- " }),
    'a generation that has not been yet': withClaims({ gen: 4 }),
    'a generation beyond every integer': withClaims({ gen: 1e300 }),
  },
  ['refresh'],
)

const KINDS: Kind[] = ['access', 'refresh']

t.test('an expired token is refused as expired, to the second', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  for (const kind of KINDS) {
    const parts = partsOf(kind, kind === 'access' ? session.token : session.refresh_token)
    for (const exp of [now(), now() - 1, 0]) {
      const response = await tryToken(app, kind, token({ ...parts, claims: { ...parts.claims, exp } }))
      t.equal(response.statusCode, 401)
      t.equal(codeOf(response), 'token-expired', `${kind} token, exp ${exp}`)
    }
  }
  t.equal((await tryToken(app, 'refresh', session.refresh_token)).statusCode, 200, 'the session rotates')
})

t.test('a cached token is rejected once it expires', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  const parts = partsOf('access', session.token)
  const short = token({ ...parts, claims: { ...parts.claims, exp: now() + 1 } })
  t.equal((await tryToken(app, 'access', short)).statusCode, 200)
  await until(async () => (await tryToken(app, 'access', short)).statusCode !== 200)
  t.equal(codeOf(await tryToken(app, 'access', short)), 'token-expired')
  t.ok(Date.now() >= 1000 * Number(partsOf('access', short).claims.exp), 'not before')
})

t.test('nbf may be ahead by a few seconds of clock skew', async t => {
  const app = await build(t)
  const session = await thirdGeneration(app)
  const parts = partsOf('access', session.token)
  t.equal(
    (await tryToken(app, 'access', token({ ...parts, claims: { ...parts.claims, nbf: now() + 3 } }))).statusCode,
    200,
  )
})

t.test('an access token has the claims that RFC 9068 requires, and those alone that are ours', async t => {
  const session = await logIn(await build(t))
  const { header, claims } = partsOf('access', session.token)
  t.match(header, { typ: 'at+jwt' })
  t.same(Object.keys(claims).sort(), [
    'access_role',
    'amr',
    'aud',
    'auth_time',
    'client_id',
    'exp',
    'gen',
    'iat',
    'iss',
    'jti',
    'sid',
    'sub',
    'user_id',
  ])
  t.match(claims, {
    iss: 'http://holocron.test',
    aud: 'holocron:access',
    client_id: 'holocron',
    sub: `${claims.user_id}`,
  })
  t.equal(partsOf('refresh', session.refresh_token).claims.client_id, undefined)
})

t.test('a token of a release that wrote no client_id stays valid', async t => {
  const app = await build(t)
  const parts = partsOf('access', (await logIn(app)).token)
  const old = token({ ...parts, claims: without(parts.claims, 'client_id') })
  t.equal((await tryToken(app, 'access', old)).statusCode, 200)
})

t.test('ACCESS_TOKEN_AUDIENCE is the aud of access tokens, and of no other kind', async t => {
  const env = await environment(t)
  const before = await logIn(await build(t, env))
  const app = await build(t, { ...env, ACCESS_TOKEN_AUDIENCE: 'https://api.example' })
  t.equal(codeOf(await tryToken(app, 'access', before.token)), 'token-invalid', 'the earlier audience is rejected')
  const after = (await call(app, 'POST', '/users/v1/generate_tokens', { token: before.refresh_token })).json<LoggedIn>()
  t.equal(partsOf('access', after.token).claims.aud, 'https://api.example')
  t.equal(partsOf('refresh', after.refresh_token).claims.aud, 'holocron:refresh')
  t.equal((await tryToken(app, 'access', after.token)).statusCode, 200)
})
