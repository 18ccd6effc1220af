/** What somebody holds that may open an account, and the attempt to open one with it. */
import type { FastifyInstance } from 'fastify'
import type { ProviderIdentity } from '../../plugins/auth/social/types.ts'
import { call, codeOf, type LoggedIn } from '../support/app.ts'
import type { Authenticator } from '../support/authenticator.ts'
import { browse } from '../support/cookies.ts'
import { identity, logInBy } from '../support/linked-logins.ts'
import { finish, otpOf, recover } from '../support/mfa.ts'
import { passkeyLogin } from '../support/passkeys.ts'
import { rotate } from '../support/session.ts'

/** Knowledge and devices stay good; what the service handed out must end with a disabling. */
export interface Holding {
  kind: 'access token' | 'refresh token' | 'cookie' | 'pending login' | 'mailed link' | 'passkey' | 'provider login'
  /** Of the account that it was made for. */
  userId: number
  value: string
  key?: Authenticator
  /** Must open nothing, ever again. */
  dead?: boolean
}

export interface Person {
  name: 'owner' | 'thief'
  passwords: string[]
  /** TOTP secrets and recovery codes. */
  secrets: string[]
  recoveryCodes: string[]
  holdings: Holding[]
}

export const person = (name: Person['name']): Person => ({
  name,
  passwords: [],
  secrets: [],
  recoveryCodes: [],
  holdings: [],
})

/** Keeps what a login returned. */
export function keepTokens({ holdings }: Person, { user_id: userId, token, refresh_token }: LoggedIn): void {
  holdings.push({ kind: 'access token', userId, value: token }, { kind: 'refresh token', userId, value: refresh_token })
}

/** @returns the id of the user whose account the token opens */
export async function whoIs(app: FastifyInstance, token: string): Promise<number | undefined> {
  const response = await call(app, 'GET', '/users/v1/me', { token })
  return response.statusCode === 200 ? response.json<{ id: number }>().id : undefined
}

/**
 * Logs in by password, with any second factor that the person has.
 * @returns the id of the user; undefined if it failed
 */
export async function logInWith(app: FastifyInstance, who: Person, email: string, password: string, tick: () => void) {
  const response = await call(app, 'POST', '/users/v1/login', { payload: { email, password } })
  if (response.statusCode !== 200) return undefined
  const body = response.json<LoggedIn & { mfa_token?: string; user_id: number }>()
  if (body.mfa_token === undefined) {
    keepTokens(who, body)
    return body.user_id
  }
  return passSecondFactor(app, who, body.mfa_token, tick)
}

export async function passSecondFactor(app: FastifyInstance, who: Person, mfaToken: string, tick: () => void) {
  for (const secret of who.secrets) {
    tick()
    const response = await finish(app, mfaToken, otpOf(secret))
    if (response.statusCode === 200) return keep(response.json<LoggedIn>())
  }
  for (const code of who.recoveryCodes.splice(0)) {
    const response = await recover(app, mfaToken, code)
    if (response.statusCode === 200) return keep(response.json<LoggedIn>())
  }
  return undefined

  function keep(session: LoggedIn): number {
    keepTokens(who, session)
    return session.user_id
  }
}

/**
 * Tries to open an account with one holding.
 * @returns the id of the user whose account it opened, if it did
 */
export async function open(app: FastifyInstance, who: Person, holding: Holding, newPassword: string, tick: () => void) {
  const { kind, value, key, userId } = holding
  switch (kind) {
    case 'access token':
      return whoIs(app, value)
    case 'refresh token': {
      const response = await rotate(app, value)
      if (response.statusCode !== 200) return undefined
      keepTokens(who, { ...response.json<LoggedIn>(), user_id: userId })
      return userId
    }
    case 'cookie': {
      const response = await browse(app, 'GET', '/users/v1/me', value)
      return response.statusCode === 200 ? userId : undefined
    }
    case 'pending login':
      return passSecondFactor(app, who, value, tick)
    case 'passkey': {
      const response = await passkeyLogin(app, key as Authenticator)
      if (response.statusCode !== 200) return undefined
      keepTokens(who, response.json<LoggedIn>())
      return response.json<LoggedIn>().user_id
    }
    case 'provider login':
      return logInByProvider(app, who, identity({ subject: value }), tick)
    case 'mailed link':
      return (await useLink(app, value, newPassword)) ? userId : undefined
  }
}

/**
 * Logs in by an identity that a provider has verified.
 * @returns the id of the user; undefined if it failed
 */
export async function logInByProvider(app: FastifyInstance, who: Person, as: ProviderIdentity, tick: () => void) {
  const outcome = await logInBy(app, as).catch(() => undefined)
  if (!outcome) return undefined
  if ('mfa_token' in outcome) return passSecondFactor(app, who, outcome.mfa_token, tick)
  keepTokens(who, { ...app.sessions.tokensOf(outcome), email: outcome.email })
  return outcome.user_id
}

/** A link to reset the password, or to confirm a new address. */
async function useLink(app: FastifyInstance, token: string, new_password: string): Promise<boolean> {
  const payload = { token, new_password }
  const reset = await call(app, 'POST', '/users/v1/password_reset', { payload })
  if (reset.statusCode === 200) return true
  if (codeOf(reset) !== 'token-invalid') throw new Error(`reset: ${reset.body}`)
  const change = await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })
  return change.statusCode === 200
}
