import { html } from '../../http/pages/html.ts'
import { mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'login-unlinked': true
  }
}

const ADVICE = 'If this was not you, somebody else has access to your account: set a new password at once.'

/** Its details name what was removed. */
export default {
  render: ({ service, details }) => ({
    subject: 'A way to log in was removed from your account',
    text: `This no longer opens your account at ${service}: ${details}. All other devices were logged out.

${ADVICE}
`,
    html: mailLayout(html`<p>This no longer opens your account at ${service}: <strong>${details}</strong>. All other devices were logged out.</p>
<p>${ADVICE}</p>`),
  }),
} satisfies Template
