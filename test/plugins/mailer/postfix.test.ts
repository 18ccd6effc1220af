// A real relay, Postfix, as operators run it: what it refuses, and what becomes of the mail.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, type Environment, type Test } from '../../support/app.ts'
import { selfSigned } from '../../support/certificates.ts'
import { readMail, signUp, untilDue, work } from '../../support/mailer.ts'
import { startPostfix } from '../../support/servers/postfix.ts'
import { until } from '../../support/until.ts'

const postfix = await startPostfix(t)
const skip = postfix ? false : 'Postfix is not installed'
const url = postfix?.url ?? ''
const { cert, key } = postfix ? await selfSigned(t) : { cert: '', key: '' }
const ENCRYPTED = { smtpd_tls_security_level: 'encrypt', smtpd_tls_cert_file: cert, smtpd_tls_key_file: key }

const ENVIRONMENT = {
  PUBLIC_URL: 'https://login.holocron.test',
  MAIL_FROM: 'Holocron <no-reply@holocron.test>',
}

async function start(t: Test, overrides: Environment = {}): Promise<FastifyInstance> {
  return build(t, { ...ENVIRONMENT, SMTP_URL: url, ...overrides })
}

const readiness = async (app: FastifyInstance) => (await call(app, 'GET', '/health/ready')).json()

/** A connection that was open before Postfix was restarted may fail first. */
const untilSent = (app: FastifyInstance, mailId: string) =>
  until(async () => {
    await untilDue(app)
    await work(app)
    return (await readMail(app, mailId)).outcome === 'sent'
  }, 30_000)

t.test('an ordinary relay takes the mail, and is found in order at the start', { skip }, async t => {
  const app = await start(t)
  t.match(await readiness(app), { checks: { mail: 'up' } })
  const { mail_id } = await signUp(app)
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: 'sent', last_error: null })
})

const REFUSALS: Record<string, { env?: Environment; settings: Record<string, string>; error: RegExp }> = {
  'a sender without a domain (504)': {
    env: { MAIL_FROM: 'no-reply@localhost' },
    settings: { smtpd_sender_restrictions: 'reject_non_fqdn_sender' },
    error: /504 5\.5\.2 .*Sender address rejected/,
  },
  'to relay for us (554)': { settings: { mynetworks: '192.0.2.0/24' }, error: /554 5\.7\.1 .*Relay access denied/ },
  'our EHLO name (504)': {
    env: { SMTP_CLIENT_NAME: 'localhost' },
    settings: { smtpd_helo_restrictions: 'reject_non_fqdn_helo_hostname' },
    error: /504 5\.5\.2 .*Helo command rejected/,
  },
  'us for now, by greylisting (450)': {
    settings: { smtpd_client_restrictions: 'check_client_access static:{450 4.2.0 Greylisted}' },
    error: /450 4\.2\.0 .*Greylisted/,
  },
  'unencrypted mail (530)': {
    env: { SMTP_URL: `${url}?ignoreTLS=true` },
    settings: ENCRYPTED,
    error: /530 5\.7\.0 Must issue a STARTTLS command first/,
  },
  'us by its certificate, which nobody vouches for': { settings: ENCRYPTED, error: /self-signed certificate/ },
}
for (const [what, { env, settings, error }] of Object.entries(REFUSALS)) {
  t.test(`a relay that refuses ${what} defers the mail, which arrives once that is mended`, { skip }, async t => {
    t.teardown(() => postfix?.configure())
    const app = await start(t, env)
    const { mail_id } = await signUp(app)
    await postfix?.configure(settings)
    await work(app)
    t.match(await readMail(app, mail_id), { outcome: null, last_error: error })
    t.match((await call(app, 'GET', '/metrics')).body, /^holocron_mail_failures_total\{outcome="deferred",/m)
    await postfix?.configure()
    await untilSent(app, mail_id)
    t.match(await readiness(app), { checks: { mail: 'up' } })
  })
}

t.test('a relay that demands encryption gets it by STARTTLS', { skip }, async t => {
  t.teardown(() => postfix?.configure())
  await postfix?.configure(ENCRYPTED)
  const app = await start(t, { SMTP_URL: `${url}?tls.rejectUnauthorized=false` })
  const { mail_id } = await signUp(app)
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: 'sent', attempts: 1 })
})

t.test('a recipient that the relay knows not to exist is given up at once, and nobody else is', { skip }, async t => {
  t.teardown(() => postfix?.configure())
  await postfix?.configure({ relay_recipient_maps: 'inline:{{leia@known.test=OK}}' })
  const app = await start(t)
  const [unknown, known] = [await signUp(app, 'nobody@known.test'), await signUp(app, 'leia@known.test')]
  await work(app)
  t.match(await readMail(app, unknown.mail_id), { outcome: 'parked', last_error: /550 5\.1\.1/ })
  t.match(await readMail(app, known.mail_id), { outcome: 'sent' })
  t.match(await readiness(app), { checks: { mail: 'up' } })
})

t.test('a relay that is stopped and started again: readiness tells, and the mail arrives', { skip }, async t => {
  const app = await start(t)
  await postfix?.stop()
  const { mail_id } = await signUp(app)
  await work(app)
  t.match(await readiness(app), { status: 'degraded', checks: { mail: 'down' } })
  await postfix?.start()
  await untilSent(app, mail_id)
  t.match(await readiness(app), { checks: { mail: 'up' } })
})
