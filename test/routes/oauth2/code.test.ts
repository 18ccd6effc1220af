// The authorization code flow, from the application's request to its tokens.
import * as openid from 'openid-client'
import t from 'tap'
import { application, browser, logInWith, serve } from '../../support/oauth.ts'

const { app, issuer } = await serve(t)
const news = await application(app, {
  scope: 'openid profile email offline_access films:read',
  grant_types: ['authorization_code', 'refresh_token'],
})
const spa = await application(app, {
  client_name: 'Spa',
  token_endpoint_auth_method: 'none',
  scope: 'openid email offline_access films:read',
  grant_types: ['authorization_code', 'refresh_token'],
})

const films = (token: string) => fetch(`${issuer}/films/v1/`, { headers: { authorization: `Bearer ${token}` } })

t.test('somebody who is signed in allows an application what it asks for, and it learns who they are', async t => {
  const person = browser(issuer)
  const { email } = await person.signIn(app)
  const tokens = await logInWith(person, news)
  t.match(tokens.claims(), { iss: issuer, aud: news.id })
  const claims = tokens.claims()
  const info = await openid.fetchUserInfo(news.configuration, tokens.access_token, claims?.sub ?? '')
  t.match(info, { email, email_verified: true })
  t.equal((await films(tokens.access_token)).status, 401, 'it was allowed no films')
})

t.test('an access token for our resources is like one of our own, and dead at once when the session ends', async t => {
  const person = browser(issuer)
  await person.signIn(app)
  for (const client of [news, spa]) {
    const tokens = await logInWith(person, client, {
      scope: 'openid email offline_access films:read',
      prompt: 'consent',
    })
    t.equal((await films(tokens.access_token)).status, 200)
    t.equal(
      (await fetch(`${issuer}/users/v1/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status,
      403,
    )
    const claims = tokens.claims()
    const info = await openid.fetchUserInfo(client.configuration, tokens.access_token, claims?.sub ?? '')
    t.match(info, { email: /@/ })
    const next = await openid.refreshTokenGrant(client.configuration, tokens.refresh_token ?? '')
    t.equal((await films(next.access_token)).status, 200)
    const again = await openid.refreshTokenGrant(client.configuration, tokens.refresh_token ?? '')
    t.equal(again.refresh_token, next.refresh_token)
    if (client === news)
      t.match(await openid.tokenIntrospection(client.configuration, next.access_token), { active: true })
    await openid.tokenRevocation(client.configuration, next.access_token)
    t.equal((await films(next.access_token)).status, 401)
    t.equal((await films(tokens.access_token)).status, 401)
    await t.rejects(openid.refreshTokenGrant(client.configuration, next.refresh_token ?? ''))
  }
})

t.test('an application by itself', async t => {
  const service = await application(app, {
    client_name: 'Scanner',
    redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: 'films:read',
  })
  const tokens = await openid.clientCredentialsGrant(service.configuration, { scope: 'films:read' })
  t.equal((await films(tokens.access_token)).status, 200)
})
