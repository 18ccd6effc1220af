/** The live feed: what it sends, and to whom. */
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { administrator, call, codeOf, logIn, PASSWORD } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { openLiveFeed } from '../../../support/event-stream.ts'
import { challenge, enrolled, otpOf, recover, startTotp, TOTP } from '../../../support/mfa.ts'
import { application, browser, serve } from '../../../support/oauth.ts'
import { tokensFor } from '../../../support/oauth-requests.ts'
import { until } from '../../../support/until.ts'

const { app, issuer } = await serve(t)
const admin = await administrator(app)

const rename = (token: string, user_id: number, first_name: string) =>
  call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name } })

t.test('it begins with its place, then sends what changes, as it happens', async t => {
  const { token, user_id } = await logIn(app)
  const stream = await openLiveFeed(t, issuer, { token })
  t.equal(stream.status, 200)
  t.match(stream.headers.get('content-type'), /^text\/event-stream/)
  t.match(stream.headers.get('cache-control'), 'no-store')
  t.equal(stream.headers.get('x-accel-buffering'), 'no')
  t.equal(stream.headers.get('content-encoding'), null)
  t.match(await stream.begun(), /^\d+$/)
  t.same(stream.others, ['retry: 2000'])
  t.match(stream.frames, [{ event: 'begin', data: '{}' }])
  t.equal((await rename(token, user_id, 'Leia')).statusCode, 200)
  t.ok((await stream.count(1)) < 1000)
  t.match(stream.frames[1], { event: 'person', id: /^\d+$/ })
  t.match(stream.events(), [
    {
      specversion: '1.0',
      type: 'person.updated',
      subject: `${user_id}`,
      actor: `${user_id}`,
      data: { action: 'update', user_id, changed: ['first_name'] },
    },
  ])
})

t.test(
  'person, login_method, otp_method and recovery_code, created and updated, are seen by an administrator',
  async t => {
    const channels = ['person', 'login_method', 'otp_method', 'recovery_code']
    const stream = await openLiveFeed(t, issuer, { token: admin.token, query: `?channels=${channels}` })
    await stream.begun()
    const { token, user_id, user, recovery_codes } = await enrolled(app)
    await rename(token, user_id, 'Han')
    const { mfa_token } = await challenge(app, user)
    t.equal((await recover(app, mfa_token, recovery_codes[0] ?? '')).statusCode, 200)
    const { secret } = await startTotp(app, token)
    await call(app, 'POST', `${TOTP}/verify`, { token, payload: { otp: otpOf(secret) } })
    const passwords = { old_password: PASSWORD, new_password: `${PASSWORD}a` }
    t.equal((await call(app, 'PUT', '/users/v1/password', { token, payload: passwords })).statusCode, 200)
    const expected = channels.flatMap(channel => [`${channel} create`, `${channel} update`])
    const seen = () => new Set(stream.frames.map(({ event, data }) => `${event} ${JSON.parse(data).data?.action}`))
    await until(() => new Set(expected).isSubsetOf(seen()))
    t.ok(stream.events().every(({ data }) => data.user_id === user_id))
  },
)

t.test('threat: a user sees what changes in the account of another', async t => {
  const [leia, han] = [await logIn(app), await logIn(app)]
  const stream = await openLiveFeed(t, issuer, { token: leia.token })
  const start = await stream.begun()
  const resumed = await openLiveFeed(t, issuer, { token: leia.token, lastEventId: start, query: '?mine=false' })
  await rename(han.token, han.user_id, 'Han')
  await rename(admin.token, han.user_id, 'Captain')
  await call(app, 'DELETE', `/users/v1/${han.user_id}`, { token: admin.token, payload: {} })
  await rename(leia.token, leia.user_id, 'Leia')
  await stream.count(1)
  await resumed.count(1)
  for (const { events } of [stream, resumed])
    t.same(
      events().map(({ subject }) => subject),
      [`${leia.user_id}`],
    )
})

t.test('administrators see what changes in all accounts, in order, and with mine=true only in their own', async t => {
  const all = await openLiveFeed(t, issuer, { token: admin.token })
  const own = await openLiveFeed(t, issuer, { token: admin.token, query: '?mine=true' })
  await Promise.all([all.begun(), own.begun()])
  const user = await logIn(app)
  await rename(user.token, user.user_id, 'Han')
  const payload = { password: PASSWORD }
  const gone = await call(app, 'DELETE', `/users/v1/${user.user_id}`, { token: user.token, payload })
  t.equal(gone.statusCode, 200, gone.body)
  await rename(admin.token, admin.user_id, 'Mon')
  await own.count(1)
  await until(() => all.types().filter(type => type === 'person.updated').length >= 2)
  t.same(
    own.events().map(({ data }) => data.user_id),
    [admin.user_id],
  )
  const types = all
    .events()
    .filter(({ data }) => data.user_id === user.user_id)
    .map(({ type }) => type)
  t.equal(types.at(-1), 'person.deleted')
  t.ok(types.indexOf('person.deleted') > types.indexOf('session.deleted'))
  const ids = all.frames.map(({ id }) => Number(id))
  t.same(
    ids,
    ids.toSorted((a, b) => a - b),
  )
  t.equal(new Set(ids).size, ids.length)
})

t.test('channels leaves out all others, and must exist', async t => {
  const { token, user_id } = await logIn(app)
  const query = '?channels=person,login_method'
  const stream = await openLiveFeed(t, issuer, { token, query })
  const start = await stream.begun()
  await call(app, 'POST', '/contacts/v1/', { token, payload: { first_name: 'Han' } })
  await rename(token, user_id, 'Leia')
  await stream.count(1)
  t.same(stream.types(), ['person.updated'])
  const resumed = await openLiveFeed(t, issuer, { token, query, lastEventId: start })
  await resumed.count(1)
  t.same(resumed.types(), ['person.updated'])
  for (const wrong of ['persons', 'person,', 'person.updated', '', '*', 'begin']) {
    const response = await call(app, 'GET', `/events/v1/stream?channels=${wrong}`, { token })
    t.equal(codeOf(response), 'request-invalid', wrong)
  }
  t.ok(app.liveFeed.channels.includes('vaccination'))
})

for (const [channels, problem] of [
  ['person,loginmethod', 'must be channels of events: loginmethod is none'],
  ['Person', 'must be channels of events: Person is none'],
  ['person.deleted', 'must be channels of events: person.deleted is none'],
  ['person,', 'must be channels of events, separated by commas'],
])
  t.test(`whoever asks for the channels ${channels} is told what is wrong`, async t => {
    const { token } = await logIn(app)
    const response = await call(app, 'GET', `/events/v1/stream?channels=${channels}`, { token })
    expectError(t, response, 400, 'request-invalid', { in: 'querystring', field: 'channels', problem })
  })

t.test('tokens of applications, refresh tokens and strangers open nothing', async t => {
  const statusOf = async (token?: string) =>
    (await openLiveFeed(t, issuer, token === undefined ? {} : { token })).status
  t.equal(await statusOf(), 401)
  t.equal(await statusOf('x'), 401)
  t.equal(await statusOf((await logIn(app)).refresh_token), 401)
  const person = browser(issuer)
  await person.signIn(app)
  const news = await application(app, { scope: 'openid contacts:read' })
  const { access_token } = await tokensFor(person, news, { scope: 'openid contacts:read' })
  t.equal(await statusOf(access_token), 403)
})

t.test('HEAD is no way to open one, and HTTP/1.0 gets one without chunks', async t => {
  const { token, user_id } = await logIn(app)
  t.equal(
    (await fetch(`${issuer}/events/v1/stream`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } }))
      .status,
    405,
  )
  const { hostname, port } = new URL(issuer)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', data => {
    text += data
  })
  socket.write(`GET /events/v1/stream HTTP/1.0\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`)
  await until(() => text.includes('event: begin'))
  await rename(token, user_id, 'Leia')
  await until(() => text.includes('event: person'))
  t.notMatch(text, /transfer-encoding/i)
  t.match(text, /\r\n\r\nretry: 2000\n\nid: \d+\nevent: begin\ndata: \{\}\n\nid: /)
  socket.destroy()
  await once(socket, 'close')
})
