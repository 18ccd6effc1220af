import { html } from '../../http/pages/html.ts'
import { mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'account-created': true
  }
}

/** Its details name the provider. */
export default {
  render: ({ service, details }) => ({
    subject: 'Welcome to your new account',
    text: `You have an account at ${service} now: log in with ${details}.

It has no password. You can set one whenever you like: ask for a new password where you log in.
`,
    html: mailLayout(html`<p>You have an account at ${service} now: log in with <strong>${details}</strong>.</p>
<p>It has no password. You can set one whenever you like: ask for a new password where you log in.</p>`),
  }),
} satisfies Template
