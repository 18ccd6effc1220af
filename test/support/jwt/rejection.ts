/** Forged tokens: all are rejected with the same error, and change nothing. */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, type LoggedIn, logIn } from '../app.ts'
import { tokenSource } from '../token-source.ts'
import { type Kind, type Parts, partsOf, token } from './forge.ts'

/** The same error for every defect, so that forgers learn nothing. */
export const REJECTION = { status: 'error', statusCode: 401, error: 'Unauthorized', message: 'token-invalid' }

/** Forges a token from the parts of a genuine one, or from the whole. */
export type Forgery = (parts: Parts, genuine: string) => string

/** Sends the token to a route that accepts its kind. */
export function tryToken(app: FastifyInstance, kind: Kind, token: string) {
  return kind === 'access'
    ? call(app, 'GET', '/films/v1/', { token })
    : call(app, 'POST', '/users/v1/generate_tokens', { token })
}

/** A test for each forgery and kind. Forgeries are made from a live session's current tokens, so that only their defect can be the reason of the rejection. */
export function rejectEach(forgeries: Record<string, Forgery>, kinds: Kind[] = ['access', 'refresh']): void {
  t.test('forgeries', async t => {
    const app = await build(t)
    const session = await thirdGeneration(app)
    for (const kind of kinds) {
      const genuine = kind === 'access' ? session.token : session.refresh_token
      t.equal(token(partsOf(kind, genuine)), genuine, `the forger's ${kind} keys are the service's`)
      for (const [name, forge] of Object.entries(forgeries)) {
        t.test(`${kind} token: ${name}`, async t => {
          const response = await tryToken(app, kind, forge(partsOf(kind, genuine), genuine))
          t.equal(response.statusCode, 401)
          t.same(response.json(), REJECTION)
          const source = kind === 'access' ? `, ${tokenSource(app)}` : ''
          t.equal(
            response.headers['www-authenticate'],
            `Bearer error="invalid_token", error_description="token-invalid"${source}`,
          )
        })
      }
    }
    t.test('the session is unchanged: both its tokens still work', async t => {
      t.equal((await tryToken(app, 'access', session.token)).statusCode, 200)
      t.equal((await tryToken(app, 'refresh', session.refresh_token)).statusCode, 200)
    })
  })
}

/** A session that has rotated twice: a forged token of an older generation must not count as reuse and end it. */
export async function thirdGeneration(app: FastifyInstance): Promise<LoggedIn> {
  const first = await logIn(app)
  const rotate = async (refreshToken: string): Promise<LoggedIn> =>
    (await tryToken(app, 'refresh', refreshToken)).json<LoggedIn>()
  const second = await rotate(first.refresh_token)
  return rotate(second.refresh_token)
}
