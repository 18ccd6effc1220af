import { findEmailChange } from '#sql/email-changes.ts'
import { findUserByEmail } from '#sql/users.ts'
import { html } from '../../http/pages/html.ts'
import { mailLayout } from '../layout.ts'
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
  render: ({ link, lifetime }) => ({
    subject: 'Confirm your new e-mail address',
    text: `Somebody, perhaps you, asked to use this e-mail address for their Holocron account.

If this was you, please open this link to confirm it:

${link}

It works once, for ${lifetime}. Until then the old address stays in use. If this was not you, you can ignore this e-mail.
`,
    html: mailLayout(html`<p>Somebody, perhaps you, asked to use this e-mail address for their Holocron account.</p>
<p>If this was you, please open this link to confirm it:</p>
<p><a href="${link}">Confirm my new e-mail address</a></p>
<p>It works once, for ${lifetime}. Until then the old address stays in use. If this was not you, you can ignore this e-mail.</p>
<p>If you cannot click it, copy it into your browser: ${link}</p>`),
  }),
} satisfies Template
