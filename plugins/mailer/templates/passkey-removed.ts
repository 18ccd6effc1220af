import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'passkey-removed': true
  }
}

export default notice({
  subject: 'A passkey was removed from your account',
  event: 'A passkey was removed from your account',
  details: 'It can no longer be used to log in. All other devices were logged out.',
  advice: 'If this was not you, somebody else knows your password: change it at once.',
})
