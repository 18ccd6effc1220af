import { emailHasChanged } from '../obsolete.ts'
import type { Template } from '../template.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'account-exists': true
  }
}

export default {
  obsolete: emailHasChanged,
  page: '/signin',
} satisfies Template
