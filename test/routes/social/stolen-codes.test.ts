// A transaction ties what an application sends to the login that it started: codes of others are of no use (RFC 9700 §4.5).
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, codeOf, logIn, reauthenticated } from '../../support/app.ts'
import { visit } from '../../support/providers/visit.ts'
import { APP_CALLBACK, gained, NOTHING, withCorp } from '../../support/social.ts'

interface Started {
  transaction: string
  authorize_url: string
  state: string
  nonce: string
}

async function start(app: FastifyInstance, provider = 'corp', token?: string, more: object = {}): Promise<Started> {
  const response = await call(app, 'POST', `/social/v1/${provider}/transaction`, {
    payload: { redirect_uri: APP_CALLBACK, ...more },
    ...(token !== undefined && { token }),
  })
  if (response.statusCode !== 200) throw new Error(`no transaction: ${response.body}`)
  return response.json<Started>()
}

const codeOfLogin = async ({ authorize_url }: Started) => (await visit(authorize_url)).searchParams.get('code')

const post = (app: FastifyInstance, payload: object, provider = 'corp', token?: string) =>
  call(app, 'POST', `/social/v1/${provider}`, { payload, ...(token !== undefined && { token }) })

for (const pkce of [true, false])
  t.test(`threat: a victim's code with a transaction of the attacker, ${pkce ? 'with' : 'without'} PKCE`, async t => {
    const { corp, env } = await withCorp(t)
    const { issuer, clientId: client_id, clientSecret: client_secret } = corp
    const app = await build(t, {
      ...env,
      OIDC_PROVIDERS: JSON.stringify({ corp: { issuer, client_id, client_secret, pkce } }),
    })
    const code = await codeOfLogin(await start(app))
    const { transaction } = await start(app)
    t.equal(codeOf(await post(app, { code, transaction })), pkce ? 'provider-rejected' : 'provider-response-invalid')
    t.same(await gained(app), NOTHING)
  })

t.test('threat: a transaction for linking is used by another session, or to log in', async t => {
  const { app } = await withCorp(t)
  const mine = await reauthenticated(app, await logIn(app))
  const theirs = await reauthenticated(app, await logIn(app))
  const started = await start(app, 'corp', mine.token)
  const payload = { code: await codeOfLogin(started), transaction: started.transaction }
  t.equal(codeOf(await post(app, payload, 'corp', theirs.token)), 'social-state-invalid')
  t.equal(codeOf(await post(app, payload)), 'social-state-invalid')
  const toLogIn = await start(app)
  const login = { code: await codeOfLogin(toLogIn), transaction: toLogIn.transaction }
  t.equal(codeOf(await post(app, login, 'corp', mine.token)), 'social-state-invalid', 'nor one for a login to link')
  const toReauthenticate = await start(app, 'corp', mine.token, { reauthenticate: true })
  const proof = { code: await codeOfLogin(toReauthenticate), transaction: toReauthenticate.transaction }
  t.equal(codeOf(await post(app, proof, 'corp', mine.token)), 'social-state-invalid', 'nor one for a reauthentication')
  t.equal((await gained(app)).logins, 0)
  t.equal((await post(app, payload, 'corp', mine.token)).statusCode, 200)
})

t.test('threat: an ID token with a nonce of the attacker, beside a transaction', async t => {
  const { app, corp } = await withCorp(t)
  const { transaction } = await start(app)
  const stolen = corp.issue({ nonce: 'of-the-attacker' })
  const { statusCode } = await post(app, { id_token: stolen, nonce: 'of-the-attacker', transaction })
  t.equal(statusCode, 400)
  t.same(await gained(app), NOTHING)
})
