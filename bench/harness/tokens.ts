/** Tokens without logins, signed with the service's keys or the peers' secret. */
import { createHmac, randomInt, randomUUIDv7 } from 'node:crypto'
import fastify from 'fastify'
import tokens from '../../plugins/auth/tokens/index.ts'
import config, { readConfig } from '../../plugins/config/index.ts'
import jwt from '../../plugins/jwt.ts'
import keys from '../../plugins/keys/index.ts'
import oauthResources from '../../plugins/oauth-resources.ts'

/** Signs `count` access tokens, each of a session of its own. */
export type Mint = (count: number) => string[]

export interface Signer {
  /** An access token of generation 1. */
  access(session: { sid: string; user_id: number }): string
  /** The same of an application that may read films. */
  application(session: { sid: string; user_id: number }): string
  refresh(session: { sid: string; user_id: number; gen: number }): string
}

const TTL_SECONDS = 900

/** The id of an application. */
export const APPLICATION = '01900000-0000-7600-8000-000000000000'

/** Signs what a service with the same SECRET and PUBLIC_URL accepts. */
export async function serviceSigner(env: Record<string, string>): Promise<Signer> {
  const app = fastify()
  app.register(config, { config: readConfig(env) })
  app.register(keys)
  app.register(oauthResources)
  app.register(jwt)
  app.register(tokens)
  await app.ready()
  const { access, application, refresh } = app.tokens
  return {
    access: ({ sid, user_id }) =>
      access.sign({ ...times(), sub: String(user_id), sid, gen: 1, jti: `${sid}.1`, user_id, access_role: 'basic' }),
    application: ({ sid, user_id }) =>
      application.sign({
        ...{ ...times(), sub: String(user_id), sid, gen: 1, jti: `${sid}.1`, user_id, access_role: 'basic' },
        ...{ client_id: APPLICATION, scope: 'films:read' },
      }),
    refresh: ({ sid, user_id, gen }) => refresh.sign({ ...times(), sub: String(user_id), sid, gen }),
  }
}

/** A session that is in no table: the service looks up revocations only. */
export const strangerSession = () => ({ sid: randomUUIDv7(), user_id: randomInt(1_000_000_000, 2_000_000_000) })

/** Each token is of another session. */
export function serviceMint({ access }: Signer): Mint {
  return count => Array.from({ length: count }, () => access(strangerSession()))
}

/** HS256, as the peers' documentation shows: cheaper to verify than the service's Ed25519. */
export function peerMint(secret: string): Mint {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const header = encode({ alg: 'HS256', typ: 'JWT' })
  return count =>
    Array.from({ length: count }, () => {
      const id = randomUUIDv7()
      const claims = { ...times(), sub: id, jti: randomUUIDv7(), user_id: id, access_role: 'basic' }
      const signed = `${header}.${encode(claims)}`
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    })
}

function times() {
  const iat = Math.floor(Date.now() / 1000)
  return { iat, exp: iat + TTL_SECONDS }
}
