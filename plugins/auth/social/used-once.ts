/** What authenticates somebody only once is used up in the transaction that acts on it, on all instances. */
import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { Tables } from '#sql/tables.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'

export interface Consumption {
  /** 32 hexadecimal digits. */
  id: string
  /** When it would not be accepted anyway (ms). */
  expires_at: number
}

/** @throws socialStateInvalid if any of them was used before */
export function useUp(...consumptions: (Consumption | undefined)[]): (tx: Transaction<Tables>) => Promise<void> {
  return async tx => {
    for (const consumption of consumptions)
      if (consumption && !(await consumeChallenge(tx, consumption))) throw errors.socialStateInvalid()
  }
}

/** @param purpose keeps the ids of different things apart */
export function consumptionOf(purpose: string, text: string, expires_at: number): Consumption {
  return { id: createHash('sha256').update(`${purpose}:${text}`).digest('hex').slice(0, 32), expires_at }
}
