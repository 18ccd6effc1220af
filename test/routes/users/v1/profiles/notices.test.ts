// Whoever owns an account learns by mail what an administrator did to it, and that it is gone.
import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { administrator, build, call, logIn, newEmail, PASSWORD } from '../../../../support/app.ts'
import { mailsTo, subjectsTo } from '../../../../support/mails.ts'

const CHANGED = 'An administrator changed your account'
const DELETED = 'Your account was deleted'

const app = await build(t)
const admin = await administrator(app)

const patch = (user_id: number, payload: object) =>
  call(app, 'PATCH', `/users/v1/${user_id}`, { token: admin.token, payload })

const CHANGES: [object, string][] = [
  [{ access_role: 'admin' }, 'it has the administrator role now'],
  [{ access_role: 'basic' }, 'it no longer has the administrator role'],
  [{ disabled: true }, 'it is disabled, and nobody can sign in to it'],
  [{ disabled: false }, 'it is active again, and you can sign in'],
]

t.test('each change of role and of disabled is mailed; one that changes nothing is not', async t => {
  const { user_id, email } = await logIn(app)
  for (const [change, words] of CHANGES) {
    t.equal((await patch(user_id, change)).statusCode, 200)
    const [newest] = await mailsTo(app, email)
    t.equal(newest?.subject, CHANGED)
    t.match(newest?.text.replaceAll('\n', ' '), words)
  }
  await patch(user_id, { disabled: false, first_name: 'Leia' })
  t.equal((await subjectsTo(app, email)).filter(subject => subject === CHANGED).length, CHANGES.length)
})

t.test('two changes at once are one mail', async t => {
  const { user_id, email } = await logIn(app)
  await patch(user_id, { access_role: 'admin', disabled: true })
  const mails = (await mailsTo(app, email)).filter(({ subject }) => subject === CHANGED)
  t.equal(mails.length, 1)
  t.match(mails[0]?.text.replaceAll('\n', ' '), /administrator role now, it is disabled/)
})

for (const by of ['its owner', 'an administrator'])
  t.test(
    `the deletion by ${by} is mailed in the language of the account; afterwards nothing has the address`,
    async t => {
      const { user_id, email, token } = await logIn(app)
      await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { locale: 'de' } })
      const deletion =
        by === 'its owner' ? { token, payload: { password: PASSWORD } } : { token: admin.token, payload: {} }
      t.equal((await call(app, 'DELETE', `/users/v1/${user_id}`, deletion)).statusCode, 200)
      t.equal((await subjectsTo(app, email)).at(-1), 'Ihr Konto wurde gelöscht')
      const outbox = await app.db.selectFrom('outbox').selectAll().where('recipient', '=', email).execute()
      t.same(outbox, [])
    },
  )

t.test(
  'threat: a stranger whose address somebody typed is mailed about the account: it was never verified',
  async t => {
    const email = newEmail()
    await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
    const { id = 0 } = (await findUserByEmail(app.db, email)) ?? {}
    await patch(id, { disabled: true })
    await call(app, 'DELETE', `/users/v1/${id}`, { token: admin.token, payload: {} })
    const subjects = await subjectsTo(app, email)
    t.notOk(subjects.includes(CHANGED))
    t.notOk(subjects.includes(DELETED))
  },
)
