// A deployment may be called off while it starts. A signal then is not lost, not even by the first process of a container: that one ignores signals it has no handler for.
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { environment, REAL } from '../support/app.ts'
import { launch, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

/** Moments of a start, as parts of its usual time. The last is after it. */
const MOMENTS = [0, 0.15, 0.35, 0.55, 0.75, 0.9, 1.1]

/** Makes it the first process of a PID namespace, as in a container. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child']
const mayUnshare = process.platform === 'linux' && spawnSync('unshare', [...CONTAINER.slice(1), 'true']).status === 0

/** The process itself, or the one that the wrapper runs, once its first line has run: it has a handler for SIGHUP then, which Node by itself has not. */
async function whenItHandlesSignals({ pid = 0 }: ChildProcess, wrapped: boolean): Promise<number> {
  let service = pid
  await until(async () => {
    if (wrapped) service = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
    if (service === 0) return false
    const caught = /^SigCgt:\s+([\da-f]+)$/m.exec(readFileSync(`/proc/${service}/status`, 'utf8'))?.[1] ?? '0'
    return (BigInt(`0x${caught}`) & 1n) === 1n
  })
  return service
}

const ways: [name: string, wrapper: string[], workers: string, skip: string | false][] = [
  ['', [], '1', process.platform !== 'linux' && 'needs /proc'],
  [', as the first process of a container', CONTAINER, '1', !mayUnshare && 'needs the right to create a PID namespace'],
  [', with workers', CONTAINER, '2', !(REAL && mayUnshare) && 'needs MySQL, and the right to create a PID namespace'],
]

for (const [name, wrapper, workers, skip] of ways) {
  t.test(`SIGTERM at any moment of the start ends it${name}`, { skip }, async t => {
    const env = await environment(t, { WORKERS: workers })
    const first = await startService(t, env)
    await first.end('SIGTERM')
    for (const moment of MOMENTS) {
      const child = launch(t, { ...env, PORT: '0' }, ['ignore', 'ignore', 'inherit'], wrapper)
      const exited = once(child, 'exit')
      const pid = await whenItHandlesSignals(child, wrapper.length > 0)
      await pause(moment * first.startedIn)
      process.kill(pid, 'SIGTERM')
      const late = pause(8000, ['still running'], { ref: false })
      t.same(await Promise.race([exited, late]), [0, null], `after ${Math.round(moment * first.startedIn)} ms`)
    }
  })
}
