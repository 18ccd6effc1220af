// Rules matched by path are how second factors come to be skipped: here there is one gate, and this proves that every way leads through it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, PASSWORD } from '../../../support/app.ts'
import { documentOf, type Operation, operationsOf } from '../../../support/document.ts'
import { forgotten } from '../../../support/mails.ts'
import { challenge, enrolled, otpOf, steppingClock, wrongOtp } from '../../../support/mfa.ts'

steppingClock(t)

const ROOT = join(import.meta.dirname, '../../../..')
const sources = ['plugins', 'routes', 'scripts', 'sql']
  .flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(file => `${folder}/${file}`),
  )
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
const filesWith = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file)

t.test('a session is opened by the gate and by nothing else', async t => {
  t.same(filesWith(/\bsessionOpener\b/).sort(), ['plugins/auth/login/gate.ts', 'plugins/auth/login/open-session.ts'])
  t.same(filesWith(/\bcreateGate\b/).sort(), ['plugins/auth/login/gate.ts', 'plugins/auth/login/index.ts'])
  // Whatever is added gets the gate: plugins only.
  t.same(
    filesWith(/\blogin\.ways\.add\b|\bways\.add\(/).filter(file => !file.startsWith('plugins/')),
    [],
  )
  t.same(filesWith(/\bwithGate\b/).sort(), [
    'plugins/accounts/linked-logins/by-provider.ts',
    'plugins/auth/login/index.ts',
    // For applications, from a session of the user's own.
    'plugins/oidc/provider/index.ts',
  ])
  t.same(filesWith(/\binsertSession\b/).sort(), [
    'plugins/auth/login/application.ts',
    'plugins/auth/login/open-session.ts',
    // Of nobody.
    'sql/oauth-clients.ts',
    'sql/sessions.ts',
  ])
  t.same(filesWith(/insertInto\(\s*['"`]sessions/), ['sql/sessions.ts'])
})

const countSessions = (app: FastifyInstance, user_id: number) =>
  app.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()

t.test('no public route opens a session with everything but the second factor', async t => {
  const app = await build(t)
  const operations = operationsOf(await documentOf(app)).filter(({ operation }) => operation.security.length === 0)
  t.ok(operations.length > 15)

  for (const { path, method, operation } of operations) {
    // Afresh for each: some of it is good once, and an address gets only so many mails.
    const { user, user_id, secret } = await enrolled(app)
    const before = await countSessions(app, user_id)
    const mailed = await forgotten(app, user.email)
    const { mfa_token } = await challenge(app, user)
    const known = {
      ...user,
      username: user.email,
      ...mailed,
      mfa_token,
      new_password: PASSWORD,
      otp: wrongOtp(secret),
      recovery_code: 'AAAA-AAAA-AAAA-AAAA',
    }
    const fields = Object.keys(operation.requestBody ? bodyOf(await documentOf(app), operation.operationId) : {})
    const payload = Object.fromEntries(Object.entries(known).filter(([name]) => fields.includes(name)))
    const query = operation.parameters?.some(({ name }) => name === 'token') ? { token: mailed.token } : {}
    for (const token of [undefined, mfa_token, mailed.token]) {
      const response = await call(app, method as 'POST', path.replace('{film_id}', '1'), {
        query,
        ...(fields.length > 0 && sent(operation, payload)),
        ...(token && { token }),
      })
      t.ok(response.statusCode < 500, `${method} ${path}`)
      t.notMatch(response.body, /"((access|refresh)_)?token":"ey[\w-]+\.[\w-]+\.[\w-]+"/, `${method} ${path}`)
      t.equal(response.headers['set-cookie'], undefined, `${method} ${path}`)
    }
    t.same(await countSessions(app, user_id), before, `${method} ${path}`)
  }
})

/** As JSON, or as a form where nothing else is taken. */
function sent({ requestBody }: Operation, payload: Record<string, string>) {
  if (requestBody?.content['application/json']) return { payload }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { payload: new URLSearchParams(payload).toString(), headers }
}

function bodyOf(document: Awaited<ReturnType<typeof documentOf>>, operationId: string): object {
  const { operation } = operationsOf(document).find(({ operation }) => operation.operationId === operationId) ?? {}
  const [media] = Object.values(operation?.requestBody?.content ?? {})
  const name = media?.schema?.$ref?.split('/').at(-1) ?? ''
  return (document.components.schemas[name] as { properties?: object }).properties ?? {}
}

t.test('the mfa_token is accepted by no protected route and by no rotation', async t => {
  const app = await build(t)
  const { user } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  const operations = operationsOf(await documentOf(app)).filter(({ operation }) => operation.security.length > 0)
  for (const { path, method } of operations) {
    const url = path.replace('{user_id}', '1').replace(/\{\w+\}/, '1')
    const response = await call(app, method as 'GET', url, { token: mfa_token })
    t.equal(response.statusCode, 401, `${method} ${path}`)
    t.equal(response.json<{ message: string }>().message, 'token-invalid', `${method} ${path}`)
  }
  const { name } = app.sessionCookie
  const byCookie = await call(app, 'GET', '/films/v1/', { headers: { cookie: `${name}=${mfa_token}` } })
  t.equal(byCookie.statusCode, 401)
})

t.test('a reset of the password leaves the second factor, and opens no session', async t => {
  const app = await build(t)
  const { user, user_id, secret } = await enrolled(app)
  const { token } = await forgotten(app, user.email)
  const new_password = 'Coruscant19BBY'
  const reset = await call(app, 'POST', '/users/v1/password_reset', { payload: { token, new_password } })
  t.same(reset.json(), { status: 'ok' })
  const live = app.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).where('revoked_at', 'is', null)
  t.same(await live.execute(), [])
  const { mfa_token } = await challenge(app, { ...user, password: new_password })
  const login = await call(app, 'POST', '/users/v1/login/mfa', { payload: { mfa_token, otp: otpOf(secret) } })
  t.equal(login.statusCode, 200)
})
