/** Questions and answers between the benchmark and its child processes. */
import { once } from 'node:events'
import type { Child } from './processes.ts'

/** Asks a child that runs {@link answerParent}. @throws when it answers with an error, exits, or takes too long */
export async function ask<Answer>(child: Child, question: object, timeoutSeconds = 60): Promise<Answer> {
  const exited = new AbortController()
  const either = AbortSignal.any([exited.signal, AbortSignal.timeout(timeoutSeconds * 1000)])
  const onExit = () => exited.abort(new Error('a child process of the benchmark exited'))
  child.once('exit', onExit)
  try {
    const answered = once(child, 'message', { signal: either })
    child.send(question)
    const [answer] = (await answered) as [{ error: string } | { value: Answer }]
    if ('error' in answer) throw new Error(answer.error)
    return answer.value
  } catch (error) {
    throw either.aborted ? either.reason : error
  } finally {
    child.off('exit', onExit)
  }
}

/** The child's half of {@link ask}. The child exits with its parent. */
export function answerParent<Question>(answer: (question: Question) => Promise<object>): void {
  process.on('message', async (question: Question) => {
    try {
      process.send?.({ value: await answer(question) })
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) })
    }
  })
  process.once('disconnect', () => process.exit())
}
