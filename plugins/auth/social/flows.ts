/** A login at a provider, between the redirect and the callback: encrypted in a cookie of the browser, or in a text that the application keeps. */
import { randomBytes } from 'node:crypto'
import type { Config } from '../../config/index.ts'
import { createSeals } from '../../keys/seals.ts'
import type { FlowChecks } from './types.ts'

/** Time for a person to log in at the provider. */
export const FLOW_TTL_SECONDS = 600

export type Purpose = 'login' | 'link' | 'reauthenticate'

export interface Flow extends FlowChecks {
  provider: string
  purpose: Purpose
  /** Where the browser goes in the end. */
  redirectTo?: string | undefined
  /** What the page there says after success: its message `done.…`. */
  done?: string | undefined
  /** The browser forgets the session when it is closed. */
  transient?: boolean | undefined
  /** Of the pages that follow. */
  language?: string | undefined
  /** Whose session started it, where a session is needed: it must be the one that ends it. */
  sid?: string | undefined
  /** ms */
  expiresAt: number
}

export interface Flows {
  start(flow: Omit<Flow, 'state' | 'nonce' | 'verifier' | 'fresh' | 'expiresAt'>): Flow
  seal(flow: Flow, holder: Holder): string
  /** The flow, unless it was changed, sealed for another holder or provider, or has expired. */
  open(sealed: string, holder: Holder, provider: string): Flow | undefined
}

/** Who keeps a flow: a browser's is of no use to an application, and the reverse. */
export type Holder = 'browser' | 'application'

const random = () => randomBytes(24).toString('base64url')

/** @param keys 32 bytes each; the first encrypts, all decrypt */
export function createFlows(keys: Buffer[]): Flows {
  const seals = createSeals<Flow>(keys)
  const purposeOf = (holder: Holder, provider: string) => `${holder} ${provider}`
  return {
    start: flow => ({
      ...flow,
      state: random(),
      nonce: random(),
      verifier: randomBytes(32).toString('base64url'),
      fresh: flow.purpose === 'reauthenticate',
      expiresAt: Date.now() + FLOW_TTL_SECONDS * 1000,
    }),
    seal: (flow, holder) => seals.seal(flow, purposeOf(holder, flow.provider)),
    open(sealed, holder, provider) {
      try {
        const flow = seals.open(sealed, purposeOf(holder, provider))
        return flow.expiresAt > Date.now() ? flow : undefined
      } catch {
        return undefined
      }
    },
  }
}

/** The redirect URI of browsers' logins, which has to be registered at the provider as it is. */
export function callbackOf({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, provider: string): string {
  return `${PUBLIC_URL}/social/v1/${provider}/callback`
}
