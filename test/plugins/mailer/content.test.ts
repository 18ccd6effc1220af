import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { MailTemplate } from '#sql/outbox.ts'
import { loadTemplate } from '../../../plugins/mailer/template.ts'
import { build, call } from '../../support/app.ts'
import { promiseMail, setUp, signUp, tokenIn, work } from '../../support/mailer.ts'
import { MAIL_TEMPLATES, sampleMail, sampleMails } from '../../support/sample-mails.ts'

const FOLDER = join(import.meta.dirname, '../../../plugins/mailer/templates')

/** What a reader sees of it. */
function textOf(html: string): string {
  return html
    .replace(/<(style|title)>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ')
}

t.test('the mail that verifies an address: text and HTML with the same link, which starts with PUBLIC_URL', async t => {
  const { app, smtp } = await setUp(t, { PUBLIC_URL: 'https://login.example/auth', EMAIL_TOKEN_TTL_SECONDS: '5400' })
  const { email } = await signUp(app)
  await work(app)
  const [mail] = smtp.mails
  const link = `https://login.example/auth/users/v1/email_verification?token=${tokenIn(mail?.email.text)}`
  t.same(mail?.recipients, [email])
  t.equal(mail?.email.subject, 'Verify your e-mail address')
  t.match(mail?.email.text, link)
  t.match(mail?.email.html, `<a href="${link}" `)
  t.match(mail?.email.text, 'works for 90 minutes')
})

t.test('the mail to the owner of an existing account carries no token', async t => {
  const { app, smtp } = await setUp(t)
  const { email } = await signUp(app)
  await work(app)
  await promiseMail(app, { template: 'account-exists', recipient: email })
  await work(app)
  const mail = smtp.mails[1]
  t.same(mail?.recipients, [email])
  t.equal(mail?.email.subject, 'You already have an account')
  t.notMatch(mail?.raw, /token/)
})

t.test('every mail leads to a page that exists, and a notice needs no token', async t => {
  const { app, smtp } = await setUp(t, { PUBLIC_URL: 'https://login.example:8443/auth' })
  const { user_id, email } = await signUp(app)
  await work(app)
  const notices: MailTemplate[] = []
  for (const name of MAIL_TEMPLATES) {
    const { page, token } = await loadTemplate(name)
    t.ok(app.hasRoute({ method: 'GET', url: page }), name)
    if (token) continue
    await promiseMail(app, { template: name, user_id, recipient: email })
    notices.push(name)
  }
  await work(app)
  t.ok(notices.length >= 12)
  t.equal(smtp.mails.length, 1 + notices.length)
  for (const { email } of smtp.mails.slice(1)) {
    const link = /^https:\/\/login\.example:8443\/auth(\/\S+)$/m.exec(email.text ?? '')?.[1]
    const page = await call(app, 'GET', link ?? '', { headers: { accept: 'text/html' } })
    // A page of the account asks who it is first.
    t.ok(page.statusCode === 200 || page.headers.location?.startsWith('/auth/signin?'), link ?? '')
    t.match(email.html, `<a href="https://login.example:8443/auth${link}" `, email.subject ?? '')
    t.notMatch(email.html, 'token=', email.subject ?? '')
    t.match(email.text, 'an account at Holocron.', email.subject ?? '')
  }
})

t.test('a mail leads to the page of its template', async t => {
  const { app, smtp } = await setUp(t)
  const { user_id, email } = await signUp(app)
  const { page } = await loadTemplate('passkey-added')
  await promiseMail(app, { template: 'passkey-added', user_id, recipient: email })
  await work(app)
  const mail = smtp.mails.find(({ email }) => email.subject?.includes('passkey'))
  t.match(mail?.email.text, new RegExp(`^http://holocron.test${page}$`, 'm'))
})

t.test('mails carry the name, the logo and the color of the product', async t => {
  const app = await build(t, {
    APP_NAME: 'Acme',
    APP_LOGO: 'https://acme.example/logo.png',
    APP_COLOR: '#7a1f5c',
    MAIL_FROM: 'a@b.test',
  })
  const { html, text } = await sampleMail(app, 'email-verification')
  t.match(html, '<img src="https://acme.example/logo.png" alt="Acme"')
  t.match(html, 'bgcolor="#7a1f5c"')
  t.match(text, 'Welcome to Acme.')
  for await (const { html, text, subject } of sampleMails(app))
    t.notMatch(`${html}${text}${subject}`, 'Holocron', subject)
})

t.test('threat: a mail reader loads something from elsewhere, and its sender learns that it was read', async t => {
  const app = await build(t)
  for await (const { html, subject } of sampleMails(app))
    t.notMatch(html, /<img|<link|<script|<iframe|url\(|@import|src=/, subject)
})

t.test('text and HTML say the same, in every language', async t => {
  const app = await build(t)
  for await (const { html, text, language, template } of sampleMails(app, { code: '123456' })) {
    const words = textOf(html)
    // The button's label has a colon in the text, because the link follows.
    for (const paragraph of text.split('\n\n').flatMap(part => part.replace(/^-- \n/, '').split(/\n(?=[^\n]*:)/)))
      t.match(words, paragraph.replace(/\s+/g, ' ').trim().replace(/:$/, ''), `${language} ${template}`)
    const plain = text.replace(/\s+/g, ' ')
    for (const [, paragraph = ''] of html.matchAll(/<p style[^>]*>(.*?)<\/p>/gs))
      t.match(plain, textOf(paragraph).trim(), `${language} ${template}`)
  }
})

t.test('the lines of the text part fit on a terminal, and its link is whole', async t => {
  const app = await build(t, { PUBLIC_URL: `https://${'very-'.repeat(11)}long.example` })
  for await (const { text, language, template } of sampleMails(app)) {
    const lines = text.split('\n')
    const long = lines.filter(line => line.length > 76)
    t.ok(
      long.every(line => /^https:\S+$|^\S+$/.test(line)),
      `${language} ${template}: ${long}`,
    )
    t.ok(
      lines.some(line => /^https:\/\/\S+$/.test(line)),
      `${language} ${template}`,
    )
  }
})

t.test('no message is missing, and nothing is left to be inserted', async t => {
  const app = await build(t)
  for await (const { subject, html, text, language, template } of sampleMails(app)) {
    t.notMatch(
      `${subject}${text}`,
      /[{}]|undefined|\b(before|after|action|subject)\b(?=:|\n)/,
      `${language} ${template}`,
    )
    t.match(html, `<html lang="${language}">`)
    t.match(html, `<title>${subject}</title>`, `${language} ${template}`)
  }
})

t.test('threat: markup in a value becomes markup in the mail', async t => {
  const evil = '"><img src=x onerror=alert(1)>&\''
  const app = await build(t, { APP_NAME: evil, MAIL_FROM: 'a@b.test' })
  const link = `https://x.test/?${evil}`
  for await (const { html, template } of sampleMails(app, { link, account: evil, details: `a, ${evil}`, code: evil })) {
    t.notMatch(html, /<img|"">/, template)
    t.match(html, '&lt;img src=x onerror=alert(1)&gt;&amp;&#39;', template)
  }
})

t.test('threat: a name in a right-to-left script turns the sentence around', async t => {
  const app = await build(t, { APP_NAME: 'مكتبة', MAIL_FROM: 'a@b.test' })
  const { html, text } = await sampleMail(app, 'email-verification')
  t.match(text, 'Welcome to \u2068مكتبة\u2069.')
  t.match(html, '<bdi>مكتبة</bdi>')
})

t.test('what was removed is named in the language of the mail; a name stays as it is', async t => {
  const app = await build(t)
  const values = { language: 'de', details: 'passkeys, the authenticator app, ACME (ann@alderaan.com)' }
  const { text } = await sampleMail(app, 'earlier-access-removed', values)
  t.match(text.replace(/\s+/g, ' '), 'Passkeys, die Authenticator-App, ACME (ann@alderaan.com).')
})

t.test(
  'threat: a name that a provider gave looks like a paragraph of the mail, or like one of its messages',
  async t => {
    const app = await build(t)
    const details = 'github (Ann\n\nYour account is locked, subject, {app})'
    const { text, html } = await sampleMail(app, 'login-linked', { details })
    for (const part of [text.replace(/\n(?!\n)/g, ' '), html])
      t.match(part, 'github (Ann Your account is locked, subject, {app}) from now on.')
  },
)

for (const [seconds, words] of [
  [86_400, '24 hours'],
  [7199, '119 minutes'],
  [119, '119 seconds'],
] as const)
  t.test(`a lifetime of ${seconds} seconds is ${words}: nobody should rely on more`, async t => {
    const app = await build(t)
    const { text } = await sampleMail(app, 'email-verification', { lifetimeSeconds: seconds })
    t.match(text.replace(/\s+/g, ' '), `works for ${words}.`)
  })

t.test('each template declares itself under the name of its file', async t => {
  for (const name of MAIL_TEMPLATES) {
    const source = await readFile(join(FOLDER, `${name}.ts`), 'utf8')
    t.match(source, new RegExp(`interface MailTemplates \\{\\s+'?${name}'?: true`), name)
  }
})

t.test('threat: the name of a template leads out of its folder', async t => {
  for (const name of ['../template', './account-exists', 'Account-Exists', ''])
    await t.rejects(loadTemplate(name), { message: `no such template: ${name}` })
})
