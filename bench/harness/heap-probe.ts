/** Loaded into a service (`--expose-gc --import`): reports the size of its heap after a collection. */
import { answerParent } from './messages.ts'

export interface Heap {
  bytes: number
}

answerParent(async (): Promise<Heap> => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return { bytes: heapUsed + external }
})
