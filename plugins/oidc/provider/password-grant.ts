/**
 * The resource owner password credentials grant: off by default, and for first-party applications that are registered for it.
 * It is the login of the service, second factor included, and the session belongs to the application.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.3
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.4 which forbids it
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { Provider } from 'oidc-provider'
import { errors } from '#schemas/errors.ts'
import { LoginRequest, OtpLoginRequest, RecoveryCodeLoginRequest } from '#schemas/login.ts'
import { ref } from '#schemas/ref.ts'
import type { WaysByPassword } from '../../auth/login/ways-by-password.ts'
import { renderOAuth } from '../../http/errors/oauth.ts'
import { translate } from '../../http/errors/translate.ts'
import {
  PARAMETERS,
  type Parameters,
  type PasswordGrantContext,
  passwordTokens,
  type TokenParts,
} from './password-tokens.ts'
import { requestContextOf } from './request-context.ts'

interface Parts extends TokenParts {
  /** The login, for an application. */
  waysOf(clientId: string): WaysByPassword
}

const BODIES = {
  password: ref(LoginRequest),
  otp: ref(OtpLoginRequest),
  recovery_code: ref(RecoveryCodeLoginRequest),
} as const satisfies Record<keyof WaysByPassword, object>

/** Registers the grant with the library. */
export function registerPasswordGrant(provider: Provider, app: FastifyInstance, parts: Parts): void {
  const { InvalidRequest } = parts.errors
  const tokens = passwordTokens(provider, app, parts)

  /** The step of the login, password or second factor, with its body. */
  function parseStep({ username, password, mfa_token, otp, recovery_code }: Parameters) {
    if (mfa_token === undefined)
      return ['password', { email: required({ username }), password: required({ password }) }] as const
    if (otp !== undefined && recovery_code !== undefined)
      throw new InvalidRequest("'otp' and 'recovery_code' exclude each other")
    return recovery_code === undefined
      ? (['otp', { mfa_token, otp: required({ otp }) }] as const)
      : (['recovery_code', { mfa_token, recovery_code }] as const)
  }

  function required(parameter: Record<string, string | undefined>): string {
    const [[name, value] = []] = Object.entries(parameter)
    if (value === undefined) throw new InvalidRequest(`missing required parameter(s) '${name}'`)
    return value
  }

  async function logIn(clientId: string, request: FastifyRequest, [step, body]: ReturnType<typeof parseStep>) {
    await app.limits.countAuth(request)
    assertValid(request, BODIES[step], body)
    const outcome = await parts.waysOf(clientId)[step].run(body, request.client)
    if (!('mfa_token' in outcome)) return outcome
    const { mfa_required: _, ...members } = outcome
    throw errors.secondFactorRequired({ members })
  }

  async function handle(ctx: PasswordGrantContext): Promise<void> {
    const { client, params } = ctx.oidc
    // Ignoring the proof would issue an unbound token that the application takes for a bound one.
    if (ctx.get('dpop')) throw new InvalidRequest('this grant binds no tokens to keys')
    const step = parseStep(params)
    const resource = await tokens.resolveScopes(ctx)
    const session = await logIn(client.clientId, requestContextOf(ctx).request, step).catch(error => refuse(ctx, error))
    if (session) ctx.body = await tokens.issue(ctx, session, resource)
  }

  provider.registerGrantType<Parameters>('password', handle, PARAMETERS)
}

/** Like the validation of a route: input is normalized in place. */
function assertValid(request: FastifyRequest, schema: Record<string, unknown>, body: object): void {
  // The compiler's functions return what Fastify's type does not say.
  const result = request.validateInput(body, schema) as true | { error: FastifyError['validation'] }
  if (result === true) return
  throw Object.assign(new Error('invalid parameters'), { validation: result.error, validationContext: 'body' })
}

/** Responds with an error of RFC 6749. @throws the reason, if it is a server error */
function refuse(ctx: PasswordGrantContext, reason: FastifyError): undefined {
  const failure = translate(reason)
  const { statusCode = 500, retryAfter, members } = failure
  if (statusCode >= 500) throw reason
  // The login responds 404 for an unknown e-mail address as for a wrong password.
  const { error, error_description } = renderOAuth(statusCode === 404 ? errors.invalidGrant() : failure)
  ctx.status = statusCode === 429 ? 429 : 400
  ctx.body = { error, error_description, ...members }
  if (retryAfter !== undefined) ctx.set('retry-after', String(retryAfter))
}
