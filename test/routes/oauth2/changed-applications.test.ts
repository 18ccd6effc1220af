// What an administrator takes away from an application that people have already allowed something.
import t from 'tap'
import type { OAuthClientUpdate } from '#schemas/oauth-clients.ts'
import { type Application, application, browser, CALLBACK, request, serve } from '../../support/oauth.ts'
import { administratorRequest } from '../../support/oauth-clients.ts'
import { claimsOf, codeFor, outcome, post, redemption, refresh, tokensFor } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const administrator = await administratorRequest(app)
const person = browser(issuer)
await person.signIn(app)
const ALL = 'openid email offline_access films:read'

const readers = (scope: string) =>
  application(app, { scope, grant_types: ['authorization_code', 'refresh_token'], redirect_uris: [CALLBACK] })

const change = ({ id }: Application, members: OAuthClientUpdate) => app.oauthClients.update(id, members, administrator)

async function userinfo(token: unknown) {
  const response = await fetch(`${issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  return Object.keys((await response.json()) as object)
}

t.test('threat: a code is sent to a redirect URI that was removed while its user was asked', async t => {
  const lost = 'https://lost.example/callback'
  for (const answer of ['allow', 'deny']) {
    const news = await application(app, { redirect_uris: [CALLBACK, lost] })
    const { url } = await request(news, { redirect_uri: lost })
    const question = await person.follow(await person.get(url))
    t.match(question.page, 'value="allow"')
    await change(news, { redirect_uris: [CALLBACK] })
    t.equal((await person.get(question.url)).status, 404)
    t.equal((await person.post(question.url, { answer })).status, 404, answer)
  }
})

t.test('what an application is not registered for any more it is not given any more', async t => {
  const news = await readers(ALL)
  const opaque = await tokensFor(person, news, { scope: 'openid email' })
  const structured = await tokensFor(person, news, { scope: ALL, prompt: 'consent' })
  t.same(await userinfo(opaque.access_token), ['sub', 'email', 'email_verified'])
  await change(news, { scope: 'openid offline_access' })
  for (const { access_token } of [opaque, structured]) t.same(await userinfo(access_token), ['sub'])
  const { body } = await refresh(news, structured.refresh_token)
  t.equal(body.scope, 'openid offline_access')
  t.same(await userinfo(body.access_token), ['sub'])
  t.notOk('email' in claimsOf(String(body.id_token)))
  await change(news, { scope: ALL })
  t.equal((await refresh(news, structured.refresh_token)).body.scope, ALL, 'its users allowed it')
})

t.test('a scope that was taken away while its user was asked is not granted', async t => {
  const news = await readers('openid email')
  const { url, checks } = await request(news, { scope: 'openid email' })
  const question = await person.follow(await person.get(url))
  await change(news, { scope: 'openid' })
  const allowed = await person.follow(await person.post(question.url, { answer: 'allow' }))
  const code = new URL(allowed.url).searchParams.get('code') ?? ''
  const { body } = await post(news, 'token', redemption({ code, verifier: checks.pkceCodeVerifier }))
  t.equal(body.scope, 'openid')
  t.same(await userinfo(body.access_token), ['sub'])
  const another = await readers('openid email')
  const given = await codeFor(person, another, { scope: 'openid email' })
  await change(another, { scope: 'openid' })
  t.equal((await post(another, 'token', redemption(given))).body.scope, 'openid')
})

t.test('after a leak, introspection knows no token that the application got for itself', async t => {
  const scanner = await application(app, {
    redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: 'films:read',
  })
  const form = { grant_type: 'client_credentials', scope: 'films:read' }
  const { access_token: token } = (await post(scanner, 'token', form)).body
  const isActive = async (client: Application) =>
    (await post(client, 'introspect', { token: String(token) })).body.active
  t.equal(await isActive(scanner), true)
  const { client_secret: secret } = await app.oauthClients.rotateSecret(scanner.id, administrator, { revoke: true })
  t.equal(await isActive({ ...scanner, secret }), false)
  t.equal(outcome(await post({ ...scanner, secret }, 'token', form)), '200')
})
