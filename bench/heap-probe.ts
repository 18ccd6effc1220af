/** Loaded into a service (`--expose-gc --import`): answers how large its heap is after a collection. */
import { answerParent } from './processes.ts'

export interface Heap {
  bytes: number
}

answerParent(async (): Promise<Heap> => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return { bytes: heapUsed + external }
})
