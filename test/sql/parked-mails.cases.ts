import { countParkedMails, listParkedMails, retryParkedMails } from '#sql/parked-mails.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    listParkedMails: () => listParkedMails(db, 100),
    countParkedMails: () => countParkedMails(db),
    retryParkedMails: () => retryParkedMails(db, [uuid(13), uuid(14)]),
  }),
} satisfies SqlCases
