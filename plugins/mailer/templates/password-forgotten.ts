import { html } from '../../http/pages/html.ts'
import { button, emailHasChanged, mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'password-forgotten': true
  }
}

export default {
  path: '/users/v1/password_reset',
  token: 'password-reset',
  code: true,
  lifetime: 'RESET_TOKEN_TTL_SECONDS',
  obsolete: emailHasChanged,
  render: ({ link, lifetime, code }) => ({
    subject: 'Choose a new password',
    text: `Somebody, perhaps you, asked for a new password for your Holocron account.

Please open this link to choose one:

${link}

Or enter this code where you were asked for it: ${code}

Link and code work once, for ${lifetime}. Nobody from Holocron will ever ask you for them.
If this was not you, you can ignore this e-mail: your password stays as it is.
`,
    html: mailLayout(html`<p>Somebody, perhaps you, asked for a new password for your Holocron account.</p>
<p>Please open this link to choose one:</p>
${button(link, 'Choose a new password')}
<p>Or enter this code where you were asked for it: <strong>${code}</strong></p>
<p>Link and code work once, for ${lifetime}. Nobody from Holocron will ever ask you for them.</p>
<p>If this was not you, you can ignore this e-mail: your password stays as it is.</p>`),
  }),
} satisfies Template
