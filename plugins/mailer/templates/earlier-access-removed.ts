import { html } from '../../http/pages/html.ts'
import { mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'earlier-access-removed': true
  }
}

/** Its details list what was removed. */
export default {
  render: ({ service, details }) => ({
    subject: 'What was set up earlier in your account was removed',
    text: `A new password was set for your account at ${service}.

Nobody had proved before that the account and this mailbox belong to the same person, so whatever else opened the account was removed:
${details}.

If you had set it up yourself, log in with the new password and set it up again. From now on a new password removes nothing.
`,
    html: mailLayout(html`<p>A new password was set for your account at ${service}.</p>
<p>Nobody had proved before that the account and this mailbox belong to the same person, so whatever else opened the account was removed: <strong>${details}</strong>.</p>
<p>If you had set it up yourself, log in with the new password and set it up again. From now on a new password removes nothing.</p>`),
  }),
} satisfies Template
