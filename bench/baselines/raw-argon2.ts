/** Lower bound of a login: argon2id verifications and nothing else, as many at a time as the login has connections. */
import { hash, verify } from '@node-rs/argon2'
import { answerParent } from '../harness/messages.ts'
import type { Run } from '../harness/rounds.ts'

export interface Verifications {
  memoryKib: number
  iterations: number
  parallelism: number
  amount: number
  concurrency: number
}

const PASSWORD = 'Verified 1000 times'
let hashed: Promise<string> | undefined

answerParent(async ({ amount, concurrency, ...argon2 }: Verifications): Promise<Run> => {
  const { memoryKib: memoryCost, iterations: timeCost, parallelism } = argon2
  hashed ??= hash(PASSWORD, { memoryCost, timeCost, parallelism })
  const expected = await hashed
  let left = amount
  const worker = async () => {
    while (left-- > 0) {
      if (!(await verify(expected, PASSWORD))) throw new Error('argon2 rejected the correct password')
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: concurrency }, worker))
  return { count: amount, seconds: (performance.now() - started) / 1000 }
})
