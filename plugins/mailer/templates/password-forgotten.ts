import { emailHasChanged } from '../obsolete.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'password-forgotten': true
  }
}

export default {
  page: '/users/v1/password_reset',
  token: 'password-reset',
  code: true,
  lifetime: 'RESET_TOKEN_TTL_SECONDS',
  obsolete: emailHasChanged,
} satisfies Template
