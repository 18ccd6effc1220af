/**
 * The process that decodes pictures: what strangers sent never meets a decoder in the process that holds keys and sessions. It knows no setting and
 * no secret, and is the first that the kernel ends when memory is short.
 */
import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { type Answer, decode, type Task } from './decode.ts'

/** Others have the processor first. */
const NICENESS = 10

setPriority(NICENESS)
try {
  writeFileSync('/proc/self/oom_score_adj', '1000')
} catch {
  // Not Linux.
}

process.on('disconnect', () => process.exit())
process.on('message', async ({ length, sizes }: Task) => {
  const answer: Answer = await decode(await take(length), sizes)
  process.send?.(answer)
})

/** The next picture. Nothing follows it before it is answered. */
async function take(length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let taken = 0
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
    taken += chunk.copy(bytes, taken)
    if (taken === length) break
  }
  return bytes
}
