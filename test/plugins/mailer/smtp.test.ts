import fc from 'fast-check'
import t, { type Test } from 'tap'
import { EMAIL_PATTERN } from '#schemas/email.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { canonicalEmail } from '../../../plugins/http/validation/email.ts'
import { smtpTransport } from '../../../plugins/mailer/smtp.ts'
import type { Message } from '../../../plugins/mailer/transport.ts'
import { startSmtp } from '../../support/smtp.ts'

const never = new Promise<void>(() => {})
const settings = {
  MAIL_FROM: 'Holocron <no-reply@holocron.test>',
  PUBLIC_URL: 'https://login.holocron.test/base',
  SMTP_CLIENT_NAME: 'login.holocron.test',
}

async function setUp(t: Test, query = '', overrides: Partial<typeof settings> = {}) {
  const smtp = await startSmtp(t)
  const transport = smtpTransport(smtp.url + query, 1, { ...settings, ...overrides })
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

t.test(
  'threat: with requireTLS=true, a server (or somebody before it) that offers no STARTTLS reads the mail',
  async t => {
    const { smtp, send } = await setUp(t, '?requireTLS=true')
    await t.rejects(send(), { name: 'DeliveryFailed', step: 'connection', affectsAll: true })
    t.notMatch(smtp.transcript, /MAIL FROM/)
  },
)

t.test('a tarpit that never greets is abandoned', async t => {
  const { smtp, send } = await setUp(t, '?greetingTimeout=50')
  smtp.script = { connect: () => never }
  await t.rejects(send(), { step: 'connection', cause: { code: 'ETIMEDOUT' } })
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
  await t.rejects(send({}, patience.signal), { cause: { code: 'EABORT' } })
  smtp.script = {}
  await send()
  t.equal(smtp.mails.length, 1)
})

t.test(
  'the service introduces itself by the name of its URL: relays refuse clients that call themselves 127.0.0.1',
  async t => {
    const named = await setUp(t)
    await named.send()
    t.match(named.smtp.transcript, /^EHLO login\.holocron\.test\r\n/)
    t.equal(readConfig({ PUBLIC_URL: 'https://login.example/auth' }).SMTP_CLIENT_NAME, 'login.example')
    t.equal(readConfig({ PUBLIC_URL: 'http://192.0.2.1:3000' }).SMTP_CLIENT_NAME, '[192.0.2.1]')
    t.equal(readConfig({ PUBLIC_URL: 'http://[2001:db8::1]' }).SMTP_CLIENT_NAME, '[IPv6:2001:db8::1]')
    t.equal(readConfig({ PUBLIC_URL: 'http://my_app.:3000' }).SMTP_CLIENT_NAME, 'my-app')
    t.equal(readConfig({ SMTP_CLIENT_NAME: 'mx.example' }).SMTP_CLIENT_NAME, 'mx.example')
  },
)

for (const [MAIL_FROM, name] of [
  ['Acme: Accounts <no-reply@acme.test>', 'Acme: Accounts'],
  ['Acme, Accounts; EMEA <no-reply@acme.test>', 'Acme, Accounts; EMEA'],
  ['"Acme \\"the\\" Accounts" <no-reply@acme.test>', 'Acme "the" Accounts'],
  ['Café ☕ <no-reply@acme.test>', 'Café ☕'],
  [`${'Long '.repeat(40)}<no-reply@acme.test>`, 'Long '.repeat(40).trim()],
  ['A(c)me @ "home\\ <no-reply@acme.test>', 'A(c)me @ "home\\'],
  [`${'👋🏽'.repeat(50)} <no-reply@acme.test>`, '👋🏽'.repeat(50)],
  ['no-reply@acme.test', ''],
] as const)
  t.test(`the sender ${MAIL_FROM.slice(0, 40)} is one mailbox with this name`, async t => {
    const { smtp, send } = await setUp(t, '', { MAIL_FROM })
    await send()
    t.same(smtp.mails[0]?.email.from, { name, address: 'no-reply@acme.test' })
    t.match(smtp.transcript, 'MAIL FROM:<no-reply@acme.test>')
  })

t.test('a sender or recipient in a domain of another script is written in ASCII', async t => {
  const { smtp, send } = await setUp(t, '', { MAIL_FROM: 'Acme <no-reply@bücher.test>' })
  await send({ to: 'ann@bücher.test' })
  t.same(smtp.transcript.match(/<.*@xn--bcher-kva\.test>/g)?.slice(0, 3), [
    '<no-reply@xn--bcher-kva.test>',
    '<ann@xn--bcher-kva.test>',
    '<no-reply@xn--bcher-kva.test>',
  ])
  t.notMatch(smtp.transcript, /SMTPUTF8/)
})

t.test('a recipient that needs SMTPUTF8 is rejected unsent, and says why', async t => {
  const { smtp, send } = await setUp(t)
  await t.rejects(send({ to: 'jürgen@alderaan.example' }), { name: 'MailRejected', message: /SMTPUTF8/ })
  t.equal(smtp.transcript, '')
})
