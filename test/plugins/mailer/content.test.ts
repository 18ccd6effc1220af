import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { MailTemplate } from '#sql/outbox.ts'
import { loadTemplate } from '../../../plugins/mailer/template.ts'
import { promiseMail, setUp, signUp, tokenIn, work } from '../../support/mailer.ts'

const FOLDER = join(import.meta.dirname, '../../../plugins/mailer/templates')
const files = await readdir(FOLDER)

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

t.test('a notice names the service, and links nowhere: there is no page on which its reader could act', async t => {
  const { app, smtp } = await setUp(t, { PUBLIC_URL: 'https://login.example:8443/auth' })
  const { user_id, email } = await signUp(app)
  await work(app)
  const notices = []
  for (const file of files) {
    const name = file.replace('.ts', '') as MailTemplate
    const { path } = await loadTemplate(name)
    if (path) t.ok(app.hasRoute({ method: 'GET', url: path }), `${name} links to a page`)
    else notices.push(await promiseMail(app, { template: name, user_id, recipient: email }))
  }
  await work(app)
  t.ok(notices.length >= 12)
  t.equal(smtp.mails.length, 1 + notices.length)
  for (const { email } of smtp.mails.slice(1)) {
    t.notMatch(`${email.text}${email.html}`, /href|https?:/, email.subject ?? '')
    for (const part of [email.text, email.html]) t.match(part, 'login.example:8443', email.subject ?? '')
  }
})

t.test('threat: markup in a value becomes markup in the mail', async t => {
  t.ok(files.length >= 14)
  for (const file of files) {
    const template = await loadTemplate(file.replace('.ts', ''))
    const { html } = template.render({
      link: `https://x.test/?"><img src=x>&'`,
      lifetime: '<b>',
      code: '<i>',
      account: '<u>',
      details: '<s>',
      service: '<em>',
    })
    t.notMatch(html, /<img|<b>|<i>|<u>|<s>|<em>|"">/, file)
    t.match(html, template.path ? '?&#34;&#62;&#60;img src=x&#62;&#38;&#39;' : '&#60;em&#62;', file)
  }
})

t.test('each template declares itself under the name of its file', async t => {
  for (const file of files) {
    const source = await readFile(join(FOLDER, file), 'utf8')
    t.match(source, new RegExp(`interface MailTemplates \\{\\s+'?${file.replace('.ts', '')}'?: true`), file)
  }
})

t.test('threat: the name of a template leads out of its folder', async t => {
  for (const name of ['../template', './account-exists', 'Account-Exists', ''])
    await t.rejects(loadTemplate(name), { message: `no such template: ${name}` })
})
