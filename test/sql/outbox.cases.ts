import { transaction } from '#sql/connection/transaction.ts'
import {
  addMail,
  claimMail,
  countEarlierMails,
  finishMail,
  forgetMails,
  listDueMails,
  outboxDepth,
  postponeMail,
} from '#sql/outbox.ts'
import { DAY_MS, emailOf, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'outbox',
  row: (n, now) => ({
    id: uuid(n),
    template: 'email-verification',
    user_id: userId(n),
    recipient: emailOf(n),
    created_at: now,
    due_at: now,
    attempts: 1,
    outcome: n % 90 === 0 ? null : 'sent',
    finished_at: n % 90 === 0 ? null : n % 80 === 0 ? now - 9 * DAY_MS : now,
  }),
  statements({ db, now }) {
    const mail = (n: number) => db.selectFrom('outbox').selectAll().where('id', '=', uuid(n)).executeTakeFirstOrThrow()
    return {
      addMail: () => addMail(db, { template: 'password-changed', user_id: userId(8), recipient: emailOf(8) }),
      listDueMails: () => listDueMails(db, now, 5),
      claimMail: async () => claimMail(db, await mail(9), now),
      finishMail: async () => finishMail(db, await mail(9), 'sent'),
      postponeMail: async () => postponeMail(db, await mail(10), now, 'refused'),
      countEarlierMails: async () => {
        await countEarlierMails(db, await mail(11), now - DAY_MS)
        await countEarlierMails(db, await mail(11), now - DAY_MS, 'user_id')
      },
      forgetMails: () => transaction(db, tx => forgetMails(tx, userId(12))),
      outboxDepth: () => outboxDepth(db),
    }
  },
} satisfies SqlCases
