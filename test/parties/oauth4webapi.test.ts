// oauth4webapi, on which openid-client stands, step by step: a resource server of others accepts our access tokens, whatever they are signed with.
import * as oauth from 'oauth4webapi'
import t, { type Test } from 'tap'
import { ID_TOKEN_ALGORITHMS } from '#schemas/oauth-clients.ts'
import { DERIVED_KEYS } from '../../plugins/keys/derived-keys.ts'
import { NO_CLIENT, REAL, verifiedUser } from '../support/app.ts'
import { serve } from '../support/oauth.ts'
import { visitor } from '../support/parties/visitor.ts'

const CALLBACK = 'https://news.example/callback'
const SCOPE = 'openid email offline_access films:read'
const skip = REAL && 'what the libraries of others accept does not depend on the profile'
const http = { [oauth.allowInsecureRequests]: true }

async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  // Both documents, as OpenID Connect and as OAuth 2.0 name them.
  const [server] = await Promise.all(
    (['oidc', 'oauth2'] as const).map(async algorithm =>
      oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...http })),
    ),
  )
  if (!server) throw new Error('not discovered')
  return server
}

async function service(t: Test, algorithm: string) {
  const { app, issuer } = await serve(t, { ACCESS_TOKEN_ALGORITHM: algorithm })
  const account = await verifiedUser(app)
  const server = await discover(issuer)
  const person = visitor()

  async function logIn(alg: (typeof ID_TOKEN_ALGORITHMS)[number], options: oauth.DPoPRequestOptions = {}) {
    const { client: registered, client_secret = '' } = await app.oauthClients.create(
      {
        client_name: 'Holonet News',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: SCOPE,
        id_token_signed_response_alg: alg,
      },
      { client: NO_CLIENT },
    )
    const client: oauth.Client = { client_id: registered.client_id, id_token_signed_response_alg: alg }
    const authentication = oauth.ClientSecretBasic(client_secret)
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: SCOPE,
      prompt: 'consent',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    }).toString()
    const callback = await person.logIn(url, account)
    const parameters = oauth.validateAuthResponse(server, client, callback.url, state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      CALLBACK,
      verifier,
      { ...http, ...options },
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(server, response, http)
    return { client, authentication, tokens }
  }

  return { server, logIn, issuer, audience: app.config.PUBLIC_URL }
}

/** As a resource server sees it. */
const request = (issuer: string, authorization: string, headers: Record<string, string> = {}) =>
  new Request(`${issuer}/films/v1/`, { headers: { authorization, ...headers } })

for (const algorithm of Object.keys(DERIVED_KEYS))
  t.test(
    `access tokens signed by ${algorithm} are as RFC 9068 says, with ID tokens of any algorithm`,
    { skip },
    async t => {
      const { server, logIn, issuer, audience } = await service(t, algorithm)
      const check = (token: string) =>
        oauth.validateJwtAccessToken(server, request(issuer, `Bearer ${token}`), audience, http)

      for (const alg of ID_TOKEN_ALGORITHMS) {
        const { client, authentication, tokens } = await logIn(alg)
        const id = oauth.getValidatedIdTokenClaims(tokens)
        const expected = { sub: id?.sub, client_id: client.client_id, scope: SCOPE, sid: /./, user_id: Number(id?.sub) }
        t.match(await check(tokens.access_token), expected, alg)

        const refreshed = await oauth.processRefreshTokenResponse(
          server,
          client,
          await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token ?? '', http),
        )
        t.match(await check(refreshed.access_token), expected, alg)
      }
      const { tokens } = await logIn('RS256')
      await t.rejects(check(`${tokens.access_token.slice(0, -8)}AAAAAAAA`), 'with another signature')
    },
  )

t.test('a resource server of others checks the key that a token is bound to (DPoP)', { skip }, async t => {
  const { server, logIn, issuer, audience } = await service(t, 'ES256')
  const keys = await oauth.generateKeyPair('ES256')
  const DPoP = oauth.DPoP({}, keys)
  const { tokens } = await logIn('RS256', { DPoP })
  let seen: Request | undefined
  const response = await oauth.protectedResourceRequest(
    tokens.access_token,
    'GET',
    new URL('/films/v1/', issuer),
    undefined,
    undefined,
    {
      ...http,
      DPoP,
      [oauth.customFetch]: (url, init) => {
        seen = new Request(url, init as RequestInit)
        return fetch(seen.clone())
      },
    },
  )
  t.equal(response.status, 200, 'ours does')
  const claims = await oauth.validateJwtAccessToken(server, seen ?? new Request(issuer), audience, {
    ...http,
    requireDPoP: true,
  })
  t.match(claims, { cnf: { jkt: /./ } })
})
