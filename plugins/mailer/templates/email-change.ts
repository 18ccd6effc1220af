import { findEmailChange } from '#sql/email-changes.ts'
import { findUserByEmail } from '#sql/users.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-change': true
  }
}

export default {
  page: '/users/v1/email_verification',
  token: 'email-change',
  limitPerUser: true,
  async obsolete({ db, user, mail, HIDE_ACCOUNTS }) {
    if (!(await findEmailChange(db, user.id, mail.id))) return 'the change was canceled'
    if (!(await findUserByEmail(db, mail.recipient))) return undefined
    // As at sign-up: only the owner of the address learns that it has an account.
    return HIDE_ACCOUNTS ? { replacement: 'account-exists' } : 'the e-mail address belongs to another account'
  },
} satisfies Template
