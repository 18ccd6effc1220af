// Every kind of change, made through the API, is an event that a reader sees.
import t from 'tap'
import { administrator, call, codeOf, logIn, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { upload } from '../../../support/avatars.ts'
import { causedBy, changeEvents, inShort } from '../../../support/change-events.ts'
import { buildWithProvider, callerOf, identity, linkTo, tokensBy } from '../../../support/linked-logins.ts'
import { challenge, enrolled, otpOf, recover, startTotp, TOTP } from '../../../support/mfa.ts'
import { holder, PASSKEYS } from '../../../support/passkeys.ts'
import { picture } from '../../../support/pictures.ts'
import { decide, fillIn, register } from '../../../support/vaccinations.ts'

const app = await buildWithProvider(t)
const admin = await administrator(app)
const caused = async (work: () => Promise<unknown>) => (await causedBy(app, work)).map(inShort)
const ok = async (response: ReturnType<typeof call>) => {
  const { statusCode, body } = await response
  if (statusCode >= 300) throw new Error(body)
}

t.test('an account that is created, verified, logged in to and changed', async t => {
  const email = newEmail()
  const signUp = () => call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  t.same(await caused(signUp), ['person.created', 'login_method.created password'])
  t.same(await caused(signUp), [], 'not twice')
  await app.db.updateTable('users').set({ email_verified: 1 }).where('email', '=', email).execute()
  const events = await causedBy(app, () => logIn(app, { email, password: PASSWORD }))
  t.same(events.map(inShort), ['session.created'])
  const { token, user_id } = await logIn(app, { email, password: PASSWORD })
  const patch = (payload: object) => () => ok(call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload }))
  t.same(await caused(patch({ first_name: 'Leia', last_name: 'Organa' })), ['person.updated first_name last_name'])
  t.same(await caused(patch({ first_name: 'Leia' })), [], 'nothing has changed')
  const image = await picture('png')
  t.same(await caused(() => ok(upload(app, { token, user_id }, image))), ['person.updated avatar_url'])
})

t.test('an event has the form of CloudEvents, names who did it, and says nothing personal', async t => {
  const { user_id } = await logIn(app)
  const disable = () =>
    ok(call(app, 'PATCH', `/users/v1/${user_id}`, { token: admin.token, payload: { disabled: true } }))
  const [ended, updated] = await causedBy(app, disable)
  t.equal(ended?.type, 'session.deleted')
  t.equal(ended?.subject, `${user_id}/${ended?.data.id}`)
  const { id, time, ...rest } = updated ?? {}
  t.match(id, /^[0-9a-f-]{36}$/)
  t.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000)
  t.same(rest, {
    specversion: '1.0',
    source: 'http://holocron.test',
    type: 'person.updated',
    subject: `${user_id}`,
    actor: `${admin.user_id}`,
    data: { action: 'update', user_id, changed: ['disabled'] },
  })
})

t.test('passwords, passkeys and providers are login methods', async t => {
  const user = await verifiedUser(app)
  const key = await holder(app, 0, user)
  const { token } = key
  const rename = () =>
    ok(call(app, 'PATCH', `${PASSKEYS}/${key.passkey_id}`, { token, payload: { name: 'Lightsaber' } }))
  t.same(await caused(rename), ['login_method.updated passkey name'])
  t.same(await caused(() => linkTo(app, key, identity())), ['login_method.created github'])
  const methods = (await call(app, 'GET', '/users/v1/login_methods', { token })).json().results
  const github = methods.find((method: { provider: string }) => method.provider === 'github')
  const remove = (id: string) => () => ok(call(app, 'DELETE', `/users/v1/login_methods/${id}`, { token }))
  t.same(await caused(remove(github.id)), ['login_method.deleted github'])
  t.same(await caused(remove('password')), ['login_method.deleted password'])

  const other = await logIn(app)
  const change = () =>
    ok(
      call(app, 'PUT', '/users/v1/password', {
        token: other.token,
        payload: { old_password: PASSWORD, new_password: `${PASSWORD}a` },
      }),
    )
  t.same(await caused(change), ['login_method.updated password'])
})

t.test('a provider that opens an account for the first time', async t => {
  const who = identity({ email: newEmail() })
  t.same(await caused(() => tokensBy(app, who)), ['person.created', 'login_method.created github', 'session.created'])
  t.same(await caused(() => tokensBy(app, who)), ['session.created'])
})

t.test('second factors and recovery codes', async t => {
  const before = await app.changeEvents.head()
  const { token, user, user_id, recovery_codes } = await enrolled(app)
  const enrolling = (await changeEvents(app, user_id, before)).map(inShort)
  t.same(enrolling.slice(-3), ['otp_method.created', 'recovery_code.created 10', 'person.updated mfa_enabled'])
  t.same(enrolling.filter(type => type.startsWith('otp_method')).length, 1)

  const { mfa_token } = await challenge(app, user)
  const used = await caused(() => ok(recover(app, mfa_token, recovery_codes[0] ?? '')))
  t.same(used, ['recovery_code.updated 9', 'session.created'])

  const renew = () => ok(call(app, 'POST', '/users/v1/mfa/recovery_codes', { token }))
  t.same(await caused(renew), ['recovery_code.created 10', 'session.deleted'])

  const replaced = await startTotp(app, token)
  const prove = () => ok(call(app, 'POST', `${TOTP}/verify`, { token, payload: { otp: otpOf(replaced.secret) } }))
  t.same(await caused(prove), ['otp_method.updated', 'recovery_code.created 10'])

  const disable = () => ok(call(app, 'DELETE', TOTP, { token }))
  t.same(await caused(disable), ['otp_method.deleted', 'recovery_code.updated 0', 'person.updated mfa_enabled'])
})

t.test('an administrator removes the second factors of somebody who has lost them', async t => {
  const { user_id } = await holder(app)
  const remove = () => ok(call(app, 'DELETE', `/users/v1/${user_id}/mfa`, { token: admin.token }))
  t.same((await caused(remove)).toSorted(), [
    'login_method.deleted passkey',
    'person.updated mfa_enabled',
    'recovery_code.updated 0',
    'session.deleted',
  ])
})

t.test('sessions that end', async t => {
  const user = await verifiedUser(app)
  const { token } = await logIn(app, user)
  await logIn(app, user)
  const endOthers = () => ok(call(app, 'DELETE', '/users/v1/sessions', { token }))
  t.same(await caused(endOthers), ['session.deleted'])
  const [event] = await causedBy(app, () => ok(call(app, 'POST', '/users/v1/logout', { token })))
  t.equal(event?.data.id, callerOf({ token }).sid)
  t.equal(event?.actor, String(callerOf({ token }).user_id))
})

t.test('contacts', async t => {
  const { token, user_id } = await logIn(app)
  const create = await causedBy(app, () =>
    ok(call(app, 'POST', '/contacts/v1/', { token, payload: { first_name: 'Han' } })),
  )
  t.same(create.map(inShort), ['contact.created'])
  t.equal(create[0]?.actor, `${user_id}`)
  const url = `/contacts/v1/${create[0]?.data.id}`
  const patch = () => ok(call(app, 'PATCH', url, { token, payload: { first_name: 'Han', last_name: 'Solo' } }))
  t.same(await caused(patch), ['contact.updated last_name'])
  t.same(await caused(() => ok(call(app, 'DELETE', url, { token }))), ['contact.deleted'])
  const again = await causedBy(app, () => call(app, 'DELETE', url, { token }))
  t.same(again, [])
})

t.test('vaccinations', async t => {
  const { token } = await logIn(app)
  await fillIn(app, token)
  let id = ''
  const registering = async () => {
    id = (await register(app, token)).id
  }
  t.same(await caused(registering), ['vaccination.created pending'])
  t.same(await caused(() => ok(decide(app, admin.token, id))), ['vaccination.updated approved status'])
  t.same(await caused(() => ok(call(app, 'DELETE', `/vaccinations/v1/${id}`, { token }))), ['vaccination.deleted'])
})

t.test('of a deleted account remain its end, and those of its sessions', async t => {
  const { token, user_id } = await logIn(app)
  await ok(call(app, 'POST', '/contacts/v1/', { token, payload: { first_name: 'Han' } }))
  t.not((await changeEvents(app, user_id)).length, 0)
  await ok(call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } }))
  t.same((await changeEvents(app, user_id)).map(inShort), ['session.deleted', 'person.deleted'])
})

t.test('a change that is refused is no event', async t => {
  const { token } = await logIn(app)
  const refuse = async () => {
    t.equal(
      codeOf(await call(app, 'DELETE', '/users/v1/login_methods/password', { token })),
      'reauthentication-required',
    )
  }
  t.same(await caused(refuse), [])
})

t.test('the OpenAPI document has a schema of every type', async t => {
  const { webhooks } = app.swagger() as unknown as { webhooks: Record<string, unknown> }
  const known = new Set(Object.keys(webhooks))
  t.equal(known.size, 19)
  for (const { type } of await changeEvents(app)) t.ok(known.has(type), type)
})
