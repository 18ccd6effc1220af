// @auth/core, which is beneath Auth.js and next-auth, with a provider that is nothing but an issuer.
import { Auth } from '@auth/core'
import { toNodeHandler } from 'better-auth/node'
import { CLIENT_ID, CLIENT_SECRET, countFilms, ISSUER, serve } from './serve.mjs'

const config = {
  basePath: '/auth',
  secret: 'a secret of the application, for its cookies',
  trustHost: true,
  session: { strategy: 'jwt' },
  providers: [
    {
      id: 'holocron',
      name: 'Holocron',
      type: 'oidc',
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      checks: ['pkce', 'state', 'nonce'],
      authorization: { params: { scope: 'openid profile email films:read' } },
    },
  ],
  callbacks: {
    jwt: ({ token, account }) => (account ? { ...token, accessToken: account.access_token } : token),
    session: async ({ session, token }) => ({ ...session, films: await countFilms(token.accessToken) }),
  },
}

const handle = toNodeHandler(request => Auth(request, config))

serve((request, response) => (request.url.startsWith('/auth/') ? handle(request, response) : response.end('welcome')))
