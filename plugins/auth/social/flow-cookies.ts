/** The cookies that bind a login at a provider to the browser that started it: one for each, so that several tabs do not disturb each other. */
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FLOW_TTL_SECONDS, type Flow, type Flows } from './flows.ts'

/** A browser that starts one login after the other keeps the latest of them. */
const COOKIES_MAX = 4

export interface FlowCookies {
  set(request: FastifyRequest, reply: FastifyReply, flow: Flow): void
  /** The flow that this browser started, whose cookie is deleted; undefined for any other. */
  take(request: FastifyRequest, reply: FastifyReply, provider: string, state: string | undefined): Flow | undefined
}

export function createFlowCookies(flows: Flows, publicUrl: string): FlowCookies {
  const secure = publicUrl.startsWith('https:')
  const prefix = secure ? '__Host-holocron-login-' : 'holocron-login-'
  // Lax: the provider's redirect is a navigation from another site, and has to bring it along.
  const attributes = { httpOnly: true, secure, sameSite: 'lax', path: '/' } as const
  const nameOf = (state: string) => prefix + state.slice(0, 16)

  function send(reply: FastifyReply, name: string, value: string, maxAge: number): void {
    reply.header('set-cookie', stringifySetCookie({ ...attributes, name, value, maxAge }))
  }

  return {
    set(request, reply, flow) {
      const pending = Object.keys(parseCookie(request.headers.cookie ?? '')).filter(name => name.startsWith(prefix))
      for (const name of pending.slice(0, -COOKIES_MAX + 1 || undefined)) send(reply, name, '', 0)
      send(reply, nameOf(flow.state), flows.seal(flow, 'browser'), FLOW_TTL_SECONDS)
    },
    take(request, reply, provider, state = '') {
      const name = nameOf(state)
      const sealed = parseCookie(request.headers.cookie ?? '')[name]
      const flow = sealed === undefined ? undefined : flows.open(sealed, 'browser', provider)
      if (flow?.state !== state) return undefined
      send(reply, name, '', 0)
      return flow
    },
  }
}
