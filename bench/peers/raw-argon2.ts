/** The limit of a login: argon2id verifications and nothing else, as many at a time as the login has connections. */
import { hash, verify } from '@node-rs/argon2'
import type { Run } from '../measure.ts'
import { answerParent } from '../processes.ts'

export interface Verifications {
  memoryKib: number
  iterations: number
  parallelism: number
  amount: number
  atOnce: number
}

const password = 'Verified 1000 times'
const hashes = new Map<string, string>()

async function hashFor({ memoryKib, iterations, parallelism }: Verifications): Promise<string> {
  const key = `${memoryKib},${iterations},${parallelism}`
  const known = hashes.get(key)
  if (known !== undefined) return known
  const made = await hash(password, {
    memoryCost: memoryKib,
    timeCost: iterations,
    parallelism,
  })
  hashes.set(key, made)
  return made
}

answerParent(async (work: Verifications): Promise<Run> => {
  const hashed = await hashFor(work)
  let left = work.amount
  const worker = async () => {
    while (left-- > 0) {
      if (!(await verify(hashed, password))) throw new Error('argon2 refused the right password')
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: work.atOnce }, worker))
  return { count: work.amount, seconds: (performance.now() - started) / 1000 }
})
