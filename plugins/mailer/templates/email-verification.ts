import { emailHasChanged } from '../obsolete.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'email-verification': true
  }
}

export default {
  page: '/users/v1/email_verification',
  token: 'email-verification',
  obsolete: ({ user, mail }) =>
    emailHasChanged({ user, mail }) ?? (user.email_verified ? 'the e-mail address is verified already' : undefined),
} satisfies Template
