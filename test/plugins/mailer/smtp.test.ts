import fc from 'fast-check'
import t, { type Test } from 'tap'
import { EMAIL_PATTERN } from '#schemas/email.ts'
import { canonicalEmail } from '../../../plugins/http/validation/email.ts'
import { smtpTransport } from '../../../plugins/mailer/smtp.ts'
import type { Message } from '../../../plugins/mailer/transport.ts'
import { startSmtp } from '../../support/smtp.ts'

const never = new Promise<void>(() => {})
const settings = { MAIL_FROM: 'Holocron <no-reply@holocron.test>', PUBLIC_URL: 'https://login.holocron.test/base' }

async function setUp(t: Test, query = '') {
  const smtp = await startSmtp(t)
  const transport = smtpTransport(smtp.url + query, 1, settings)
  t.teardown(() => transport.close())
  const send = (mail: Partial<Message> = {}, signal = AbortSignal.timeout(30_000)) =>
    transport.send({ id: 'one', to: 'ann@alderaan.example', subject: 's', text: 't', html: 'h', ...mail }, signal)
  return { smtp, send }
}

t.test('a mail names its sender, is marked as automatic, and has an id that identifies copies', async t => {
  const { smtp, send } = await setUp(t)
  await send({ id: '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80' })
  t.match(smtp.mails[0]?.email, {
    from: { address: 'no-reply@holocron.test', name: 'Holocron' },
    to: [{ address: 'ann@alderaan.example' }],
    messageId: '<01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80@login.holocron.test>',
  })
  t.match(smtp.mails[0]?.raw, 'Auto-Submitted: auto-generated')
})

t.test('threat: a quoted local part that looks like two addresses is one recipient', async t => {
  const { smtp, send } = await setUp(t)
  // This server does not support quoted local parts and rejects it. What matters is what it was told.
  await t.rejects(send({ to: '"a@evil x"@ok.test' }), { name: 'MailRejected' })
  t.same(smtp.transcript.match(/RCPT.*/g), ['RCPT TO:<"a@evil x"@ok.test>'])
})

t.test('every e-mail address that sign-up accepts is the one recipient, unchanged', async t => {
  const { smtp, send } = await setUp(t)
  const pattern = new RegExp(EMAIL_PATTERN, 'u')
  const addresses = new Set<string>()
  for (const typed of fc.sample(fc.stringMatching(pattern), { numRuns: 400, seed: 1 })) {
    const email = canonicalEmail(typed)
    if (email) addresses.add(email)
  }
  const sendable = [...addresses].filter(address => !/[<>]/.test(address))
  for (const to of sendable) await send({ to }).catch(() => {})
  t.ok(sendable.length > 100, `${sendable.length} addresses`)
  t.same(
    smtp.transcript.match(/^RCPT.*$/gm),
    sendable.map(address => `RCPT TO:<${address}>`),
  )
})

for (const to of [
  '"a<b"@ok.test',
  'a@ok.test\r\nRCPT TO:<evil@x.test>',
  'a@ok.test>\r\nBcc: evil@x.test',
  'a\0@ok.test',
])
  t.test(`threat: ${JSON.stringify(to)} would be parsed as another address, so it is rejected unsent`, async t => {
    const { smtp, send } = await setUp(t)
    await t.rejects(send({ to }), { name: 'MailRejected' })
    t.equal(smtp.transcript, '')
  })

t.test('a list of e-mail addresses is not a recipient', async t => {
  const { smtp, send } = await setUp(t)
  await send({ to: 'a@ok.test, b@ok.test' }).catch(() => {})
  t.equal(smtp.transcript.match(/RCPT/g)?.length ?? 0, 1)
  t.equal(smtp.mails.length, 0)
})

t.test('a tarpit that never greets is abandoned', async t => {
  const { smtp, send } = await setUp(t, '?greetingTimeout=50')
  smtp.script = { connect: () => never }
  await t.rejects(send(), { code: 'ETIMEDOUT' })
})

t.test('a tarpit that never acknowledges a mail is cut off in time, and the next mail is sent', async t => {
  const { smtp, send } = await setUp(t)
  const patience = new AbortController()
  smtp.script = {
    recipient() {
      patience.abort()
      return never
    },
  }
  await t.rejects(send({}, patience.signal), { code: 'EABORT' })
  smtp.script = {}
  await send()
  t.equal(smtp.mails.length, 1)
})
