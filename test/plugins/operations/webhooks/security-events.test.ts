// Shared Signals: Security Event Tokens, pushed to a receiver that verifies them with jose and the published keys.
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import t from 'tap'
import { administrator, build, call, logIn, PASSWORD } from '../../../support/app.ts'
import { freePort } from '../../../support/free-port.ts'
import { until } from '../../../support/until.ts'
import { createWebhook, deliveriesOf, passTime, status, webhookReceiver } from '../../../support/webhooks.ts'

const port = await freePort()
const issuer = `http://127.0.0.1:${port}`
const app = await build(t, { PUBLIC_URL: issuer })
await app.listen({ host: '127.0.0.1', port })
const admin = await administrator(app)
const { token } = admin

const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type'
const RISC = 'https://schemas.openid.net/secevent/risc/event-type'

type Told = JWTPayload & { sub_id: object; toe?: number; events: Record<string, object> }

async function receiving(t: Parameters<typeof webhookReceiver>[0], members: object = {}) {
  const receiver = await webhookReceiver(t)
  receiver.respond = status(202)
  const webhook = await createWebhook(app, token, receiver.url, { format: 'set', ...members })
  t.teardown(() => app.db.updateTable('webhooks').set({ enabled: 0 }).where('id', '=', webhook.id).execute())
  const audience = webhook.audience ?? receiver.url
  const verify = async (body: string) => {
    const options = { issuer, audience, typ: 'secevent+jwt', algorithms: ['RS256'] }
    return (await jwtVerify<Told>(body, keys, options)).payload
  }
  /** Those with an event of this kind. */
  const told = async (uri: string) => {
    const all = await Promise.all(receiver.received.map(({ body }) => verify(body)))
    return all.filter(({ events }) => uri in events)
  }
  const next = async (uri: string) => {
    await until(async () => (await told(uri)).length > 0)
    const [payload = {} as Told] = await told(uri)
    return { ...payload, event: payload.events[uri] }
  }
  return { receiver, webhook, next, told }
}

const iss_sub = (user: { user_id: number }) => ({ format: 'iss_sub', iss: issuer, sub: `${user.user_id}` })

t.test('session-revoked names the session, as ID tokens do, and its user', async t => {
  const { next, receiver, webhook } = await receiving(t, { audience: 'https://crm.example' })
  t.notOk('secret' in webhook)
  const user = await logIn(app)
  await call(app, 'POST', '/users/v1/logout', { token: user.token })
  const { event, sub_id, jti, iat, toe, ...rest } = await next(`${CAEP}/session-revoked`)
  t.match(sub_id, { format: 'complex', user: iss_sub(user), session: { format: 'opaque', id: /^[0-9a-f-]{36}$/ } })
  t.match(event, { event_timestamp: Number, initiating_entity: 'user' })
  t.match({ jti, iat, toe }, { jti: /^[0-9a-f-]{36}$/, iat: Number, toe: Number })
  t.same(Object.keys(rest).sort(), ['aud', 'events', 'iss'], 'neither sub nor exp')
  t.match(receiver.received[0]?.headers, { 'content-type': 'application/secevent+jwt', accept: 'application/json' })
})

t.test('credential-change tells of a changed password', async t => {
  const { next } = await receiving(t, { types: ['login_method.updated'] })
  const user = await logIn(app)
  const payload = { old_password: PASSWORD, new_password: 'Endor-1983-forest' }
  t.equal((await call(app, 'PUT', '/users/v1/password', { token: user.token, payload })).statusCode, 200)
  const { event, sub_id } = await next(`${CAEP}/credential-change`)
  t.same(sub_id, iss_sub(user))
  t.match(event, { credential_type: 'password', change_type: 'update', initiating_entity: 'user' })
})

t.test('account-disabled, account-enabled and account-purged tell what became of an account', async t => {
  const { next, told } = await receiving(t, { types: ['person.updated', 'person.deleted'] })
  const user = await logIn(app)
  const url = `/users/v1/${user.user_id}`
  const patch = (disabled: boolean) => call(app, 'PATCH', url, { token, payload: { disabled } })
  t.equal((await patch(true)).statusCode, 200)
  t.same((await next(`${RISC}/account-disabled`)).sub_id, iss_sub(user))
  await patch(false)
  t.same((await next(`${RISC}/account-enabled`)).sub_id, iss_sub(user))
  t.equal((await call(app, 'DELETE', url, { token })).statusCode, 200)
  t.same((await next(`${RISC}/account-purged`)).sub_id, iss_sub(user))
  t.equal((await told(`${RISC}/account-disabled`)).length, 1)
})

t.test('what Shared Signals do not know is not sent', async t => {
  const { receiver, webhook } = await receiving(t)
  const user = await logIn(app)
  await call(app, 'POST', '/contacts/v1/', { token: user.token, payload: { first_name: 'Leia' } })
  await call(app, 'POST', `/webhooks/v1/${webhook.id}/test`, { token })
  await until(async () => (await deliveriesOf(app, webhook)).some(row => row.type === 'webhook.test'))
  const types = new Set((await deliveriesOf(app, webhook)).map(({ type }) => type))
  t.notOk(types.has('contact.created') || types.has('session.created') || types.has('person.created'))
  await until(() => receiver.received.length > 0)
})

t.test('a test is a verification event', async t => {
  const { next, webhook } = await receiving(t, { types: ['person.deleted'] })
  await call(app, 'POST', `/webhooks/v1/${webhook.id}/test`, { token })
  const { sub_id } = await next('https://schemas.openid.net/secevent/ssf/event-type/verification')
  t.same(sub_id, { format: 'opaque', id: webhook.id })
})

t.test('400 with an error code is for good; other failures are not, and repeats have the same jti', async t => {
  const { receiver, webhook, told } = await receiving(t, { types: ['person.deleted'] })
  const send = () => call(app, 'POST', `/webhooks/v1/${webhook.id}/test`, { token })
  receiver.respond = status(
    400,
    { 'content-type': 'application/json' },
    '{"err":"invalid_audience","description":"no"}',
  )
  await send()
  await until(async () => (await deliveriesOf(app, webhook))[0]?.status === 'failed')
  t.match(await deliveriesOf(app, webhook), [{ attempts: 1, error: 'responded 400: invalid_audience' }])

  for (const respond of [status(200), status(400, {}, 'Bad Request'), status(500)]) {
    receiver.respond = respond
    receiver.received.length = 0
    await send()
    await until(async () => (await deliveriesOf(app, webhook)).some(row => row.status === 'pending' && row.error))
    receiver.respond = status(202)
    await passTime(app, webhook)
    await until(async () => (await deliveriesOf(app, webhook)).every(row => row.status !== 'pending'))
    const jtis = (await told('https://schemas.openid.net/secevent/ssf/event-type/verification')).map(({ jti }) => jti)
    t.equal(jtis.length, 2)
    t.equal(new Set(jtis).size, 1)
  }
})

t.test('what is signed by a key has no secret to rotate', async t => {
  const { webhook } = await receiving(t)
  const response = await call(app, 'POST', `/webhooks/v1/${webhook.id}/secret`, { token })
  t.match(response.json(), { statusCode: 409, message: 'webhook-without-secret' })
})
