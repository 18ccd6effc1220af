// Tokens of applications by each algorithm: access tokens as ACCESS_TOKEN_ALGORITHM says, ID tokens as the application asks.
import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { application, browser, logInWith, serve } from '../../support/oauth.ts'
import { post, statusOf } from '../../support/oauth-requests.ts'

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const

/** Half of the signatures of ES256 would have the lower s, which is all that the guard accepts, by chance. */
const TOKENS = 6

for (const algorithm of ALGORITHMS)
  t.test(`${algorithm} signs access tokens and ID tokens, and the published key verifies both`, async t => {
    const { app, issuer } = await serve(t, { ACCESS_TOKEN_ALGORITHM: algorithm })
    const keys = createRemoteJWKSet(new URL(`${issuer}/oauth2/jwks`))
    const scanner = await application(app, {
      redirect_uris: [],
      grant_types: ['client_credentials'],
      scope: 'films:read',
    })
    for (let i = 0; i < TOKENS; i++) {
      const { body } = await post(scanner, 'token', { grant_type: 'client_credentials', scope: 'films:read' })
      const token = String(body.access_token)
      t.equal((await jwtVerify(token, keys)).protectedHeader.alg, algorithm)
      t.equal(await statusOf(issuer, '/films/v1/', token), 200)
    }
    const news = await application(app, { id_token_signed_response_alg: algorithm })
    const person = browser(issuer)
    await person.signIn(app)
    const { id_token = '' } = await logInWith(person, news)
    t.equal((await jwtVerify(id_token, keys, { audience: news.id })).protectedHeader.alg, algorithm)
  })
