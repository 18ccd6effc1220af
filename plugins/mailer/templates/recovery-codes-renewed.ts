import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-codes-renewed': true
  }
}

export default notice({
  subject: 'You have new recovery codes',
  event: 'New recovery codes were created for your account',
  details: 'The old ones no longer work.',
  advice: 'If this was not you, somebody else has access to your account: change your password at once.',
})
