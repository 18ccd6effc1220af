/** Contacts from files. Cards go in by the hundred, each hundred as a whole: a file that was interrupted is sent again, and nothing is in twice. */
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { CardProblem, ImportedContacts } from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'
import { asOwner } from './owner.ts'
import { storeCards } from './store-cards.ts'
import { type Card, createCardReader } from './vcard/cards.ts'
import { cardParser, type ReadCard, type RejectedCard } from './vcard/read.ts'

/** Cards of one transaction, which are in memory meanwhile. */
const BATCH_SIZE = 100
/** Imports of this process at a time; others are told to come back. */
const RUNNING_MAX = 10
const RETRY_AFTER_SECONDS = 5
/** How long the event loop is held up (ms). */
const MAX_BLOCKING_MS = 10
const PROBLEMS_MAX = 100

type Import = FastifyInstance['contacts']['import']

export function importer({ config, db }: Pick<FastifyInstance, 'config' | 'db'>): Import {
  let running = 0

  async function importAll(userId: number, file: AsyncIterable<Buffer>): Promise<ImportedContacts> {
    const parse = await cardParser()
    const report: ImportedContacts = { created: 0, updated: 0, unchanged: 0, failed: 0, problems: [] }
    let isEmpty = true
    for await (const cards of batchesOf(file)) {
      isEmpty = false
      const read = await readInTurns(cards, parse)
      const accepted = read.filter(card => 'fields' in card)
      const stored = await asOwner(db, userId, tx => storeCards(tx, userId, accepted, config.CONTACTS_MAX))
      report.created += stored.created
      report.updated += stored.updated
      report.unchanged += stored.unchanged
      report.failed += read.length - accepted.length + stored.rejected.length
      addProblems(report, [...read.flatMap(({ problems }) => problems), ...stored.rejected])
      await yieldToEventLoop()
    }
    if (isEmpty) throw errors.vcardInvalid()
    return report
  }

  return async (userId, upload) => {
    if (!upload) throw errors.vcardInvalid()
    if (running >= RUNNING_MAX) throw errors.unavailable({ retryAfter: RETRY_AFTER_SECONDS })
    running++
    try {
      return await importAll(userId, upload.pieces())
    } finally {
      running--
    }
  }
}

async function* batchesOf(file: AsyncIterable<Buffer>): AsyncGenerator<Card[]> {
  const reader = createCardReader()
  let batch: Card[] = []
  function* full(cards: Card[]): Generator<Card[]> {
    for (const card of cards) {
      if (batch.push(card) < BATCH_SIZE) continue
      yield batch
      batch = []
    }
  }
  for await (const piece of file) yield* full(reader.push(piece))
  yield* full(reader.end())
  if (batch.length > 0) yield batch
}

async function readInTurns(cards: Card[], parse: (card: Card) => ReadCard | RejectedCard) {
  const read: (ReadCard | RejectedCard)[] = []
  let begun = performance.now()
  for (const card of cards) {
    read.push(parse(card))
    if (performance.now() - begun < MAX_BLOCKING_MS) continue
    await yieldToEventLoop()
    begun = performance.now()
  }
  return read
}

function addProblems({ problems }: ImportedContacts, more: CardProblem[]): void {
  problems.push(...more.sort((a, b) => a.line - b.line).slice(0, PROBLEMS_MAX - problems.length))
}
