// Applications made with what others wrote: each signs somebody in, reads the films, and where it can refreshes its tokens and signs them out.
import t from 'tap'
import { REAL, verifiedUser } from '../support/app.ts'
import { serve } from '../support/oauth.ts'
import { runParty } from '../support/parties/program.ts'
import { type Step, visitor } from '../support/parties/visitor.ts'

const skip = REAL && 'what the libraries of others accept does not depend on the profile'

const { app, issuer } = await serve(t)
const account = await verifiedUser(app)
const { email } = account

const read = ({ page }: Step): unknown => JSON.parse(page)

t.test('express-openid-connect', { skip }, async t => {
  const { home } = await runParty(t, app, 'express-openid-connect')
  const person = visitor()
  t.match((await person.open(home)).page, 'signed out')
  t.match((await person.logIn(`${home}/login`, account)).page, 'signed in')
  t.same(read(await person.open(`${home}/films`)), { email, films: 7, refreshed: 7 })
  const left = await person.signOut(`${home}/logout`)
  t.match([left.url.origin, left.page], [home, 'signed out'])
})

t.test('passport-openidconnect, which knows no PKCE', { skip }, async t => {
  const { home } = await runParty(t, app, 'passport-openidconnect', () => ({ require_pkce: false }))
  t.same(read(await visitor().logIn(`${home}/login`, account)), { email, films: 7 })
})

t.test('@auth/core, beneath Auth.js', { skip }, async t => {
  const { home } = await runParty(t, app, 'auth-core', home => ({ redirect_uris: [`${home}/auth/callback/holocron`] }))
  const person = visitor()
  // Its own page has a button for each provider.
  await person.open(`${home}/auth/signin`)
  await person.logIn((await person.submit()).url, account)
  t.match(read(await person.open(`${home}/auth/session`)), { user: { email }, films: 7 })
})

t.test('better-auth', { skip }, async t => {
  const { home } = await runParty(t, app, 'better-auth', home => ({
    redirect_uris: [`${home}/api/auth/callback/holocron`],
  }))
  t.same(read(await visitor().logIn(`${home}/login`, account)), { email, films: 7, refreshed: 7 })
})

t.test(
  'the client of the MCP SDK, native and public, which goes from a 401 to a token (RFC 9728)',
  { skip },
  async t => {
    const { home } = await runParty(t, app, 'mcp', () => ({
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      // RFC 8252: whatever port it has got today.
      redirect_uris: ['http://localhost/callback'],
      scope: 'openid offline_access films:read',
    }))
    t.same(read(await visitor().logIn(`${home}/login`, account)), {
      films: 7,
      refreshed: 7,
      resource: issuer,
      scope: 'films:read',
      asked: ['/.well-known/oauth-protected-resource', '/.well-known/oauth-authorization-server'],
    })
  },
)
