// better-auth with its generic OAuth plugin, told the discovery document only.
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { genericOAuth } from 'better-auth/plugins'
import { CLIENT_ID, CLIENT_SECRET, countFilms, HOME, ISSUER, serve } from './serve.mjs'

const auth = betterAuth({
  baseURL: HOME,
  secret: 'a secret of the application, for its cookies',
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  telemetry: { enabled: false },
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: 'holocron',
          discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          scopes: ['openid', 'profile', 'email', 'offline_access', 'films:read'],
          prompt: 'consent',
          pkce: true,
          mapProfileToUser: ({ email, name }) => ({ name: name ?? email }),
        },
      ],
    }),
  ],
})

const handle = toNodeHandler(auth)

serve(async (request, response) => {
  if (request.url.startsWith('/api/auth/')) return handle(request, response)
  const headers = new Headers({ cookie: request.headers.cookie ?? '', origin: HOME })
  const send = body => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  if (request.url === '/login') {
    const body = { provider: 'holocron', callbackURL: '/films' }
    const { headers: ours, response: answer } = await auth.api.signInSocial({ body, headers, returnHeaders: true })
    response.setHeader('set-cookie', ours.getSetCookie())
    return response.writeHead(303, { location: answer.url }).end()
  }
  const session = await auth.api.getSession({ headers })
  if (!session) return send({})
  const [account] = await auth.api.listUserAccounts({ headers })
  const body = { accountId: account.id }
  const { accessToken } = await auth.api.getAccessToken({ body, headers })
  const films = await countFilms(accessToken)
  const refreshed = await auth.api.refreshToken({ body, headers })
  send({ email: session.user.email, films, refreshed: await countFilms(refreshed.accessToken) })
})
