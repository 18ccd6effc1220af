import { html } from '../../http/pages/html.ts'
import { emailHasChanged, mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'account-exists': true
  }
}

export default {
  obsolete: emailHasChanged,
  render: ({ service }) => ({
    subject: 'You already have an account',
    text: `Somebody, perhaps you, tried to sign up with this e-mail address at ${service}.

There is an account with this address already, and nothing about it has changed. If this was you, log in instead.
If it was not, you can ignore this e-mail: nobody was told that the account exists.
`,
    html: mailLayout(html`<p>Somebody, perhaps you, tried to sign up with this e-mail address at ${service}.</p>
<p>There is an account with this address already, and nothing about it has changed. If this was you, log in instead.</p>
<p>If it was not, you can ignore this e-mail: nobody was told that the account exists.</p>`),
  }),
} satisfies Template
