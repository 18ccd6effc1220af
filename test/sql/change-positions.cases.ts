import {
  backlogOf,
  moveCursor,
  oldestPosition,
  readCursor,
  readHead,
  stampChangeEvents,
} from '#sql/change-positions.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'event_cursors',
  small: true,
  statements: ({ db }) => ({
    readHead: () => readHead(db),
    stampChangeEvents: () => stampChangeEvents(db, 5),
    oldestPosition: () => oldestPosition(db),
    readCursor: () => readCursor(db, 'plans', 900),
    moveCursor: () => moveCursor(db, 'plans', 900, 901),
    backlogOf: () => backlogOf(db, 'plans'),
  }),
} satisfies SqlCases
