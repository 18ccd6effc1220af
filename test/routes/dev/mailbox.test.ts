import t from 'tap'
import { createMailbox } from '../../../plugins/mailer/mailbox.ts'
import { build, call, mailedToken, newEmail, PASSWORD } from '../../support/app.ts'
import { expectError } from '../../support/error-response.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

interface Answer {
  mails: { id: string; to: string; subject: string; text: string; html: string; sent_at: string }[]
}

async function setUp(t: Parameters<typeof build>[0]) {
  const app = await build(t)
  const signUp = async (email = newEmail()) => {
    await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
    await app.mailer.idle()
    return email
  }
  const read = async (query = '') => (await call(app, 'GET', `/dev/mailbox${query}`)).json<Answer>().mails
  return { app, signUp, read }
}

t.test('the development mailbox shows the mails, the newest first', async t => {
  const { signUp, read } = await setUp(t)
  t.same(await read(), [])
  const first = await signUp()
  const second = await signUp()
  const mails = await read()
  t.same(
    mails.map(mail => mail.to),
    [second, first],
  )
  t.match(mails[0], { id: /^[\da-f-]{36}$/, subject: String, text: /token=/, html: /token=/, sent_at: /^\d{4}-.*Z$/ })
})

t.test('it shows the mails to one address', async t => {
  const { signUp, read } = await setUp(t)
  const first = await signUp()
  await signUp()
  t.same(
    (await read(`?to=${encodeURIComponent(first.toUpperCase())}`)).map(mail => mail.to),
    [first],
  )
  t.same(await read('?to=nobody@alderaan.example'), [])
})

t.test('an address is found as it is typed, in any script', async t => {
  const { signUp, read } = await setUp(t)
  await signUp('leia@bücher.example')
  for (const typed of ['leia@bücher.example', 'LEIA@BÜCHER.example', 'leia@xn--bcher-kva.example'])
    t.match(await read(`?to=${encodeURIComponent(typed)}`), [{ to: 'leia@xn--bcher-kva.example' }], typed)
})

t.test('threat: a web page reads the mailbox of whoever visits it, by DNS rebinding', async t => {
  const { app } = await setUp(t)
  const ask = (host: string, headers = {}) => call(app, 'GET', '/dev/mailbox', { headers: { host, ...headers } })
  for (const host of [
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
  ])
    expectError(t, await ask(host), 404, 'not-found')
  for (const TRUST_PROXY of ['', '1']) {
    const app = await build(t, { TRUST_PROXY })
    const headers = { host: 'evil.example', 'x-forwarded-host': 'localhost' }
    t.equal((await call(app, 'GET', '/dev/mailbox', { headers })).statusCode, 404)
  }
  for (const host of [
    'localhost',
    'localhost:3000',
    'app.localhost:1',
    '127.0.0.1:3000',
    '[::1]:3000',
    'holocron.test',
    'HOLOCRON.test:80',
  ])
    t.equal((await ask(host)).statusCode, 200, host)
})

t.test('a mailbox that others can reach is warned of at the start', async t => {
  const lines: string[] = []
  const log = { write: (line: string) => void lines.push(line) }
  await build(t, { LOG_LEVEL: 'warn' }, log)
  t.same(lines, [])
  await build(t, { LOG_LEVEL: 'warn', HOST: '0.0.0.0' }, log)
  t.match(lines[0], 'development mailbox: whoever can reach this address reads every mail')
})

t.test('a browser gets a page on which the link can be clicked', async t => {
  const { app, signUp } = await setUp(t)
  const email = await signUp()
  const page = await call(app, 'GET', '/dev/mailbox', { headers: HTML })
  t.match(page.headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', vary: 'accept' })
  const link = `http://holocron.test/users/v1/email_verification?token=${await mailedToken(app, email)}`
  t.match(page.body, `<a href="${link}">${link}</a>`)
})

t.test('the page allows nothing but its own style, and frames from here', async t => {
  const { app } = await setUp(t)
  const page = await call(app, 'GET', '/dev/mailbox', { headers: HTML })
  const policy = String(page.headers['content-security-policy'])
  t.match(
    policy,
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  )
  const style = /<style>(.*)<\/style>/s.exec(page.body)?.[1] ?? ''
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(style))).toString('base64')
  t.match(policy, digest, 'which is the one that the policy allows')
})

t.test('threat: markup in an address becomes markup in the page', async t => {
  const { app, signUp } = await setUp(t)
  await signUp('"<img/src=x/onerror=alert(1)>&"@alderaan.example')
  const page = await call(app, 'GET', '/dev/mailbox', { headers: HTML })
  t.notMatch(page.body, '<img')
  t.match(page.body, 'to &#34;&#60;img/src=x/onerror=alert(1)&#62;&#38;&#34;@alderaan.example')
})

t.test('a mail has an address of its own, where it can be framed by us and can do nothing', async t => {
  const { app, signUp, read } = await setUp(t)
  await signUp()
  const [mail] = await read()
  const page = await call(app, 'GET', `/dev/mailbox/${mail?.id}`)
  t.equal(page.statusCode, 200)
  t.equal(page.body, mail?.html)
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
    'x-frame-options': 'SAMEORIGIN',
    'cache-control': 'no-store',
  })
  expectError(t, await call(app, 'GET', `/dev/mailbox/${crypto.randomUUID()}`), 404, 'not-found')
  const elsewhere = { headers: { host: 'evil.example' } }
  expectError(t, await call(app, 'GET', `/dev/mailbox/${mail?.id}`, elsewhere), 404, 'not-found')
})

t.test('only the logo may be loaded from elsewhere, if there is one', async t => {
  const app = await build(t, { APP_LOGO: 'https://acme.example/logo.png' })
  const id = crypto.randomUUID()
  await app.mailbox?.send({ id, to: 'a@b.test', subject: '', text: '', html: '' })
  const { headers } = await call(app, 'GET', `/dev/mailbox/${id}`)
  t.match(headers['content-security-policy'], '; img-src https://acme.example/logo.png; base-uri')
})

t.test('it holds the last 200 mails', async t => {
  const mailbox = createMailbox()
  for (let i = 0; i < 250; i++) await mailbox.send({ id: `${i}`, to: 'a@b.test', subject: '', text: '', html: '' })
  const mails = mailbox.list()
  t.equal(mails.length, 200)
  t.equal(mails[0]?.id, '249')
})

t.test('with SMTP there is no development mailbox, and in production there cannot be one', async t => {
  const SMTP_URL = 'smtp://127.0.0.1:1'
  for (const NODE_ENV of ['development', 'production']) {
    const app = await build(t, { SMTP_URL, NODE_ENV, MAIL_FROM: 'a@holocron.test' })
    t.equal(app.mailbox, null)
    t.equal((await call(app, 'GET', '/dev/mailbox')).statusCode, 404)
  }
  await t.rejects(build(t, { NODE_ENV: 'production' }), /SMTP_URL/)
})

t.test('threat: markup of a mail runs in the page that shows it', async t => {
  const { app, signUp } = await setUp(t)
  await signUp()
  const { body } = await call(app, 'GET', '/dev/mailbox', { headers: HTML })
  t.match(body, /<iframe [^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/)
})
