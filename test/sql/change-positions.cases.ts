import {
  countUnread,
  expireChangeEvents,
  expiredPosition,
  moveCursor,
  oldestUnread,
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
    expireChangeEvents: () => expireChangeEvents(db, 1, 5),
    expiredPosition: () => expiredPosition(db),
    readCursor: () => readCursor(db, 'plans', 900),
    moveCursor: () => moveCursor(db, 'plans', 900, 901),
    oldestUnread: () => oldestUnread(db, 'plans'),
    countUnread: () => countUnread(db, 'plans', 1000),
  }),
} satisfies SqlCases
