import { errors } from '#schemas/errors.ts'
import { isDuplicate } from '#sql/connection/errors.ts'

/** Somebody else was faster: what was read is no longer true, and the transaction was rolled back. */
export class Outdated extends Error {}

const ATTEMPTS = 5

/**
 * Repeats what was outdated.
 * @param work returns undefined to be repeated, too
 * @throws unavailable if it is outdated again and again
 */
export async function untilCurrent<Result>(work: () => Promise<Result | undefined>): Promise<Result> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const result = await work().catch(undefinedIfOutdated)
    if (result !== undefined) return result
  }
  throw errors.unavailable()
}

function undefinedIfOutdated(error: unknown): undefined {
  if (!(error instanceof Outdated || isDuplicate(error))) throw error
}

/** For `catch`, where the user to change is not the caller: the account was deleted meanwhile. */
export function outdatedIfGone(error: { code?: string }): never {
  throw error.code === errors.userNotFound.code ? new Outdated() : error
}
