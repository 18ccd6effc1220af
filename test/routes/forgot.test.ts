import t from 'tap'
import { build, mailedToken, newEmail, verifiedUser } from '../support/app.ts'
import { mailsTo, wrongCode } from '../support/mails.ts'
import { fieldOf, open, submit } from '../support/pages.ts'

const NEW = 'Bespin1980'
const app = await build(t)

const withoutAddress = (body: string) => body.replace(/value="[^"]*@[^"]*"/, '')

async function asked() {
  const { email } = await verifiedUser(app)
  await app.mailer.idle()
  const response = await submit(app, '/forgot', { email })
  const token = await mailedToken(app, email)
  const [mail] = await mailsTo(app, email)
  return { email, response, token, code: /: (\d{6})\n/.exec(mail?.text ?? '')?.[1] ?? '' }
}

t.test('the answer is the same whether there is an account or not', async t => {
  const { response } = await asked()
  const unknown = await submit(app, '/forgot', { email: newEmail() })
  const [{ body }, other] = [response, unknown].map(({ body, ...rest }) => ({
    ...rest,
    body: withoutAddress(body),
  })) as [typeof response, typeof response]
  t.equal(response.statusCode, 200)
  t.equal(unknown.statusCode, 200)
  t.equal(body, other.body)
})

t.test('the address that was typed is in the form for the code, and in no URL', async t => {
  const { email, response } = await asked()
  t.equal(fieldOf(response, 'email'), email)
  t.notOk(fieldOf(await open(app, '/forgot/sent'), 'email'))
  for (const [, url] of response.body.matchAll(/(?:href|action)="([^"]*)"/g)) t.notMatch(url, /%40|@/)
})

t.test('the mailed link asks for a new password, with the address for password managers', async t => {
  const { email, token } = await asked()
  const page = await open(app, `/users/v1/password_reset?token=${token}`)
  t.match(page.body, new RegExp(`<input type="email" value="${email}" autocomplete="username" readonly hidden>`))
  const done = await submit(app, '/users/v1/password_reset', { token: fieldOf(page, 'token') ?? '', new_password: NEW })
  t.match(done.body, 'Your password was changed')
  t.equal((await submit(app, '/signin', { email, password: NEW })).statusCode, 303)
})

t.test('the mailed code does the same', async t => {
  const { email, code } = await asked()
  const wrong = await submit(app, '/forgot/code', { email, code: wrongCode(code) })
  t.equal(wrong.statusCode, 400)
  t.match(wrong.body, /<a href="#code">This code is wrong or has expired/)
  t.equal(fieldOf(wrong, 'email'), email)
  t.equal(fieldOf(wrong, 'code'), undefined)

  const page = await submit(app, '/forgot/code', { email, code })
  t.equal(page.statusCode, 200)
  const done = await submit(app, '/users/v1/password_reset', { token: fieldOf(page, 'token') ?? '', new_password: NEW })
  t.equal(done.statusCode, 200)
  t.equal((await submit(app, '/signin', { email, password: NEW })).statusCode, 303)
})

t.test('a dead link says so before a password is typed, and leads to a new mail', async t => {
  const { token } = await asked()
  await submit(app, '/users/v1/password_reset', { token, new_password: NEW })
  for (const dead of [token, 'x']) {
    const page = await open(app, `/users/v1/password_reset?token=${dead}`)
    t.equal(page.statusCode, 401)
    t.match(page.body, 'This link no longer works')
    t.match(page.body, 'href="/forgot"')
    t.notMatch(page.body, '<form')
  }
})
