/** The kinds of settings. */
import { Type } from '@sinclair/typebox'

/** 23 days: Node runs timers of more than 2^31 ms immediately, over and over. */
const TIMER_MAX_SECONDS = 2_000_000
export const TEN_YEARS_SECONDS = 10 * 365 * 86_400

export const seconds = (fallback: number, minimum: number, description: string, maximum = TIMER_MAX_SECONDS) =>
  Type.Integer({ default: fallback, minimum, maximum, description: `${description} (seconds)` })
export const count = (fallback: number, minimum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum: 1_000_000_000, description })
export const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })
