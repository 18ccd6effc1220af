import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-code-used': true
  }
}

export default notice({
  subject: 'A recovery code was used',
  event: 'A recovery code was used for your account',
  details: 'Each recovery code works once, so this one is used up.',
  advice: 'If this was not you, somebody else has your password and your recovery codes: replace both at once.',
})
