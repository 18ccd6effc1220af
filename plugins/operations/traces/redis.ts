/** Commands to Redis, as ioredis itself publishes them. Keys and arguments are left out: they hold IP addresses and ids. */
import { tracingChannel } from 'node:diagnostics_channel'
import type { Span } from '@opentelemetry/api'
import { fail, SpanKind, type Spans } from './spans.ts'

interface Command {
  command: string
  error?: unknown
}

/** @returns ends it */
export function traceRedis(spans: Spans): () => void {
  const running = new WeakMap<Command, Span>()
  const channel = tracingChannel<Command, Command>('ioredis:command')
  const subscriber = {
    start(command: Command) {
      if (!spans.current()) return
      const attributes = { 'db.system.name': 'redis', 'db.operation.name': command.command }
      running.set(command, spans.start({ name: command.command, kind: SpanKind.CLIENT, attributes }))
    },
    error(command: Command) {
      const span = running.get(command)
      if (span) fail(span, command.error)
    },
    asyncEnd: (command: Command) => running.get(command)?.end(),
    end() {},
    asyncStart() {},
  }
  channel.subscribe(subscriber)
  return () => void channel.unsubscribe(subscriber)
}
