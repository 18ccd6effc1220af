/** The cards of a file: which lines belong together. */
import type { CardProblem } from '#schemas/contacts.ts'
import { createLineReader, type Line } from './lines.ts'

export interface Card {
  /** Of its beginning. */
  line: number
  lines: Line[]
  /** Why it cannot be read. */
  problem?: Extract<CardProblem['problem'], 'unfinished' | 'too-large'>
}

/** Characters of a card, without its pictures: several times what a contact may have. */
const CARD_MAX = 32_768
/** Many short lines cost more than few long ones. */
const LINES_MAX = 1000

export function createCardReader() {
  const reader = createLineReader()
  let card: (Card & { size: number; depth: number }) | undefined

  function* cardsIn(lines: Line[]): Generator<Card> {
    for (const line of lines) {
      if (/^BEGIN:\s*VCARD\s*$/i.test(line.text)) {
        // The card of an assistant (vCard 2.1) is within that of the person.
        if (card && /^AGENT[;:]/i.test(card.lines.at(-1)?.text ?? '')) card.depth++
        else {
          if (card) yield { line: card.line, lines: [], problem: 'unfinished' }
          card = { line: line.number, lines: [], size: 0, depth: 1 }
        }
      } else if (card && /^END:\s*VCARD\s*$/i.test(line.text)) {
        if (--card.depth > 0) continue
        const { line: first, lines: own, problem } = card
        card = undefined
        yield { line: first, lines: own, ...(problem && { problem }) }
      } else if (card?.depth === 1 && !card.problem) keep(card, line)
    }
  }

  function keep(card: Card & { size: number }, line: Line): void {
    card.size += line.text.length
    card.lines.push(line)
    if (card.size > CARD_MAX || card.lines.length > LINES_MAX) Object.assign(card, { problem: 'too-large', lines: [] })
  }

  return {
    push: (chunk: Buffer): Card[] => [...cardsIn(reader.push(chunk))],
    end(): Card[] {
      const cards = [...cardsIn(reader.end())]
      if (card) cards.push({ line: card.line, lines: [], problem: 'unfinished' })
      return cards
    },
  }
}
