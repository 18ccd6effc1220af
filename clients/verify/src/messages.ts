/** What the events of the feed say. Whatever is not understood ends the connection: taken at its word, it could pass for "nothing is revoked". */
import type { SessionHash } from './revocations.ts'

export interface Begin {
  /** By the clock of the instance (ms). */
  time: number
  /** Of access tokens (s). */
  tokenLifetime: number
}

export interface Current {
  /** By the clock of the instance (ms). */
  time: number
  /** Since the instance itself last knew (ms). */
  staleness: number
}

/** A session and its lowest valid generation, or the time (s since 1970) before which no token is valid. */
export type Revoked = { id: SessionHash; generation: number } | { notBefore: number }

/** The longest that Holocron can be set to. Node would run a timer of more than 2^31 ms at once. */
const TOKEN_LIFETIME_MAX_SECONDS = 2_000_000
/** Above all generations. */
const GENERATION_MAX = 2 ** 31 - 1

/** @throws Error */
export function parseBegin(lines: string[]): Begin {
  const { time, token_lifetime: lifetime } = JSON.parse(lines.join(''))
  return { time: natural(time), tokenLifetime: natural(lifetime, 1, TOKEN_LIFETIME_MAX_SECONDS) }
}

/** @throws Error */
export function parseCurrent(lines: string[]): Current {
  const { time, staleness } = JSON.parse(lines.join(''))
  return { time: natural(time), staleness: natural(staleness) }
}

/** @throws Error */
export function parseRevoked(line: string): Revoked {
  const [, all, high = '', low = '', value] = /^(?:(\*)|([0-9a-f]{8})([0-9a-f]{8})) (\d+)$/.exec(line) ?? []
  if (all !== undefined) return { notBefore: natural(Number(value)) }
  const id = { high: Number.parseInt(high, 16) | 0, low: Number.parseInt(low, 16) | 0 }
  return { id, generation: natural(Number(value), 0, GENERATION_MAX) }
}

function natural(value: unknown, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw new Error(`not understood: ${value}`)
}
