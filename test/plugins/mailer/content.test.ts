import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadTemplate } from '../../../plugins/mailer/template.ts'
import { promiseMail, setUp, signUp, tokenIn, work } from '../../support/mailer.ts'

t.test('the mail that verifies an address: text and HTML with the same link, which starts with PUBLIC_URL', async t => {
  const { app, smtp } = await setUp(t, { PUBLIC_URL: 'https://login.example/auth', EMAIL_TOKEN_TTL_SECONDS: '5400' })
  const { email } = await signUp(app)
  await work(app)
  const [mail] = smtp.mails
  const link = `https://login.example/auth/users/v1/email_verification?token=${tokenIn(mail?.email.text)}`
  t.same(mail?.recipients, [email])
  t.equal(mail?.email.subject, 'Verify your e-mail address')
  t.match(mail?.email.text, link)
  t.match(mail?.email.html, `<a href="${link}">`)
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

const FOLDER = join(import.meta.dirname, '../../../plugins/mailer/templates')
const files = await readdir(FOLDER)

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
    })
    t.notMatch(html, /<img|<b>|<i>|<u>|<s>|"">/)
    t.match(html, '?&#34;&#62;&#60;img src=x&#62;&#38;&#39;')
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
