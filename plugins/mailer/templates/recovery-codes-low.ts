import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'recovery-codes-low': true
  }
}

export default notice({
  subject: 'You have two recovery codes left',
  event: 'You have only two recovery codes left for your account',
  advice: 'Create new ones while you still can. They replace the old ones.',
})
