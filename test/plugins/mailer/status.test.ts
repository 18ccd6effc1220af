// Whether the SMTP server accepts our mails: noticed at the start and at each delivery, told by readiness, log and metrics.
import { mock } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { SMTPServer } from 'smtp-server'
import t from 'tap'
import { build, call, environment, type Test } from '../../support/app.ts'
import { freePort } from '../../support/free-port.ts'
import { setUp, signUp, untilDue, work } from '../../support/mailer.ts'
import { run } from '../../support/run-script.ts'
import { reply, type Script, startSmtp } from '../../support/smtp.ts'
import { until } from '../../support/until.ts'

const HOUR = 3_600_000

const statusOf = async (app: FastifyInstance) =>
  (await call(app, 'GET', '/health/ready')).json<{ checks: { mail: string } }>().checks.mail

/** Advances the clock of the process, until the test ends. */
function forward(t: Test, ms: number): void {
  const before = Date.now
  Date.now = () => before() + ms
  t.teardown(() => {
    Date.now = before
  })
}

function capture() {
  const lines: Record<string, unknown>[] = []
  return { lines, log: { write: (line: string) => void lines.push(JSON.parse(line)) } }
}

t.test('a server that refuses us is degraded readiness and one line in the log, until it accepts a mail', async t => {
  const lines: string[] = []
  const { app, smtp } = await setUp(t, { LOG_LEVEL: 'info' }, { write: line => lines.push(JSON.parse(line).msg) })
  const about = (text: string) => lines.filter(line => line.includes(text)).length
  smtp.script = { recipient: () => Promise.reject(reply(554, '5.7.1 Relay access denied')) }
  for (let i = 0; i < 3; i++) await signUp(app)
  await work(app)
  t.match((await call(app, 'GET', '/health/ready')).json(), { status: 'degraded', checks: { mail: 'down' } })
  t.equal(about('SMTP delivery failing'), 1)
  t.match(
    (await call(app, 'GET', '/metrics')).body,
    /^holocron_mail_failures_total\{outcome="deferred",reason="recipient"\} 3$/m,
  )
  smtp.script = {}
  await untilDue(app)
  await work(app)
  t.match((await call(app, 'GET', '/health/ready')).json(), { status: 'ok', checks: { mail: 'up' } })
  t.equal(about('SMTP delivery recovered'), 1)
})

t.test('an SMTP server that is not there is noticed at the start, which does not wait for it', async t => {
  const smtp = await startSmtp(t)
  await smtp.stop()
  const noticed = Promise.withResolvers<void>()
  const log = { write: (line: string) => line.includes('SMTP delivery failing') && noticed.resolve() }
  const app = await build(t, { SMTP_URL: smtp.url, LOG_LEVEL: 'info' }, log)
  await noticed.promise
  t.match((await call(app, 'GET', '/health/ready')).json(), { status: 'degraded', checks: { mail: 'down' } })
})

t.test('a server that was down at the start is ready again once a check succeeds, without a mail', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const smtp = await startSmtp(t)
  await smtp.stop()
  const [failing, recovered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const write = (line: string) => {
    if (line.includes('SMTP delivery failing')) failing.resolve()
    if (line.includes('SMTP delivery recovered')) recovered.resolve()
  }
  const app = await build(t, { SMTP_URL: smtp.url, LOG_LEVEL: 'info' }, { write })
  await failing.promise
  await smtp.start()
  mock.timers.tick(60_000)
  await recovered.promise
  t.match((await call(app, 'GET', '/health/ready')).json(), { status: 'ok', checks: { mail: 'up' } })
})

t.test('a server that refuses our mails stays degraded, though a check without a mail succeeds', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  let checked = Promise.withResolvers<void>()
  const log = { write: (line: string) => line.includes('SMTP server checked') && checked.resolve() }
  const { app, smtp } = await setUp(t, { LOG_LEVEL: 'info' }, log)
  await checked.promise
  smtp.script = { sender: () => Promise.reject(reply(550, 'who are you?')) }
  await signUp(app)
  await work(app)
  checked = Promise.withResolvers()
  mock.timers.tick(60_000)
  await checked.promise
  t.match((await call(app, 'GET', '/health/ready')).json(), { status: 'degraded', checks: { mail: 'down' } })
})

t.test('credentials that the server rejects (535) are noticed at the start, and are not in the log', async t => {
  const port = await freePort()
  const server = new SMTPServer({
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onAuth: (_auth, _session, callback) => callback(reply(535, '5.7.8 authentication failed')),
  })
  server.on('error', () => {})
  server.listen(port, '127.0.0.1')
  t.teardown(() => new Promise<void>(resolve => server.close(resolve)))
  const { lines, log } = capture()
  const app = await build(t, { SMTP_URL: `smtp://ann:tatooine@127.0.0.1:${port}`, LOG_LEVEL: 'info' }, log)
  await until(() => lines.some(line => line.step === 'authentication'))
  t.equal(await statusOf(app), 'down')
  t.notMatch(JSON.stringify(lines), /tatooine/)
})

t.test('threat: a silent server holds up the command that ends all sessions', async t => {
  const smtp = await startSmtp(t)
  smtp.script = { connect: () => new Promise<void>(() => {}) }
  const env = await environment(t, { SMTP_URL: smtp.url })
  t.match(await run('revoke.ts', ['--all'], env), { code: 0, err: '' })
  t.equal(smtp.connections, 0, 'commands do not check the server')
})

const AFFECTING: Record<string, [status: string, script: Script]> = {
  'a refusal to relay (554 to RCPT TO)': ['down', { recipient: () => Promise.reject(reply(554, '5.7.1 denied')) }],
  'an unverified sender, as providers say it (554 to DATA)': [
    'down',
    { acknowledge: () => Promise.reject(reply(554, 'Message rejected: Email address is not verified')) },
  ],
  'a full mailbox (552 to RCPT TO)': ['up', { recipient: () => Promise.reject(reply(552, '5.2.2 mailbox full')) }],
  'greylisting (450 to RCPT TO)': ['up', { recipient: () => Promise.reject(reply(450, '4.2.0 greylisted')) }],
}

for (const [what, [expected, script]] of Object.entries(AFFECTING))
  t.test(`${what}: readiness says that mail is ${expected}`, async t => {
    const { app, smtp } = await setUp(t)
    smtp.script = script
    await signUp(app)
    await work(app)
    t.equal(await statusOf(app), expected)
    t.match((await call(app, 'GET', '/metrics')).body, /^holocron_mail_failures_total\{outcome="deferred",/m)
  })

t.test('a refusal is forgotten after a while: another process may have found it mended', async t => {
  const { app, smtp } = await setUp(t)
  smtp.script = { recipient: () => Promise.reject(reply(554, '5.7.1 denied')) }
  await signUp(app)
  await work(app)
  t.equal(await statusOf(app), 'down')
  forward(t, HOUR)
  t.equal(await statusOf(app), 'up')
  await untilDue(app)
  await work(app)
  t.equal(await statusOf(app), 'down', 'it recurs')
})
