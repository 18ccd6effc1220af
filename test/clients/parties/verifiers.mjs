// Strict resource servers: express-oauth2-jwt-bearer and @okta/jwt-verifier. GET /express and /okta with an access token.
import OktaJwtVerifier from '@okta/jwt-verifier'
import express from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { ISSUER, serve } from './serve.mjs'

const { AUDIENCE, ALGORITHM } = process.env

const okta = new OktaJwtVerifier({
  issuer: ISSUER,
  jwksUri: `${ISSUER}/.well-known/jwks.json`,
  assertClaims: { 'scope.includes': ['films:read'] },
  testing: { disableHttpsCheck: true },
})

const app = express()

app.get(
  '/express',
  auth({ issuerBaseURL: ISSUER, audience: AUDIENCE, tokenSigningAlg: ALGORITHM, strict: true }),
  requiredScopes('films:read'),
  ({ auth }, response) => response.json(auth.payload),
)

app.get('/okta', async ({ headers }, response) => {
  const [, token] = headers.authorization.split(' ')
  try {
    response.json((await okta.verifyAccessToken(token, AUDIENCE)).claims)
  } catch (error) {
    response.status(401).json({ error: error.message })
  }
})

serve(app)
