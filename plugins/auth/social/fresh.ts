import { errors } from '#schemas/errors.ts'
import type { Authenticated } from './types.ts'

/**
 * A provider may rely on a session of its own that began long ago. Only OpenID providers say when the user authenticated; the others only ask for it.
 * @param maxAge seconds
 * @throws reauthenticationRequired
 */
export function requireFresh({ authTime = Date.now() }: Authenticated, maxAge: number): void {
  if (authTime < Date.now() - maxAge * 1000) throw errors.reauthenticationRequired({ details: { max_age: maxAge } })
}
