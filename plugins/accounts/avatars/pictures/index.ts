import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { boundedQueue } from '../../../http/load-shedding/bounded-queue.ts'
import type { Upload } from '../../../http/uploads/spool.ts'
import type { Answer, Problem, Task } from './decode.ts'

export interface Pictures {
  /** @throws unavailable if too many pictures wait */
  assertCapacity(): void
  /**
   * Makes a square WebP of each size (pixels).
   * @throws avatarInvalid; unavailable if too many pictures wait, no process can be started, or the upload cannot be read
   */
  squares(upload: Upload, sizes: readonly number[]): Promise<Buffer[]>
  stop(): void
}

/** Pictures that wait for their turn. */
const WAITING_MAX = 64
/** For one picture, the start of the process included (ms). */
const TIMEOUT_MS = 20_000
/** How long the process waits for another picture (ms). */
const IDLE_MS = 30_000

const invalid = (reason: Problem) => errors.avatarInvalid({ details: { in: 'body', field: 'avatar', reason } })

/** Decodes pictures one after the other, in a process of its own: started for the first of them, ended when there are no more. */
export function pictures(log: FastifyBaseLogger): Pictures {
  const queue = boundedQueue(1, WAITING_MAX)
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined

  function stop(): void {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = undefined
  }

  function start(): ChildProcess {
    const started = fork(join(import.meta.dirname, 'process.ts'), {
      // Two arenas: what glibc keeps of freed memory is bounded.
      env: { MALLOC_ARENA_MAX: '2' },
      execArgv: ['--max-old-space-size=64'],
      serialization: 'advanced',
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    })
    // Ended while it is idle, as the kernel does when memory is short: the next picture has another.
    started.once('exit', () => {
      if (child === started) child = undefined
    })
    // What it means is said by the exit that follows.
    started.stdin?.on('error', () => {})
    // Who asks hears the first. Others may follow it.
    started.on('error', () => {})
    started.unref()
    started.channel?.unref()
    return started
  }

  /** A picture at which the process ends, or does not come to an end, is as good as damaged. */
  async function ask(upload: Upload, sizes: number[]): Promise<Answer> {
    const source = Readable.from(upload.pieces())
    try {
      child ??= start()
    } catch (cause) {
      throw errors.unavailable({ cause })
    }
    const asked = child
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const damaged = (err: Error) => {
      log.warn({ err }, 'the process that decodes pictures failed')
      stop()
      resolve({ problem: 'damaged' })
    }
    // The process may be waiting for the rest of what cannot be read.
    const unavailable = (cause: Error) => {
      stop()
      reject(errors.unavailable({ cause }))
    }
    const exited = (code: number | null, signal: string | null) => damaged(new Error(`exited: ${signal ?? code}`))
    const timer = setTimeout(damaged, TIMEOUT_MS, new Error('timeout'))
    asked.once('message', resolve).once('exit', exited).once('error', unavailable)
    source.once('error', unavailable)
    // Where no process could be started, its error follows.
    if (asked.pid !== undefined) {
      asked.send({ length: upload.size, sizes } satisfies Task)
      source.pipe(asked.stdin as Writable, { end: false })
    }
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      source.destroy()
      asked.off('message', resolve).off('exit', exited).off('error', unavailable)
    }
  }

  return {
    assertCapacity: queue.assertCapacity,
    stop,
    squares: (upload, sizes) =>
      queue.run(async () => {
        clearTimeout(idle)
        const answer = await ask(upload, [...sizes]).finally(() => {
          idle = setTimeout(stop, IDLE_MS).unref()
        })
        if ('problem' in answer) throw invalid(answer.problem)
        return answer.pictures.map(picture => Buffer.from(picture))
      }),
  }
}
