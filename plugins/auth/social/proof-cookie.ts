/** A user who authenticated again at a provider, and still has to give the second factor: encrypted in a cookie of the browser. It belongs to the session that started it. */
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createSeals } from '../../keys/seals.ts'
import type { Consume } from '../mfa/types.ts'
import type { Flow } from './flows.ts'
import type { Authenticated, ProviderIdentity } from './types.ts'
import { type Consumption, useUp } from './used-once.ts'

interface Proof {
  identity: ProviderIdentity
  /** What it uses up. */
  once: (Consumption | undefined)[]
  /** ms */
  expiresAt: number
}

export interface ProofCookie {
  set(reply: FastifyReply, proved: { flow: Flow; authenticated: Authenticated; once: Proof['once'] }): void
  /** What a session proved at a provider; undefined if that was another session, another provider, or too long ago. */
  read(
    request: FastifyRequest,
    provider: string | undefined,
  ): { identity: ProviderIdentity; useUp: Consume } | undefined
  clear(reply: FastifyReply): void
}

/** @param keys 32 bytes each; the first encrypts, all decrypt */
export function createProofCookie(keys: Buffer[], publicUrl: string): ProofCookie {
  const seals = createSeals<Proof>(keys)
  const secure = publicUrl.startsWith('https:')
  const name = secure ? '__Host-holocron-proof' : 'holocron-proof'
  const attributes = { name, httpOnly: true, secure, sameSite: 'lax', path: '/' } as const
  const send = (reply: FastifyReply, value: string, maxAge: number) =>
    void reply.header('set-cookie', stringifySetCookie({ ...attributes, value, maxAge }))

  function open(sealed: string, sid: string): Proof | undefined {
    try {
      return seals.open(sealed, `proof ${sid}`)
    } catch {
      return undefined
    }
  }

  return {
    set(reply, { flow: { sid = '', expiresAt }, authenticated: { identity }, once }) {
      const { tokens: _tokens, ...who } = identity
      const value = seals.seal({ identity: who, once, expiresAt }, `proof ${sid}`)
      send(reply, value, Math.ceil((expiresAt - Date.now()) / 1000))
    },
    read({ headers, user }, provider) {
      const sealed = parseCookie(headers.cookie ?? '')[name]
      const proof = sealed === undefined ? undefined : open(sealed, user.sid)
      if (!proof || proof.identity.provider !== provider || proof.expiresAt <= Date.now()) return undefined
      return { identity: proof.identity, useUp: useUp(...proof.once) }
    },
    clear: reply => send(reply, '', 0),
  }
}
