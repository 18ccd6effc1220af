import t from 'tap'
import { call } from '../../support/app.ts'
import { DAY, readMail, setUp, signUp, tokenIn, untilDue, work } from '../../support/mailer.ts'
import { reply, type Script } from '../../support/smtp.ts'

const passing: Record<string, Script> = {
  'is busy (421 for a greeting)': { connect: () => Promise.reject(reply(421, 'busy')) },
  'does not know us (550 to MAIL FROM), which the operator will mend': {
    sender: () => Promise.reject(reply(550, 'who are you?')),
  },
  'puts the recipient off (450 to RCPT TO)': { recipient: () => Promise.reject(reply(450, 'greylisted')) },
  'refuses to relay for us (554 to RCPT TO), which the operator will mend': {
    recipient: () => Promise.reject(reply(554, '5.7.1 Relay access denied')),
  },
  'refuses our sender at RCPT TO (504), as Postfix does': {
    recipient: () => Promise.reject(reply(504, '5.5.2 <no-reply@localhost>: Sender address rejected')),
  },
  'knows no enhanced codes (550 to RCPT TO), so that nobody knows whom it means': {
    recipient: () => Promise.reject(reply(550, 'rejected')),
  },
  'is qmail, and refuses to relay for us (553 to RCPT TO)': {
    recipient: () => Promise.reject(reply(553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")),
  },
  'takes the mail for spam (554 to DATA)': { acknowledge: () => Promise.reject(reply(554, '5.7.1 spam')) },
  'puts the mail off (451 to DATA)': { acknowledge: () => Promise.reject(reply(451, 'later')) },
  'hangs up before DATA': { recipient: (_address, hangUp) => hangUp() },
}

for (const [fault, script] of Object.entries(passing)) {
  t.test(`a server that ${fault}: the mail waits, and arrives once`, async t => {
    const { app, smtp } = await setUp(t)
    const { mail_id } = await signUp(app)
    smtp.script = script
    const started = Date.now()
    await work(app)
    const waiting = await readMail(app, mail_id)
    t.match(waiting, { outcome: null, attempts: 1, last_error: String })
    t.ok(waiting.due_at >= started + 1000 && waiting.due_at <= Date.now() + 2000, 'it waits for one to two seconds')
    t.equal(smtp.mails.length, 0)

    smtp.script = {}
    await untilDue(app)
    await work(app)
    t.match(await readMail(app, mail_id), { outcome: 'sent', attempts: 2 })
    t.equal(smtp.mails.length, 1)
  })
}

t.test('a server that is down, then up: every mail arrives once', async t => {
  const { app, smtp } = await setUp(t)
  await smtp.stop()
  const users = await Promise.all(Array.from({ length: 8 }, () => signUp(app)))
  await work(app)
  await smtp.start()
  await untilDue(app)
  await work(app)
  t.same(smtp.mails.flatMap(mail => mail.recipients).sort(), users.map(user => user.email).sort())
})

t.test(
  'a lost acknowledgement: the mail comes twice, recognizable by its Message-ID, and either link works',
  async t => {
    const { app, smtp } = await setUp(t)
    await signUp(app)
    const lost: string[] = []
    smtp.script = {
      acknowledge(mail, hangUp) {
        lost.push(mail.email.messageId ?? '', tokenIn(mail.email.text))
        hangUp()
      },
    }
    await work(app)
    smtp.script = {}
    await untilDue(app)
    await work(app)
    const [messageId, token] = lost
    t.equal(smtp.mails.length, 1)
    t.equal(smtp.mails[0]?.email.messageId, messageId)
    t.not(tokenIn(smtp.mails[0]?.email.text), token)
    const first = await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })
    t.equal(first.statusCode, 200, 'the link of the first copy')
  },
)

for (const [step, script] of Object.entries<Script>({
  'to RCPT TO': { recipient: () => Promise.reject(reply(550, '5.1.1 no such mailbox')) },
  'to DATA': { acknowledge: () => Promise.reject(reply(550, '5.1.10 no such mailbox')) },
})) {
  t.test(`a recipient that does not exist (550 5.1.x ${step}) is not tried again`, async t => {
    const { app, smtp } = await setUp(t)
    const { mail_id } = await signUp(app)
    smtp.script = script
    await work(app)
    t.match(await readMail(app, mail_id), { outcome: 'parked', attempts: 1, last_error: /no such mailbox/ })
    smtp.script = {}
    await untilDue(app)
    await work(app)
    t.equal(smtp.mails.length, 0)
    const { body } = await call(app, 'GET', '/metrics')
    t.match(body, /^holocron_outbox_parked 1$/m)
    t.match(body, /^holocron_mail_failures_total\{outcome="parked",reason="no-such-recipient"\} 1$/m)
    t.match((await call(app, 'GET', '/health/ready')).json(), { status: 'ok', checks: { mail: 'up' } })
  })
}

t.test('a mail that cannot be delivered within a day is parked', async t => {
  const { app, smtp } = await setUp(t)
  await smtp.stop()
  const { mail_id } = await signUp(app)
  await app.db
    .updateTable('outbox')
    .set({ created_at: Date.now() - DAY, attempts: 9 })
    .execute()
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: 'parked', last_error: /ECONNREFUSED/ })
})

t.test('a mail that waited for a day because the service was down is not given up at the first refusal', async t => {
  const { app, smtp } = await setUp(t)
  const { mail_id } = await signUp(app)
  await app.db
    .updateTable('outbox')
    .set({ created_at: Date.now() - DAY })
    .execute()
  smtp.script = { recipient: () => Promise.reject(reply(450, '4.2.0 greylisted')) }
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: null, attempts: 1 })
})

t.test('retry delays grow, up to ten minutes', async t => {
  const { app, smtp } = await setUp(t)
  await smtp.stop()
  const { mail_id } = await signUp(app)
  for (const [attempts, longest] of [
    [3, 16],
    [8, 512],
    [400, 600],
  ] as const) {
    await app.db.updateTable('outbox').set({ attempts, due_at: 0 }).execute()
    await work(app)
    const wait = ((await readMail(app, mail_id)).due_at - Date.now()) / 1000
    t.ok(wait > longest / 2 - 1 && wait <= longest, `${wait} s after ${attempts + 1} attempts`)
  }
})

t.test('a long error message is truncated to fit its column', async t => {
  const { app, smtp } = await setUp(t)
  const { mail_id } = await signUp(app)
  smtp.script = { recipient: () => Promise.reject(reply(450, 'é'.repeat(1000))) }
  await work(app)
  t.equal((await readMail(app, mail_id)).last_error?.length, 255)
})

t.test('threat: a server quotes the link in its rejection, and the token is read in the log', async t => {
  const lines: string[] = []
  const { app, smtp } = await setUp(t, { LOG_LEVEL: 'trace' }, { write: line => lines.push(line) })
  const { mail_id } = await signUp(app)
  let token = ''
  smtp.script = {
    async acknowledge({ email }) {
      token = tokenIn(email.text)
      throw reply(550, `5.1.1 spam: ${token}`)
    },
  }
  await work(app)
  const log = lines.join('')
  t.match(log, mail_id)
  t.match(log, /mail parked/)
  t.equal(token.length, 43)
  t.notMatch(log, token)
  t.notMatch(JSON.stringify(await app.db.selectFrom('outbox').selectAll().execute()), token)
})

t.test('a recipient whose server is slow does not hold up the others', async t => {
  const { app, smtp } = await setUp(t)
  const slow = await signUp(app)
  const held = Promise.withResolvers<void>()
  smtp.script = { recipient: address => (address === slow.email ? held.promise : undefined) }
  for (let i = 0; i < 12; i++) await signUp(app)
  app.mailer.wake()
  await smtp.received(12)
  t.equal((await readMail(app, slow.mail_id)).outcome, null)
  held.resolve()
  await app.mailer.idle()
  t.equal((await readMail(app, slow.mail_id)).outcome, 'sent')
})

t.test('sign-up does not wait for SMTP', async t => {
  const { app, smtp } = await setUp(t)
  const held = Promise.withResolvers<void>()
  smtp.script = { connect: () => held.promise }
  const payload = { email: 'leia@alderaan.example', password: 'Alderaan1977' }
  const response = await call(app, 'POST', '/users/v1/signup', { payload })
  t.equal(response.statusCode, 200)
  t.equal(smtp.mails.length, 0, 'answered while the server keeps silent')
  held.resolve()
  t.equal((await smtp.received(1))[0]?.recipients[0], payload.email)
})
