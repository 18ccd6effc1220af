import { html } from '../../http/pages/html.ts'
import { mailLayout } from '../layout.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'login-linked': true
  }
}

const ADVICE =
  'If this was not you, remove it from the ways to log in, change your password at once, and contact the administrators.'

/** Its details name the provider. */
export default {
  render: ({ service, details }) => ({
    subject: 'A provider was linked to your account',
    text: `Your account at ${service} can be opened by logging in with ${details} from now on.

${ADVICE}
`,
    html: mailLayout(html`<p>Your account at ${service} can be opened by logging in with <strong>${details}</strong> from now on.</p>
<p>${ADVICE}</p>`),
  }),
} satisfies Template
