import { errors } from '#schemas/errors.ts'
import type { Authenticated } from './types.ts'

/**
 * A provider may be content with a session of its own, which began long ago. Those that do not say when are believed to have asked.
 * @param maxAge seconds
 * @throws reauthenticationRequired
 */
export function requireFresh({ authTime = Date.now() }: Authenticated, maxAge: number): void {
  if (authTime < Date.now() - maxAge * 1000) throw errors.reauthenticationRequired({ details: { max_age: maxAge } })
}
