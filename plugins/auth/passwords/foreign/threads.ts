import { Worker } from 'node:worker_threads'
import { boundedQueue } from '../../../http/load-shedding/bounded-queue.ts'
import type { HashSecrets } from './foreign-hash.ts'
import type { Task, Verdict } from './worker.ts'

/** With bcrypt of cost 12, a quarter of a second each, the last one waits for eight seconds. */
const MAX_WAITING = 32

/**
 * Verifies foreign hashes in threads of their own. Some take a hundred times as long as ours: they must delay neither the event loop nor the
 * queue of our own hashes. A thread starts when it is first needed, and stays.
 */
export function verificationThreads(count: number, secrets: HashSecrets) {
  const queue = boundedQueue(count, MAX_WAITING)
  const all = new Set<Worker>()
  const idle = new Set<Worker>()

  function start(): Worker {
    // Without the process's own flags (such as `--import`) a thread starts faster.
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: secrets, execArgv: [] })
    all.add(worker)
    worker.once('exit', () => {
      all.delete(worker)
      idle.delete(worker)
    })
    return worker
  }

  return {
    load: queue.load,
    /** @throws unavailable if the queue is full; an error if the thread dies */
    verify: (task: Task) =>
      queue.run(async () => {
        const [worker = start()] = idle
        idle.delete(worker)
        const verdict = await ask(worker, task)
        idle.add(worker)
        return verdict
      }),
    close: () => Promise.all([...all].map(worker => worker.terminate())),
  }
}

/** Only a busy thread keeps the process alive. */
function ask(worker: Worker, task: Task): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const die = (reason: unknown) => reject(reason instanceof Error ? reason : new Error('The thread ended'))
    worker.ref()
    worker.once('error', die)
    worker.once('exit', die)
    worker.once('message', (verdict: Verdict) => {
      worker.off('error', die)
      worker.off('exit', die)
      worker.unref()
      resolve(verdict)
    })
    worker.postMessage(task)
  })
}
