import { findEmailChange } from '#sql/email-changes.ts'
import { findUserByEmail } from '#sql/users.ts'
import { html } from '../../http/pages/html.ts'
import { button, mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-change': true
  }
}

export default {
  path: '/users/v1/email_verification',
  token: 'email-change',
  limitPerUser: true,
  async obsolete({ db, user, mail, HIDE_ACCOUNTS }) {
    if (!(await findEmailChange(db, user.id, mail.id))) return 'the change was canceled'
    if (!(await findUserByEmail(db, mail.recipient))) return undefined
    // As at sign-up: only the owner of the address learns that it has an account.
    return HIDE_ACCOUNTS ? { replacement: 'account-exists' } : 'the e-mail address belongs to another account'
  },
  render: ({ link, lifetime, account }) => ({
    subject: 'Confirm your new e-mail address',
    text: `The holder of the Holocron account ${account}, perhaps you, asked to use this e-mail address for it.

If this account is yours, please open this link to confirm it:

${link}

It works once, for ${lifetime}. Until then the old address stays in use. If the account is not yours, do not open the link.
`,
    html: mailLayout(html`<p>The holder of the Holocron account <strong>${account}</strong>, perhaps you, asked to use this e-mail address for it.</p>
<p>If this account is yours, please open this link to confirm it:</p>
${button(link, 'Confirm my new e-mail address')}
<p>It works once, for ${lifetime}. Until then the old address stays in use. If the account is not yours, do not open the link.</p>`),
  }),
} satisfies Template
