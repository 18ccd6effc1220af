import { notice } from '../layout.ts'

declare module '#sql/outbox.ts' {
  interface MailTemplates {
    'passkey-added': true
  }
}

export default notice({
  subject: 'A passkey was added to your account',
  event: 'A passkey was added to your account',
  details: 'It can be used to log in from now on. All other devices were logged out.',
  advice:
    'If this was not you, somebody else knows your password: remove the passkey and change your password at once.',
})
