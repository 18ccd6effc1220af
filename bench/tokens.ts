/** Access tokens without logins: signed by the bench with the keys of the service, or with the secret of the peers. */
import { randomUUIDv7 } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import fastify from 'fastify'
import tokens from '../plugins/auth/tokens/index.ts'
import config, { readConfig } from '../plugins/config/index.ts'
import jwt from '../plugins/jwt.ts'
import keys from '../plugins/keys/index.ts'

/** Makes so many tokens, each of a session of its own. */
export type Mint = (count: number) => string[]

export interface Keys {
  /** An access token of generation 1. */
  access(session: { sid: string; user_id: string }, access_role?: 'basic' | 'admin'): string
  refresh(session: { sid: string; user_id: string; gen: number }): string
}

/** How long tokens of the bench are good (seconds). */
const LIFE = 900

/** The service's own signing, under the same SECRET and PUBLIC_URL. */
export async function keysOf(env: Record<string, string>): Promise<Keys> {
  const app = fastify()
  app.register(config, { config: readConfig(env) })
  app.register(keys)
  app.register(jwt)
  app.register(tokens)
  await app.ready()
  const { access, refresh } = app.tokens
  return {
    access: ({ sid, user_id }, access_role = 'basic') =>
      access.sign({ ...times(), sub: user_id, sid, gen: 1, jti: `${sid}.1`, user_id, access_role }),
    refresh: ({ sid, user_id, gen }) => refresh.sign({ ...times(), sub: user_id, sid, gen }),
  }
}

/** Tokens of sessions that no table knows: the service asks none as long as they are not revoked. */
export function serviceMint({ access }: Keys): Mint {
  return count => Array.from({ length: count }, () => access({ sid: randomUUIDv7(), user_id: randomUUIDv7() }))
}

/** HS256, which is what the peers' documentation shows, and cheaper to verify than the service's Ed25519. */
export function peerMint(secret: string): Mint {
  const sign = createSigner({ algorithm: 'HS256', key: secret })
  return count =>
    Array.from({ length: count }, () => {
      const id = randomUUIDv7()
      return sign({ ...times(), sub: id, jti: randomUUIDv7(), user_id: id, access_role: 'basic' })
    })
}

function times() {
  const iat = Math.floor(Date.now() / 1000)
  return { iat, exp: iat + LIFE }
}
