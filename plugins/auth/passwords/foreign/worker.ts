import { parentPort, workerData } from 'node:worker_threads'
import type { HashSecrets } from './foreign-hash.ts'
import { parseForeign } from './index.ts'

export interface Task {
  hash: string
  /** Forms of one password, any of which may match. */
  passwords: string[]
}

export interface Verdict {
  matches: boolean
  /** Milliseconds. */
  duration: number
}

const secrets: HashSecrets = workerData

parentPort?.on('message', (task: Task) => {
  const start = performance.now()
  const matches = verify(task)
  parentPort?.postMessage({ matches, duration: performance.now() - start } satisfies Verdict)
})

/** A damaged hash matches nothing. */
function verify({ hash, passwords }: Task): boolean {
  try {
    const parsed = parseForeign(hash)
    return parsed !== undefined && passwords.some(password => parsed.matches(password, secrets))
  } catch {
    return false
  }
}
