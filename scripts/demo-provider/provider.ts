/** An OpenID provider with accounts that need no password: for trying out social login, and for its tests. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AdapterFactory, ClientMetadata, interactionPolicy, JWK } from 'oidc-provider'
import { type Person, peoplePage } from './people-page.ts'

export interface ProviderOptions {
  /** With a path, if its endpoints are to be below that. */
  issuer: string
  clients: ClientMetadata[]
  /** By subject. Read at each login, so it may change meanwhile. */
  people: Map<string, Person>
  /** Private signing keys. */
  keys: JWK[]
  adapter: AdapterFactory
  /** Logs this subject in without asking. Absent or undefined: the person chooses on a page. */
  automatic?: () => string | undefined
  /** Changes responses before they are sent. */
  change?: (reply: Reply) => Reply
}

export interface Reply {
  /** The library's name of the endpoint. */
  route: string
  parameters: Record<string, unknown>
  status: number
  body: unknown
}

/** Claims that each scope adds, to the ID token too, as the large providers do. */
const CLAIMS = {
  openid: ['sub', 'hd'],
  email: ['email', 'email_verified'],
  profile: ['name', 'given_name', 'family_name', 'picture', 'locale'],
}

/** Whoever tries it wants to be somebody else the next time: the provider's own session would not ask. */
function choosesAgain(Check: typeof interactionPolicy.Check): interactionPolicy.Check {
  return new Check('choice', 'a person has to be chosen', ({ oidc }) =>
    oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
  )
}

/** @returns the handler of all its requests, pages included */
export async function createProvider({ issuer, clients, people, keys, adapter, automatic, change }: ProviderOptions) {
  const { interactionPolicy, Provider } = await import('oidc-provider')
  const mount = new URL(issuer).pathname.replace(/\/$/, '')
  const policy = interactionPolicy.base()
  policy.remove('consent')
  if (!automatic) policy.get('login')?.checks.add(choosesAgain(interactionPolicy.Check))
  const provider = new Provider(issuer, {
    adapter,
    clients,
    jwks: { keys },
    claims: CLAIMS,
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(32).toString('hex')] },
    // Some providers do without.
    pkce: { required: () => false },
    scopes: ['openid', 'email', 'profile'],
    features: { devInteractions: { enabled: false } },
    interactions: { policy, url: (_ctx, { uid }) => `${mount}/interaction/${uid}` },
    renderError: (ctx, { error, error_description }) => {
      ctx.type = 'text'
      ctx.body = `${error}: ${error_description}`
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    findAccount: (_ctx, sub) => {
      const person = people.get(sub)
      return person && { accountId: sub, claims: () => ({ ...person, sub }) }
    },
    // Whoever logs in here consents.
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc
      if (!client || !session?.accountId) return undefined
      const grant = new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })

  provider.use(async (ctx, next) => {
    await next()
    if (!change || typeof ctx.body !== 'object') return
    const { route, params: parameters = {} } = ctx.oidc
    const { status, body } = change({ route, parameters, status: ctx.status, body: ctx.body })
    ctx.body = body
    ctx.status = status
  })

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const finish = (sub: string) =>
      provider.interactionFinished(request, response, {
        ...(people.has(sub)
          ? { login: { accountId: sub } }
          : { error: 'access_denied', error_description: 'The login was cancelled' }),
      })
    const sub = automatic?.()
    if (sub !== undefined) return finish(sub)
    if (request.method === 'POST') return finish(new URLSearchParams(await text(request)).get('sub') ?? '')
    const { params } = await provider.interactionDetails(request, response)
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    response.end(peoplePage(String(params.client_id), people))
  }

  const callback = provider.callback()
  /** Below a path, the library finds its mount point by the original URL. */
  function handle(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse): void {
    const url = request.url ?? '/'
    if (url.startsWith(`${mount}/interaction/`)) {
      interact(request, response).catch((error: Error) => response.writeHead(400).end(error.message))
      return
    }
    if (mount && !url.startsWith(`${mount}/`)) {
      response.writeHead(404).end()
      return
    }
    request.originalUrl = url
    request.url = url.slice(mount.length)
    callback(request, response)
  }

  return { handle }
}
