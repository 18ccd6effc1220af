import { Worker } from 'node:worker_threads'
import { boundedQueue } from '../../../http/load-shedding/bounded-queue.ts'
import type { PdfContents } from './contents.ts'

/** One core at most, and nobody waits for long. */
const queue = boundedQueue(1, 8)
/** For one PDF, the start of the thread included (ms). */
const TIMEOUT_MS = 20_000

/**
 * Reading a font and drawing take a tenth of a second of a core: a thread of its own keeps that from all other requests, and gives its memory back.
 * @throws unavailable if too many are asked for at once; Error for a thread that fails, or does not come to an end
 */
export function drawPdf(contents: PdfContents): Promise<Buffer> {
  return queue.run(() => drawn(contents))
}

function drawn(contents: PdfContents): Promise<Buffer> {
  // Without the process's own flags (such as `--import`) a thread starts faster.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: contents, execArgv: [] })
  return new Promise((resolve, reject) => {
    worker.once('message', (bytes: Uint8Array) => resolve(Buffer.from(bytes)))
    worker.once('error', reject)
    const timer = setTimeout(() => void worker.terminate(), TIMEOUT_MS)
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('The thread ended before the PDF'))
    })
  })
}
