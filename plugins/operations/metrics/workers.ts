/** One page of figures for all workers: the one that is asked asks all of them, by way of the primary. */
import cluster from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Asked by a worker of the primary, told on to all workers, and answered by each of them on the same way back. */
interface Message {
  kind: 'figures-wanted' | 'figures-asked' | 'figures-told'
  question: number
  /** Who wants to know. */
  asker?: number
  /** How many were asked. */
  workers?: number
  figures?: Figures
}

/** A worker that does not answer in time (it may be starting, or have died) is left out (ms). */
const PATIENCE = 1000

/** The primary's part. */
export function relayFigures(): void {
  cluster.on('message', (from, message: Message) => {
    const all = Object.values(cluster.workers ?? {}).filter(worker => worker?.isConnected())
    if (message.kind === 'figures-wanted')
      for (const worker of all) worker?.send({ ...message, kind: 'figures-asked', asker: from.id, workers: all.length })
    if (message.kind === 'figures-told') all.find(worker => worker?.id === message.asker)?.send(message)
  })
}

/** A worker's part. Answers the figures of all workers; of this process alone, where it is no worker. */
export function figuresOfAll(own: Registry): () => Promise<Registry> {
  if (!cluster.isWorker) return async () => own
  const questions = new Map<number, (answer: Message) => void>()
  let last = 0
  process.on('message', async (message: Message) => {
    if (message.kind === 'figures-told') questions.get(message.question)?.(message)
    if (message.kind === 'figures-asked')
      process.send?.({ ...message, kind: 'figures-told', figures: await own.getMetricsAsJSON() })
  })

  return async () => {
    const question = ++last
    const answers = await new Promise<Figures[]>(resolve => {
      const told: Figures[] = []
      const late = setTimeout(resolve, PATIENCE, told)
      questions.set(question, ({ figures = [], workers }) => {
        if (told.push(figures) !== workers) return
        clearTimeout(late)
        resolve(told)
      })
      process.send?.({ kind: 'figures-wanted', question } satisfies Message)
    })
    questions.delete(question)
    return AggregatorRegistry.aggregate(answers)
  }
}
