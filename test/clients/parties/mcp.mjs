// The OAuth client of the MCP SDK: discovery from the resource's challenge, PKCE, the resource parameter, a redirect to a loopback port.
import { createServer } from 'node:http'
import { auth, extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js'
import { CLIENT_ID, countFilms, HOME, ISSUER, PORT } from './serve.mjs'

const kept = {}
const serverUrl = `${ISSUER}/films/v1/`

const provider = {
  redirectUrl: `${HOME}/callback`,
  clientMetadata: { client_name: 'Agent', redirect_uris: [`${HOME}/callback`], scope: 'films:read offline_access' },
  state: () => 'x',
  clientInformation: () => ({ client_id: CLIENT_ID, issuer: ISSUER }),
  tokens: () => kept.tokens,
  saveTokens: tokens => {
    kept.tokens = tokens
  },
  redirectToAuthorization: url => {
    kept.url = url
  },
  saveCodeVerifier: verifier => {
    kept.verifier = verifier
  },
  codeVerifier: () => kept.verifier,
}

/** The films say where tokens for them come from (RFC 9728), and for which scope. */
const refused = await fetch(serverUrl)
const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(refused)
const asked = []
const fetchFn = (url, init) => {
  asked.push(new URL(url).pathname)
  return fetch(url, init)
}
const options = { serverUrl, resourceMetadataUrl, scope, fetchFn }

createServer(async (request, response) => {
  const url = new URL(request.url, HOME)
  const send = body => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  if (url.pathname === '/login') {
    await auth(provider, options)
    return response.writeHead(303, { location: kept.url.href }).end()
  }
  if (url.pathname === '/callback') {
    await auth(provider, {
      ...options,
      authorizationCode: url.searchParams.get('code'),
      iss: url.searchParams.get('iss'),
    })
    return response.writeHead(303, { location: '/films' }).end()
  }
  if (!kept.tokens) return response.writeHead(404).end()
  const films = await countFilms(kept.tokens.access_token)
  await auth(provider, options)
  send({
    films,
    refreshed: await countFilms(kept.tokens.access_token),
    resource: kept.url.searchParams.get('resource'),
    scope,
    asked: asked.slice(0, 2),
  })
}).listen(PORT, 'localhost', () => console.log('listening'))
