// Back-channel logout: an application is told that its session ended, even if the service dies in between, and once.
import t from 'tap'
import { call, logIn, verifiedUser } from '../../../support/app.ts'
import { logoutReceiver } from '../../../support/logout-receiver.ts'
import { type Application, application, browser, logInWith, serve, serveAnother } from '../../../support/oauth.ts'
import { until } from '../../../support/until.ts'

const { app, issuer, env } = await serve(t, { REVOCATION_SYNC_SECONDS: '20' })
const { app: other } = await serveAnother(t, env)

async function receivingApplication(metadata: object = {}) {
  const receiver = await logoutReceiver(t, issuer)
  const client = await application(app, { backchannel_logout_uri: receiver.uri, ...metadata })
  return { receiver, client }
}

/** A person who is logged in to an application. */
async function connected(client: Application) {
  const user = await verifiedUser(app)
  const person = browser(issuer)
  await person.signIn(app, user)
  const claims = (await logInWith(person, client)).claims()
  return { user, sid: String(claims?.sid), sub: claims?.sub }
}

/** Ends a session as a process does that dies before it has told anybody. */
const endSilently = (sid: string) =>
  app.db.updateTable('sessions').set({ revoked_at: Date.now(), changed_at: Date.now() }).where('id', '=', sid).execute()

const waiting = (sid: string) =>
  app.db.selectFrom('oauth_logouts').selectAll().where('session_id', '=', sid).executeTakeFirst()

/** As if the time until the next attempt had passed. */
const makeDue = (sid: string) =>
  app.db.updateTable('oauth_logouts').set({ due_at: 0 }).where('session_id', '=', sid).execute()

const attempted = async (sid: string, attempts: number) => {
  await until(async () => ((await waiting(sid))?.attempts ?? 0) >= attempts, 3000)
  await app.logouts.idle()
}

for (const alg of ['RS256', 'ES256', 'EdDSA'] as const)
  t.test(`a logout token names the session as the ID token did, and is signed by ${alg} like it`, async t => {
    const { client, receiver } = await receivingApplication({ id_token_signed_response_alg: alg })
    const { user, sid, sub } = await connected(client)
    const { token } = await logIn(app, user)
    await call(app, 'DELETE', `/users/v1/sessions/${sid}`, { token })
    const { iat = 0, exp = 0, nonce, ...told } = await receiver.of(sid)
    t.match(told, { alg, aud: client.id, sub, sid, jti: /./ })
    t.same(told.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
    t.equal(exp - iat, 120)
    t.equal(nonce, undefined)
  })

t.test('a session whose end nobody told, because the process died, is found and told', async () => {
  const { client, receiver } = await receivingApplication()
  const { sid } = await connected(client)
  await endSilently(sid)
  await app.logouts.poll()
  await receiver.of(sid)
})

t.test('of many processes that find the same session one tells, and what was given with it is deleted', async t => {
  const { client, receiver } = await receivingApplication()
  const people = [await connected(client), await connected(client), await connected(client)]
  for (const { sid } of people) await endSilently(sid)
  await Promise.all([app.logouts.poll(), other.logouts.poll(), app.logouts.poll(), other.logouts.poll()])
  for (const { sid } of people) await receiver.of(sid)
  await Promise.all([app.logouts.idle(), other.logouts.idle()])
  await Promise.all([app.logouts.poll(), other.logouts.poll()])
  t.equal(receiver.told.length, 3)
  for (const { sid } of people) {
    const records = await app.db.selectFrom('oauth_records').select('model').where('grant_id', '=', sid).execute()
    t.same(records, [])
    t.equal(await waiting(sid), undefined)
  }
})

t.test('an application that fails is told again, and one that is not told for hours is given up', async t => {
  const { client, receiver } = await receivingApplication()
  const { sid } = await connected(client)
  receiver.status = 503
  await endSilently(sid)
  await app.logouts.poll()
  await attempted(sid, 1)
  const first = await waiting(sid)
  const delay = (first?.due_at ?? 0) - Date.now()
  t.ok(delay > 1000 && delay < 8000, 'a few seconds later')
  receiver.status = 200
  await makeDue(sid)
  await app.logouts.poll()
  await receiver.of(sid)

  const { sid: lost } = await connected(client)
  receiver.status = 400
  await endSilently(lost)
  await app.logouts.poll()
  await attempted(lost, 1)
  await app.db.updateTable('oauth_logouts').set({ attempts: 9, due_at: 0 }).where('session_id', '=', lost).execute()
  await app.logouts.poll()
  await until(async () => (await waiting(lost)) === undefined, 3000)
  t.notOk(receiver.told.some(token => token.sid === lost))
})

t.test('threat: a redirect leads nowhere', async t => {
  const { client, receiver } = await receivingApplication()
  const { sid } = await connected(client)
  receiver.status = 307
  await endSilently(sid)
  await app.logouts.poll()
  await attempted(sid, 1)
  t.equal(receiver.requests, 1)
})

t.test(
  'threat: an application that never responds slows neither who ends the session nor what others are told',
  async t => {
    const { client, receiver } = await receivingApplication()
    const { client: healthy, receiver: prompt } = await receivingApplication()
    receiver.status = 0
    const { user, sid } = await connected(client)
    const { sid: next } = await connected(healthy)
    const { token } = await logIn(app, user)
    const begin = performance.now()
    t.equal((await call(app, 'DELETE', `/users/v1/sessions/${sid}`, { token })).statusCode, 200)
    t.ok(performance.now() - begin < 1000)
    await until(() => receiver.requests === 1, 1000)
    await endSilently(next)
    await app.logouts.poll()
    await prompt.of(next)
    await attempted(sid, 1)
    t.ok(await waiting(sid), 'after the timeout it is to be told again')
  },
)

t.test('threat: a private address is told nothing, unless the operator named its host', async t => {
  const lines: string[] = []
  const uris = ['https://10.0.0.7/logout', 'https://169.254.169.254/latest', 'https://[fd00::7]/logout']
  const { app } = await serve(t, { LOG_LEVEL: 'warn', OAUTH_INTERNAL_HOSTS: 'app.internal' })
  app.log.warn = ((details: { reason: string }) => void lines.push(details.reason)) as typeof app.log.warn
  for (const [i, uri] of [...uris, 'https://app.internal/logout'].entries()) {
    const session_id = `01900000-0000-7000-8000-00000000000${i}`
    const row = { session_id, client_id: session_id, user_id: 1, uri, alg: 'EdDSA', created_at: 0, due_at: 0 }
    await app.db.insertInto('oauth_logouts').values(row).execute()
  }
  await app.logouts.poll()
  await until(() => lines.length === 4, 6000)
  t.equal(lines.filter(reason => reason === 'the host is not allowed').length, 3)
  t.equal(lines.filter(reason => /ENOTFOUND|EAI_AGAIN/.test(reason)).length, 1, 'it was asked for')
})
