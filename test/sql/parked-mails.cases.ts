import { transaction } from '#sql/connection/transaction.ts'
import {
  countParkedMails,
  findParkedMail,
  listParkedMails,
  lockParkedMails,
  retryParkedMails,
} from '#sql/parked-mails.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

export default {
  statements: ({ db, now }) => ({
    listParkedMails: async () => {
      await listParkedMails(db, 100)
      await listParkedMails(db, 100, { due_at: now, id: uuid(13) })
    },
    findParkedMail: () => findParkedMail(db, uuid(13)),
    countParkedMails: () => countParkedMails(db),
    lockParkedMails: () => transaction(db, tx => lockParkedMails(tx, [uuid(13), uuid(14)])),
    retryParkedMails: () => retryParkedMails(db, [uuid(13), uuid(14)]),
  }),
} satisfies SqlCases
