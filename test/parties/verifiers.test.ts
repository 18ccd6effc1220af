// Resource servers that others wrote accept our access tokens, and no others, whatever they are signed with.
import * as openid from 'openid-client'
import t from 'tap'
import { REAL, verifiedUser } from '../support/app.ts'
import { application, request, serve } from '../support/oauth.ts'
import { runParty } from '../support/parties/program.ts'
import { visitor } from '../support/parties/visitor.ts'

const skip = REAL && 'what the libraries of others accept does not depend on the profile'

/** @okta/jwt-verifier knows RS256 only. */
const VERIFIERS = { RS256: ['express', 'okta'], ES256: ['express'] }

for (const [algorithm, verifiers] of Object.entries(VERIFIERS))
  t.test(`access tokens signed by ${algorithm}`, { skip }, async t => {
    const { app } = await serve(t, { ACCESS_TOKEN_ALGORITHM: algorithm })
    const account = await verifiedUser(app)
    const news = await application(app, { scope: 'openid films:read' })
    const logIn = async (scope: string) => {
      const { url, checks } = await request(news, { scope })
      const callback = await visitor().logIn(url, account)
      return openid.authorizationCodeGrant(news.configuration, callback.url, checks)
    }
    const settings = { AUDIENCE: app.config.PUBLIC_URL, ALGORITHM: algorithm }
    const { home } = await runParty(t, app, 'verifiers', undefined, settings)
    const tokens = await logIn('openid films:read')
    const narrow = await logIn('openid')

    for (const verifier of verifiers) {
      const show = async (token: string) => {
        const response = await fetch(`${home}/${verifier}`, { headers: { authorization: `Bearer ${token}` } })
        return { status: response.status, claims: response.ok ? await response.json() : undefined }
      }
      const { status, claims } = await show(tokens.access_token)
      t.equal(status, 200, verifier)
      t.match(claims, { sub: tokens.claims()?.sub, client_id: news.id, scope: 'openid films:read' })
      t.equal((await show(tokens.id_token ?? '')).status, 401, `${verifier}: an ID token`)
      t.equal((await show(narrow.access_token)).status, 401, `${verifier}: a token for user information only`)
      t.equal((await show(`${tokens.access_token.slice(0, -8)}AAAAAAAA`)).status, 401, `${verifier}: another signature`)
    }
  })
