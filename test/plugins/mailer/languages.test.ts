// In which language a mail is.
import t from 'tap'
import { build, call, logIn, newEmail, PASSWORD } from '../../support/app.ts'
import { mailsTo } from '../../support/mails.ts'

const SUBJECTS = { en: 'Verify your e-mail address', de: 'Bestätigen Sie Ihre E-Mail-Adresse' }

const app = await build(t)

for (const [header, subject] of [
  ['de-AT,en;q=0.5', SUBJECTS.de],
  ['fr, de;q=0.3', SUBJECTS.de],
  ['fr', SUBJECTS.en],
  ['*', SUBJECTS.en],
  ['\u0000de', SUBJECTS.en],
] as const)
  t.test(
    `a mail after a sign-up with Accept-Language: ${JSON.stringify(header)} has the subject "${subject}"`,
    async t => {
      const email = newEmail()
      const headers = { 'accept-language': header }
      await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD }, headers })
      t.same(
        (await mailsTo(app, email)).map(mail => mail.subject),
        [subject],
      )
    },
  )

t.test('whoever signs up on the German page gets German mails, whatever the browser prefers', async t => {
  const email = newEmail()
  const headers = { 'accept-language': 'es', 'content-type': 'application/x-www-form-urlencoded' }
  const payload = new URLSearchParams({ email, password: PASSWORD }).toString()
  await call(app, 'POST', '/signup?lang=de', { payload, headers })
  t.same(
    (await mailsTo(app, email)).map(mail => mail.subject),
    [SUBJECTS.de],
  )
})

t.test('users choose the language of their mails, and may leave it to the service again', async t => {
  const { token, user_id, email } = await logIn(app)
  const subjects: string[] = []
  for (const locale of ['es-MX', null]) {
    const changed = await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { locale } })
    t.match(changed.json(), { locale })
    await call(app, 'POST', '/users/v1/password_forgotten', { payload: { email } })
    subjects.unshift((await mailsTo(app, email))[0]?.subject ?? '')
  }
  t.same(subjects, ['Choose a new password', 'Elija una contraseña nueva'])
})

t.test('what is no language tag is refused', async t => {
  const { token, user_id } = await logIn(app)
  for (const locale of ['', 'de_DE', '../en', 'd', '__proto__', `de-${'a'.repeat(40)}`, 7])
    t.equal(
      (await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { locale } })).statusCode,
      400,
      `${locale}`,
    )
})
