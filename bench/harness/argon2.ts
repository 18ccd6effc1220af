/** argon2id parameters, the service's defaults, for the service and the raw verification alike. */
import { pinned } from './processes.ts'

export const ARGON2 = {
  memoryKib: 19_456,
  iterations: 2,
  parallelism: 1,
  /** As many as the server has cores. */
  threads: pinned ? 1 : 2,
}
