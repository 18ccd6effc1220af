/** Logins by a provider as the accounts see them: who somebody is has been verified already. */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { ProviderIdentity } from '../../plugins/auth/social/types.ts'
import type { AccessClaims } from '../../plugins/auth/tokens/claims.ts'
import { build, call, type Environment, type LoggedIn, NO_CLIENT, type Test } from './app.ts'

/** GitHub's. */
const ISSUER = 'https://github.com'

const GITHUB = { GITHUB_CLIENT_ID: 'client', GITHUB_CLIENT_SECRET: 'secret' }

/** The application with one provider. */
export function buildWithProvider(t: Test, overrides: Environment = {}): Promise<FastifyInstance> {
  return build(t, { ...GITHUB, ...overrides })
}

/** Somebody whom the provider has never named before. */
export function identity(overrides: Partial<ProviderIdentity> = {}): ProviderIdentity {
  return {
    provider: 'github',
    issuer: ISSUER,
    subject: randomUUID(),
    email: null,
    emailVerified: overrides.email !== undefined,
    name: 'Leia Organa',
    ...overrides,
  }
}

/** A response of the provider that is used for the first time. */
export const unused = async () => {}

export function logInBy(app: FastifyInstance, who: ProviderIdentity, useUp = unused) {
  return app.linkedLogins.logIn(who, NO_CLIENT, useUp)
}

/** Logs in, and returns the tokens. */
export async function tokensBy(app: FastifyInstance, who: ProviderIdentity): Promise<LoggedIn> {
  const outcome = await logInBy(app, who)
  if ('mfa_token' in outcome) throw new Error('a second factor is required')
  return { ...app.sessions.tokensOf(outcome), email: outcome.email }
}

/** The challenge of a user with a second factor. */
export async function challengeBy(app: FastifyInstance, who: ProviderIdentity): Promise<string> {
  const outcome = await logInBy(app, who)
  if (!('mfa_token' in outcome)) throw new Error('no second factor was asked for')
  return outcome.mfa_token
}

/** The user of an access token, as routes see them. */
export function callerOf({ token }: Pick<LoggedIn, 'token'>): AccessClaims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

export function linkTo(app: FastifyInstance, session: Pick<LoggedIn, 'token'>, who: ProviderIdentity, useUp = unused) {
  return app.linkedLogins.link(who, callerOf(session), NO_CLIENT, null, useUp)
}

/** The code of the error that a promise is rejected with; undefined if it is not. */
export async function refusal(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    error => error.code,
  )
}

/** What to send with an address, to sign up. */
export async function signupToken(app: FastifyInstance, who: ProviderIdentity): Promise<string> {
  const error = await logInBy(app, who).catch(error => error)
  if (error.code !== 'email-required') throw new Error(`not asked for an e-mail: ${error.code}`)
  return error.details.signup_token
}

export function sendEmail(app: FastifyInstance, signup_token: string, email: string) {
  return call(app, 'POST', '/social/v1/email', { payload: { signup_token, email } })
}
