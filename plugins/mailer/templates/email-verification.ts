import { html } from '../../http/pages/html.ts'
import { button, emailHasChanged, mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-verification': true
  }
}

export default {
  path: '/users/v1/email_verification',
  token: 'email-verification',
  obsolete: ({ user, mail }) =>
    emailHasChanged({ user, mail }) ?? (user.email_verified ? 'the e-mail address is verified already' : undefined),
  render: ({ link, lifetime }) => ({
    subject: 'Verify your e-mail address',
    text: `Welcome to Holocron.

Please open this link to verify your e-mail address:

${link}

It works for ${lifetime}. If you did not sign up, you can ignore this e-mail.
`,
    html: mailLayout(html`<p>Welcome to Holocron.</p>
<p>Please open this link to verify your e-mail address:</p>
${button(link, 'Verify my e-mail address')}
<p>It works for ${lifetime}. If you did not sign up, you can ignore this e-mail.</p>`),
  }),
} satisfies Template
