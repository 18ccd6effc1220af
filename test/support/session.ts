/** Steps shared by tests of sessions. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { call, codeOf, type LoggedIn } from './app.ts'

export type Pair = Pick<LoggedIn, 'token' | 'refresh_token'>

export function rotate(app: FastifyInstance, refreshToken: string, oldAccessToken?: string) {
  return call(app, 'POST', '/users/v1/generate_tokens', {
    token: refreshToken,
    ...(oldAccessToken !== undefined && { payload: { old_access_token: oldAccessToken } }),
  })
}

/** Rotates and returns the next tokens. */
export async function nextTokens(app: FastifyInstance, refreshToken: string): Promise<LoggedIn> {
  const response = await rotate(app, refreshToken)
  if (response.statusCode !== 200) throw new Error(`rotation failed: ${response.body}`)
  return response.json<LoggedIn>()
}

export function logOut(app: FastifyInstance, token: string) {
  return call(app, 'POST', '/users/v1/logout', { token })
}

/** Reads the films with an access token. */
export function readFilms(app: FastifyInstance, token: string) {
  return call(app, 'GET', '/films/v1/', { token })
}

/** `200`, or status and code: `401 token-invalid`. */
export function outcome(response: LightMyRequestResponse): string {
  return [response.statusCode, codeOf(response)].filter(Boolean).join(' ')
}

/** Whether both tokens of the pair are rejected. Trying the refresh token may end the session: call it last. */
export async function dead(app: FastifyInstance, { token, refresh_token }: Pair): Promise<boolean> {
  const outcomes = [outcome(await readFilms(app, token)), outcome(await rotate(app, refresh_token))]
  return outcomes.every(each => each === '401 token-invalid')
}

/** The id of the session that a token belongs to. */
export function sessionId(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
  return claims.sid
}

/** The row of the token's session. */
export function sessionOf(app: FastifyInstance, token: string) {
  return app.db.selectFrom('sessions').selectAll().where('id', '=', sessionId(token)).executeTakeFirstOrThrow()
}

/** Moves the session's last rotation into the past (ms), so that its grace period is over. */
export async function age(app: FastifyInstance, token: string, milliseconds: number): Promise<void> {
  await app.db
    .updateTable('sessions')
    .set(eb => ({ rotated_at: eb('rotated_at', '-', milliseconds) }))
    .where('id', '=', sessionId(token))
    .execute()
}

/** The audit events of reused refresh tokens of this session. */
export function reuseEvents(app: FastifyInstance, token: string) {
  return app.db
    .selectFrom('audit_events')
    .selectAll()
    .where('session_id', '=', sessionId(token))
    .where('kind', '=', 'refresh-token-reused')
    .execute()
}

/** Whether this process knows that the session's tokens of this generation are revoked, whenever they were issued. */
export function isRevoked({ revocations }: Pick<FastifyInstance, 'revocations'>, sid: string, gen: number): boolean {
  return revocations.has({ sid, gen, iat: Infinity })
}
