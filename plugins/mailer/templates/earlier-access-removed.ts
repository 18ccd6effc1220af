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
    text: `You have proved to own your account at ${service}: by a new password, or by logging in with a provider that knows this mailbox.

Nobody had proved before that the account and this mailbox belong to the same person, so whatever else opened the account was removed:
${details}.

If you had set it up yourself, log in and set it up again. This does not happen a second time.
`,
    html: mailLayout(html`<p>You have proved to own your account at ${service}: by a new password, or by logging in with a provider that knows this mailbox.</p>
<p>Nobody had proved before that the account and this mailbox belong to the same person, so whatever else opened the account was removed: <strong>${details}</strong>.</p>
<p>If you had set it up yourself, log in and set it up again. This does not happen a second time.</p>`),
  }),
} satisfies Template
