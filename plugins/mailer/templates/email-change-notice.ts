import { html } from '../../http/pages/html.ts'
import { mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-change-notice': true
  }
}

/** Sent to the old address even if it has changed meanwhile: its owner must know. */
export default {
  render: ({ service }) => ({
    subject: 'Your e-mail address is about to change',
    text: `Somebody, perhaps you, asked to change the e-mail address of your account at ${service}.
It changes as soon as the link that was sent to the new address is opened.

If this was not you, change your password at once: that cancels the change.
`,
    html: mailLayout(html`<p>Somebody, perhaps you, asked to change the e-mail address of your account at ${service}. It changes as soon as the link that was sent to the new address is opened.</p>
<p>If this was not you, change your password at once: that cancels the change.</p>`),
  }),
} satisfies Template
