// What was checked before a change must still be true in its transaction: the owner may have acted while a thief's request waited for argon2id.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  administrator,
  build,
  call,
  codeOf,
  logIn,
  newEmail,
  PASSWORD,
  reauthenticated,
  verifiedUser,
} from '../../support/app.ts'
import { forgotten } from '../../support/mails.ts'
import { challenge, enrolled } from '../../support/mfa.ts'

const app = await build(t)

/** Does something between the verification of the password and the change. */
function meanwhile(app: FastifyInstance, act: () => Promise<unknown>): () => void {
  const { reauthenticate } = app.credentials
  app.credentials.reauthenticate = async (...args) => {
    const user = await reauthenticate(...args)
    await act()
    return user
  }
  return () => Object.assign(app.credentials, { reauthenticate })
}

async function reset(email: string): Promise<void> {
  const { token } = await forgotten(app, email)
  const payload = { token, new_password: 'Owner12345x' }
  t.equal((await call(app, 'POST', '/users/v1/password_reset', { payload })).statusCode, 200)
}

t.test("threat: a thief's address change in flight does not survive the owner's reset", async t => {
  const user = await verifiedUser(app)
  const { token } = await logIn(app, user)
  t.teardown(meanwhile(app, () => reset(user.email)))
  const payload = { email: newEmail(), password: PASSWORD }
  t.equal((await call(app, 'POST', '/users/v1/email', { token, payload })).statusCode, 401)
  t.same(
    await app.db.selectFrom('email_changes').select('user_id').where('new_email', '=', payload.email).execute(),
    [],
  )
})

t.test("threat: a thief's deletion in flight does not survive the owner's reset", async t => {
  const user = await verifiedUser(app)
  const { token, user_id } = await logIn(app, user)
  const restore = meanwhile(app, () => reset(user.email))
  t.teardown(restore)
  const payload = { password: PASSWORD }
  t.equal((await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload })).statusCode, 401)
  restore()
  t.ok((await logIn(app, { email: user.email, password: 'Owner12345x' })).token)
})

for (const [what, send] of Object.entries({
  'address change': (token: string) =>
    call(app, 'POST', '/users/v1/email', { token, payload: { email: newEmail(), password: PASSWORD } }),
  deletion: (token: string, user_id: number) =>
    call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } }),
  'removal of a passkey': (token: string) =>
    call(app, 'DELETE', '/users/v1/mfa/passkeys/019adf2e-0000-7000-8000-000000000000', {
      token,
      payload: { password: PASSWORD },
    }),
}))
  t.test(`threat: a ${what} in flight, confirmed by the old password, does not survive a new password`, async t => {
    const user = await verifiedUser(app)
    const { token, user_id } = await logIn(app, user)
    const restore = meanwhile(app, async () => {
      restore()
      const payload = { old_password: PASSWORD, new_password: 'Owner12345x' }
      t.equal((await call(app, 'PUT', '/users/v1/password', { token, payload })).statusCode, 200)
    })
    t.equal(codeOf(await send(token, user_id)), 'password-wrong')
  })

t.test('threat: a login half done before a disabling does not complete after it', async t => {
  const { token: admin } = await administrator(app)
  const { user, user_id, recovery_codes } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  for (const disabled of [true, false])
    t.equal((await call(app, 'PATCH', `/users/v1/${user_id}`, { token: admin, payload: { disabled } })).statusCode, 200)
  const payload = { mfa_token, recovery_code: recovery_codes[0] }
  t.equal((await call(app, 'POST', '/users/v1/login/recovery_code', { payload })).statusCode, 401)
})

t.test('threat: a reset link mailed before a disabling does not work after it', async t => {
  const { token: admin } = await administrator(app)
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  const { token } = await forgotten(app, user.email)
  for (const disabled of [true, false])
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token: admin, payload: { disabled } })
  const payload = { token, new_password: 'Owner12345x' }
  t.equal((await call(app, 'POST', '/users/v1/password_reset', { payload })).statusCode, 401)
})

/** Each needs an administrator, and does something that outlives their demotion. */
const ADMINISTRATIVE: Record<string, (token: string, userId: number) => ReturnType<typeof call>> = {
  'sign-up of an administrator': token =>
    call(app, 'POST', '/users/v1/signup', {
      token,
      payload: { email: newEmail(), password: PASSWORD, access_role: 'admin' },
    }),
  promotion: (token, id) => call(app, 'PATCH', `/users/v1/${id}`, { token, payload: { access_role: 'admin' } }),
  disabling: (token, id) => call(app, 'PUT', `/users/v1/${id}`, { token, payload: { disabled: true } }),
  "change of somebody's profile": (token, id) =>
    call(app, 'PATCH', `/users/v1/${id}`, { token, payload: { first_name: 'x' } }),
  deletion: (token, id) => call(app, 'DELETE', `/users/v1/${id}`, { token }),
  "removal of somebody's second factors": (token, id) => call(app, 'DELETE', `/users/v1/${id}/mfa`, { token }),
}

/** Does something between the check of a request and its change. */
function beforeTheChange(act: () => Promise<unknown>): () => void {
  const { change } = app.accounts
  const { hash } = app.passwords
  const restore = () => {
    Object.assign(app.accounts, { change })
    Object.assign(app.passwords, { hash })
  }
  const first = async () => {
    restore()
    await act()
  }
  app.accounts.change = async (...args) => {
    await first()
    return change(...args)
  }
  app.passwords.hash = async password => {
    await first()
    return hash(password)
  }
  return restore
}

for (const [what, send] of Object.entries(ADMINISTRATIVE))
  t.test(`threat: a ${what} in flight is completed after the demotion of the administrator who sent it`, async t => {
    const [{ token: admin }, demoted] = [await administrator(app), await administrator(app)]
    const target = await enrolled(app)
    t.teardown(
      beforeTheChange(async () => {
        const payload = { access_role: 'basic' }
        const answer = await call(app, 'PATCH', `/users/v1/${demoted.user_id}`, { token: admin, payload })
        t.equal(answer.statusCode, 200)
      }),
    )
    t.equal(codeOf(await send(demoted.token, target.user_id)), 'token-invalid')
  })

t.test('threat: a role taken away by SQL still serves the requests of its token that change something', async t => {
  const { token, user_id } = await administrator(app)
  const target = await logIn(app)
  await app.db.updateTable('users').set({ access_role: 'basic' }).where('id', '=', user_id).execute()
  for (const send of Object.values(ADMINISTRATIVE)) t.equal(codeOf(await send(token, target.user_id)), 'token-invalid')
})

t.test('two administrators who demote each other at once: one is first, and ends the other', async t => {
  const [one, two] = [await administrator(app), await administrator(app)]
  const demote = (token: string, id: number) =>
    call(app, 'PATCH', `/users/v1/${id}`, { token, payload: { access_role: 'basic' } })
  const answers = await Promise.all([demote(one.token, two.user_id), demote(two.token, one.user_id)])
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 401])
})

t.test('threat: a change in flight, by a session that has reauthenticated, is completed after a rotation', async t => {
  const { token, refresh_token } = await reauthenticated(app, await logIn(app))
  t.teardown(
    beforeTheChange(async () => {
      t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { token: refresh_token })).statusCode, 200)
    }),
  )
  const payload = { email: newEmail() }
  t.equal(codeOf(await call(app, 'POST', '/users/v1/email', { token, payload })), 'reauthentication-required')
})
