/**
 * Facebook as it documents its login: the dialog, the Graph API (below `/graph`), and the ID tokens of Limited Login, whose key set is on another host.
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 * @see https://developers.facebook.com/docs/facebook-login/limited-login/token/validating
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from '../app.ts'
import { type Counterpart, sendJson, startCounterpart } from './counterpart.ts'
import { signed, signingKey } from './id-token.ts'
import { Codes } from './oauth-codes.ts'

export interface FacebookUser {
  id: string
  name: string
  /** Many people have none, or grant none. */
  email?: string
}

export interface FacebookOptions {
  redirectUris: string[]
  appId?: string
  appSecret?: string
}

interface Token {
  appId: string
  userId: string
  valid: boolean
  scopes: string[]
}

export class FacebookServer {
  readonly counterpart: Counterpart
  readonly keySet: Counterpart
  readonly redirectUris: string[]
  readonly appId: string
  readonly appSecret: string
  user: FacebookUser = { id: '10215241773831025', name: 'Leia Organa', email: 'leia@alderaan.example' }
  key = signingKey()
  #codes = new Codes()
  #tokens = new Map<string, Token>()

  constructor(counterpart: Counterpart, keySet: Counterpart, options: FacebookOptions) {
    this.counterpart = counterpart
    this.keySet = keySet
    this.redirectUris = options.redirectUris
    this.appId = options.appId ?? '1234567890123456'
    this.appSecret = options.appSecret ?? 'facebook-secret-that-nobody-should-log'
    counterpart.handler = (request, response) => this.#route(request, response)
    keySet.handler = (_request, response) => sendJson(response, 200, { keys: [this.key.published] })
  }

  /** The issuer, and where the dialog is. */
  get url(): string {
    return this.counterpart.url
  }

  get apiUrl(): string {
    return `${this.url}/graph/v24.0`
  }

  /** An access token as the SDKs for phones and browsers get it; for another app, if its id is given. */
  accessToken({ appId = this.appId, scopes = ['public_profile', 'email'], userId = this.user.id } = {}): string {
    const token = `EAA${randomBytes(24).toString('hex')}`
    this.#tokens.set(token, { appId, userId, valid: true, scopes })
    return token
  }

  /** The user removed the app, or changed the password. */
  invalidate(token: string): void {
    const known = this.#tokens.get(token)
    if (known) known.valid = false
  }

  /** The ID token of a Limited Login, with the nonce as the app gave it. */
  limitedLogin(nonce: string, claims: Record<string, unknown> = {}): string {
    const now = Math.floor(Date.now() / 1000)
    const { id: sub, ...profile } = this.user
    const all = {
      iss: this.url,
      aud: this.appId,
      sub,
      iat: now,
      exp: now + 3600,
      jti: `${sub}.${randomBytes(8).toString('hex')}`,
    }
    return signed(
      { header: { alg: 'RS256', typ: 'JWT', kid: this.key.kid }, claims: { ...all, ...profile, nonce, ...claims } },
      this.key,
    )
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const path = pathname.replace(/\/v\d+\.\d+\//, '/')
    if (path.startsWith('/.well-known/openid-configuration')) return sendJson(response, 200, this.#metadata())
    if (path === '/dialog/oauth') return this.#dialog(searchParams, response)
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : new URLSearchParams()
    const parameters = new URLSearchParams([...searchParams, ...form])
    if (path === '/graph/oauth/access_token') return this.#redeem(parameters, response)
    const token = /^(?:Bearer|OAuth) (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const accessToken = token ?? parameters.get('access_token') ?? ''
    if (path === '/graph/debug_token') return this.#debug(accessToken, parameters.get('input_token') ?? '', response)
    if (path === '/graph/me') return this.#me(accessToken, parameters, response)
    fail(response, 404, 2500, 'Unknown path components')
  }

  #metadata() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/dialog/oauth`,
      token_endpoint: `${this.apiUrl}/oauth/access_token`,
      jwks_uri: `${this.keySet.url}/.well-known/oauth/openid/jwks/`,
      response_types_supported: ['id_token', 'token id_token', 'code'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      claims_supported: ['iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'nonce', 'name', 'email'],
    }
  }

  #dialog(query: URLSearchParams, response: ServerResponse): void {
    const redirectUri = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== this.appId) return fail(response, 400, 101, 'Invalid App ID')
    if (!this.redirectUris.includes(redirectUri)) return fail(response, 400, 191, 'URL blocked')
    const nonce = query.get('nonce')
    const url = new URL(redirectUri)
    url.searchParams.set(
      'code',
      this.#codes.issue({
        clientId: this.appId,
        redirectUri,
        scopes: (query.get('scope') ?? 'public_profile').split(/[ ,]+/),
        challenge: query.get('code_challenge') ?? undefined,
        user: this.user.id,
        ...(nonce !== null && { nonce }),
      }),
    )
    const state = query.get('state')
    if (state !== null) url.searchParams.set('state', state)
    response.writeHead(302, { location: url.href }).end()
  }

  #redeem(parameters: URLSearchParams, response: ServerResponse): void {
    if (parameters.get('client_id') !== this.appId) return fail(response, 400, 101, 'Invalid application ID.')
    if (parameters.get('client_secret') !== this.appSecret)
      return fail(response, 400, 1, 'Error validating client secret.')
    if (parameters.get('grant_type') === 'client_credentials')
      return sendJson(response, 200, { access_token: this.#appToken(), token_type: 'bearer' })
    const verifier = parameters.get('code_verifier') ?? undefined
    const authorization = this.#codes.redeem(parameters.get('code') ?? '', this.appId, verifier)
    if (!authorization) return fail(response, 400, 100, 'This authorization code has been used.', 36009)
    if (authorization.redirectUri !== parameters.get('redirect_uri'))
      return fail(
        response,
        400,
        100,
        'Error validating verification code. Please make sure your redirect_uri is identical',
        36008,
      )
    const { scopes, nonce, user } = authorization
    const access_token = this.accessToken({ scopes, userId: user })
    const idToken = scopes.includes('openid') ? { id_token: this.limitedLogin(nonce ?? '') } : {}
    sendJson(response, 200, { access_token, token_type: 'bearer', expires_in: 5_183_944, ...idToken })
  }

  #appToken(): string {
    return `${this.appId}|${this.appSecret}`
  }

  /** Only for tokens of the same app: another's are reported as they are, with that app's id. */
  #debug(accessToken: string, input: string, response: ServerResponse): void {
    if (accessToken !== this.#appToken()) return fail(response, 400, 190, 'Invalid OAuth access token signature.')
    const token = this.#tokens.get(input)
    if (!token) {
      const error = { code: 190, message: 'Malformed access token' }
      return sendJson(response, 200, { data: { error, is_valid: false, scopes: [] } })
    }
    const { appId, userId, valid, scopes } = token
    const expires_at = Math.floor(Date.now() / 1000) + (valid ? 5_183_944 : -60)
    sendJson(response, 200, {
      data: {
        app_id: appId,
        type: 'USER',
        application: 'Holocron',
        expires_at,
        is_valid: valid,
        scopes,
        user_id: userId,
      },
    })
  }

  #me(accessToken: string, parameters: URLSearchParams, response: ServerResponse): void {
    const token = this.#tokens.get(accessToken)
    if (!token?.valid) return fail(response, 400, 190, 'Error validating access token: The session is invalid.', 460)
    const proof = createHmac('sha256', this.appSecret).update(accessToken).digest('hex')
    if (parameters.get('appsecret_proof') !== proof)
      return fail(response, 400, 100, 'API calls from the server require an appsecret_proof argument')
    const fields = (parameters.get('fields') ?? 'id,name').split(',')
    const { email, ...rest } = this.user
    const profile = {
      ...rest,
      id: token.userId,
      ...(token.scopes.includes('email') && email !== undefined && { email }),
    }
    sendJson(response, 200, Object.fromEntries(Object.entries(profile).filter(([name]) => fields.includes(name))))
  }
}

function fail(response: ServerResponse, status: number, code: number, message: string, error_subcode?: number): void {
  const fbtrace_id = randomBytes(8).toString('base64url')
  const error = { message, type: 'OAuthException', code, ...(error_subcode && { error_subcode }), fbtrace_id }
  sendJson(response, status, { error })
}

export async function startFacebook(t: Test, options: FacebookOptions): Promise<FacebookServer> {
  return new FacebookServer(await startCounterpart(t), await startCounterpart(t), options)
}
