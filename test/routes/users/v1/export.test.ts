import t from 'tap'
import { addAuditEvents } from '#sql/audit-events.ts'
import { administrator, build, call, logIn, newEmail, PASSWORD } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds } from '../../../support/mails.ts'
import { enrolled } from '../../../support/mfa.ts'
import { holder } from '../../../support/passkeys.ts'

const app = await build(t)
const exportOf = (user_id: number, token: string) => call(app, 'GET', `/users/v1/${user_id}/export`, { token })

t.test('users export everything that is held about them', async t => {
  const { user_id, token, email } = await holder(app)
  const wanted = newEmail()
  await call(app, 'POST', '/users/v1/email', { token, payload: { email: wanted, password: PASSWORD } })
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia', national_id: 'AL-1138' } })
  await app.mailer.idle()
  const response = await exportOf(user_id, token)
  t.equal(response.statusCode, 200)
  t.match(response.headers['content-disposition'], `account-${user_id}.json`)
  t.equal(response.headers['cache-control'], 'no-store')
  const data = response.json()
  t.match(data, {
    exported: String,
    account: { id: user_id, email, first_name: 'Leia', national_id: 'AL-1138', owner_proved: String },
    pending_email: { email: wanted },
    second_factors: { authenticator_app: null, recovery_codes_left: 10, passkeys: [{ created: String }] },
    sessions: [{ ip: '127.0.0.1', ended: null }],
  })
  t.ok(data.audit_events.some(({ kind }: { kind: string }) => kind === 'passkey-added'))
  t.ok(data.mails.some(({ recipient }: { recipient: string }) => recipient === wanted))
  t.ok((await eventKinds(app, user_id)).includes('exported'))
})

t.test('threat: an export contains a password hash, a TOTP secret, a recovery code or a key', async t => {
  const user = await enrolled(app)
  const { body } = await exportOf(user.user_id, user.token)
  t.notMatch(body, /argon2|ciphertext|code_hash|public_key|password/i)
  for (const secret of [user.secret, ...user.recovery_codes]) t.notOk(body.includes(secret))
})

t.test('the owner and administrators may export, others may not', async t => {
  const [owner, other, admin] = [await logIn(app), await logIn(app), await administrator(app)]
  expectError(t, await exportOf(owner.user_id, other.token), 403, 'forbidden')
  t.equal((await exportOf(owner.user_id, admin.token)).statusCode, 200)
  expectError(t, await exportOf(Number.MAX_SAFE_INTEGER, admin.token), 404, 'not-found')
})

t.test('mails that were requested by the address alone are exported too', async t => {
  const { user_id, token, email } = await logIn(app)
  await call(app, 'POST', '/users/v1/password_forgotten', { payload: { email } })
  await app.mailer.idle()
  const { mails } = (await exportOf(user_id, token)).json()
  t.match(mails[0], { template: 'password-forgotten', recipient: email })
})

t.test('threat: a flood of failed logins makes an export that holds up everybody', async t => {
  const { user_id, token } = await logIn(app)
  const event = { kind: 'login-failed', user_id, session_id: null, ip: null, user_agent: null } as const
  await addAuditEvents(app.db, Array<typeof event>(1500).fill(event))
  t.equal((await exportOf(user_id, token)).json().audit_events.length, 1000)
})

t.test('a feature adds what it holds', async t => {
  const owner = await logIn(app)
  app.personalData.add('notes', async userId => [{ of: userId }])
  t.same((await exportOf(owner.user_id, owner.token)).json().notes, [{ of: owner.user_id }])
})
