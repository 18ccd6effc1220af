/** From a line in the log to a report, if it is a bug and not one too many. */
import type { FastifyBaseLogger, FastifyError } from 'fastify'
import { parseErrorTrackingDsn } from '../../config/error-tracking-dsn.ts'
import { translate } from '../../http/errors/translate.ts'
import type { ErrorLine } from '../../http/logging/error-lines.ts'
import { createEnvelope } from './envelope.ts'
import { createSender } from './sender.ts'

const MINUTE_MS = 60_000
/** Per process and minute: a storm of errors must not become a storm of requests. */
const REPORTS_MAX = 60
/** Of these, those of one place in the code: one error must not hide the others. */
const REPORTS_MAX_PER_PLACE = 5

export function createReporter(dsn: string, environment: string, log: FastifyBaseLogger) {
  const tracker = parseErrorTrackingDsn(dsn)
  const counts = { sent: 0, dropped: 0, failed: 0 }
  const sender = createSender(tracker, counts, log)
  const mayReport = limit()

  return {
    report(line: ErrorLine): void {
      const error = line.error instanceof Error ? line.error : new Error('something else than an error was thrown')
      if (!isBug(error)) return
      if (mayReport(placeOf(error))) sender.send(createEnvelope({ ...line, error }, environment))
      else counts.dropped++
    },
    counts: () => Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
    close: sender.close,
  }
}

/** What the service answers with another status than 500, wherever it was thrown: a database that is away, a full queue. */
function isBug(error: Error): boolean {
  return translate(error as FastifyError).statusCode === 500
}

/** The error's kind, and the line of ours that it came from: errors of a driver have none, but a code. */
function placeOf(error: Error): string {
  const { name, code, stack = '' } = error as FastifyError
  const [, own] = /^\s+at (?!.*(?:node_modules|\bnode:))(.*)$/m.exec(stack) ?? []
  return [name, code, own].join(' ')
}

function limit(): (place: string) => boolean {
  const places = new Map<string, number>()
  let total = 0
  let minute = -Infinity
  return place => {
    const now = performance.now()
    if (now - minute >= MINUTE_MS) {
      minute = now
      total = 0
      places.clear()
    }
    const count = places.get(place) ?? 0
    if (total >= REPORTS_MAX || count >= REPORTS_MAX_PER_PLACE) return false
    places.set(place, count + 1)
    total++
    return true
  }
}
