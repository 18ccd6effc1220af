import type { AccessClaims } from '../tokens/claims.ts'
import { createGenerationTable, type Entry, type IdHash } from './generation-table.ts'
import { createGrace } from './grace.ts'

/** What revocation knows a token by. */
export type TokenClaims = Pick<AccessClaims, 'sid' | 'gen' | 'iat'>

/** Revoked tokens in memory: session → lowest generation that is still valid, and a time before which no token is. */
export interface RevocationMap {
  has(claims: TokenClaims): boolean
  /**
   * Never lowers a generation, whatever the order in which revocations arrive. `Infinity` revokes all.
   * @param grace how long the access token of the generation before still works (ms). 0: none does of a generation below this one, even if a message
   * that says otherwise comes later
   */
  raise(sessionId: string, minGeneration: number, grace?: number): void
  /** Revokes all tokens issued before this (s since 1970). Never lowers it. @returns whether it is news */
  raiseNotBefore(seconds: number): boolean
  /** To be called once per token lifetime: an entry is kept for one to two of them. */
  rotate(): void
  size(): number
  /** Those that are in it now. */
  entries(): Iterable<Entry>
  /** Tokens issued before this are revoked (s since 1970). */
  notBefore(): number
}

/** Is told each entry that is new or higher. @param grace how long the generation before still works (ms) */
type EntryListener = (entry: Entry, grace: number) => void

/** Stands for infinity in a signed word. */
const MAX_GENERATION = 0x7fff_ffff

/**
 * Two tables that take turns, so that expiring entries costs nothing.
 * @param graceMs how long the access token of the previous generation still works
 */
export function createRevocationMap(graceMs = 0, onRaised: EntryListener = () => {}): RevocationMap {
  let current = createGenerationTable()
  let previous = createGenerationTable()
  let notBefore = 0
  const grace = createGrace(graceMs)
  const minGeneration = (id: IdHash): number => current.get(id) || previous.get(id)
  return {
    has({ sid, gen, iat }) {
      if (iat < notBefore) return true
      const lowest = minGeneration(hashOf(sid))
      if (lowest <= gen) return false
      return gen !== lowest - 1 || !grace.covers(sid, gen)
    },
    raise(sessionId, generation, graceLeft) {
      if (graceLeft === 0) grace.end(sessionId, generation)
      const id = hashOf(sessionId)
      const lowest = minGeneration(id)
      const raised = Math.min(generation, MAX_GENERATION)
      if (raised > lowest) current.set(id, raised)
      const endsGrace = graceMs > 0 && graceLeft === 0 && raised === lowest
      if (raised > lowest || endsGrace) onRaised({ ...id, generation: raised }, graceLeft ?? 0)
      // The rotation may have been read from the database before its message arrives.
      if (graceLeft && generation >= lowest) grace.grant(sessionId, generation - 1, graceLeft)
    },
    raiseNotBefore(seconds) {
      if (seconds <= notBefore) return false
      notBefore = seconds
      return true
    },
    rotate() {
      previous = current
      current = createGenerationTable()
    },
    size: () => current.size() + previous.size(),
    *entries() {
      for (const table of [current, previous]) yield* table.entries()
    },
    notBefore: () => notBefore,
  }
}

/** FNV-1a in two lanes, mixed at the end. The ids are ours and random: nobody can choose them to collide. */
function hashOf(sessionId: string): IdHash {
  let high = 0x811c9dc5 | 0
  let low = 0x9747b28c | 0
  for (let i = 0; i < sessionId.length; i++) {
    const code = sessionId.charCodeAt(i)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x85ebca6b)
  }
  low = Math.imul(low ^ (low >>> 15), 0xc2b2ae35)
  return { high, low: low ^ (low >>> 13) }
}
