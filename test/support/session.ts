/** What tests of sessions do again and again, in the words of the contract. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { call, codeOf, type LoggedIn } from './app.ts'

export type Pair = Pick<LoggedIn, 'token' | 'refresh_token'>

export function rotate(app: FastifyInstance, refreshToken: string, oldAccessToken?: string) {
  return call(app, 'POST', '/users/v1/generate_tokens', {
    token: refreshToken,
    ...(oldAccessToken !== undefined && { payload: { old_access_token: oldAccessToken } }),
  })
}

/** Rotates, and expects the next tokens. */
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

/** Are both tokens of the pair refused? Trying the refresh token may end the session: ask last. */
export async function dead(app: FastifyInstance, { token, refresh_token }: Pair): Promise<boolean> {
  const outcomes = [outcome(await readFilms(app, token)), outcome(await rotate(app, refresh_token))]
  return outcomes.every(each => each === '401 token-invalid')
}

/** The session that a token belongs to, as the token says. */
export function sessionId(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
  return claims.sid
}

/** The session's row, whose token is given. */
export function sessionOf(app: FastifyInstance, token: string) {
  return app.db.selectFrom('sessions').selectAll().where('id', '=', sessionId(token)).executeTakeFirstOrThrow()
}

/** Puts the session's last rotation back in time (ms), so that its grace is over. */
export async function age(app: FastifyInstance, token: string, milliseconds: number): Promise<void> {
  await app.db
    .updateTable('sessions')
    .set(eb => ({ rotated_at: eb('rotated_at', '-', milliseconds) }))
    .where('id', '=', sessionId(token))
    .execute()
}

/** The events that tell of a reused refresh token of this session. */
export function reuseEvents(app: FastifyInstance, token: string) {
  return app.db
    .selectFrom('audit_events')
    .selectAll()
    .where('session_id', '=', sessionId(token))
    .where('kind', '=', 'refresh-token-reused')
    .execute()
}
