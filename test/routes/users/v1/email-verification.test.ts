import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, codeOf, logIn, mailedToken, newEmail, PASSWORD } from '../../../support/app.ts'
import { expectError, expectSecurityHeaders } from '../../../support/error-response.ts'
import { eventKinds } from '../../../support/mails.ts'

const URL = '/users/v1/email_verification'
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const FORM = { ...BROWSER, 'content-type': 'application/x-www-form-urlencoded' }

const app = await build(t)

async function signedUp() {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  return { email, token: await mailedToken(app, email) }
}

async function isVerified(email: string): Promise<boolean> {
  return (await findUserByEmail(app.db, email))?.email_verified === 1
}

async function verifications(email: string) {
  const user = await findUserByEmail(app.db, email)
  return (await eventKinds(app, user?.id ?? 0)).filter(kind => kind === 'email-verified')
}

for (const method of ['GET', 'POST'] as const) {
  const send = (token: string) =>
    method === 'GET' ? call(app, 'GET', `${URL}?token=${token}`) : call(app, 'POST', URL, { payload: { token } })

  t.test(`${method} verifies the address; doing it again succeeds and changes nothing`, async t => {
    const { email, token } = await signedUp()
    const response = await send(token)
    t.equal(response.statusCode, 200)
    t.same(response.json(), { status: 'ok' })
    t.equal(response.headers['cache-control'], 'no-store')
    t.ok(await isVerified(email))
    t.same((await send(token)).json(), { status: 'ok' })
    t.equal((await verifications(email)).length, 1)
  })

  t.test(`${method}: 20 parallel uses of one token succeed, and are recorded once`, async t => {
    const { email, token } = await signedUp()
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(token)))
    t.same([...new Set(answers.map(({ statusCode }) => statusCode))], [200])
    t.equal((await verifications(email)).length, 1)
  })

  t.test(`${method} rejects anything but a mailed token`, async t => {
    const { email, token } = await signedUp()
    expectError(t, await send(''), 401, 'authorisation-required')
    const upper = token.toUpperCase()
    for (const wrong of ['x', upper, token.slice(1), `${token}x`, encodeURIComponent(`${token} `), 'x'.repeat(10_000)])
      expectError(t, await send(wrong), 401, 'token-invalid')
    t.notOk(await isVerified(email))
  })

  t.test(`${method}: the token of a deleted user verifies nothing`, async t => {
    const { email, token } = await signedUp()
    await app.db.deleteFrom('users').where('email', '=', email).execute()
    const response = await send(token)
    t.ok(['token-invalid', 'user-not-found'].includes(codeOf(response) ?? ''))
  })
}

t.test('a token in the wrong place is ignored', async t => {
  const { email, token } = await signedUp()
  expectError(t, await call(app, 'GET', URL), 401, 'authorisation-required')
  expectError(t, await call(app, 'GET', URL, { token }), 401, 'authorisation-required')
  expectError(t, await call(app, 'POST', URL, { payload: {} }), 401, 'authorisation-required')
  expectError(t, await call(app, 'POST', `${URL}?token=${token}`), 400, 'request-invalid', { in: 'body' })
  expectError(t, await call(app, 'GET', `${URL}?token=${token}&token=${token}`), 400, 'request-invalid', {
    field: 'token',
  })
  expectError(t, await call(app, 'POST', URL, { payload: { token: [token] } }), 400, 'request-invalid', {
    field: 'token',
  })
  expectError(t, await call(app, 'POST', URL, { payload: { token, email } }), 400, 'request-invalid', {
    field: 'email',
  })
  t.notOk(await isVerified(email))
})

t.test('a link that expired is refused', async t => {
  const { email, token } = await signedUp()
  await app.db
    .updateTable('one_time_tokens')
    .set({ expires_at: Date.now() - 1 })
    .execute()
  expectError(t, await call(app, 'GET', `${URL}?token=${token}`), 401, 'token-invalid')
  t.notOk(await isVerified(email))
})

t.test('the links of all mails work, also after one was used: people open whichever they find first', async t => {
  const { email, token } = await signedUp()
  await call(app, 'POST', '/users/v1/resend_verification_email', { payload: { email } })
  const newer = await mailedToken(app, email)
  t.not(newer, token)
  for (const each of [token, newer, token]) t.equal((await call(app, 'GET', `${URL}?token=${each}`)).statusCode, 200)
})

t.test('threat: an old link verifies the address that replaced the one it was mailed to', async t => {
  const { email, token } = await signedUp()
  await call(app, 'POST', URL, { payload: { token } })
  const session = await logIn(app, { email, password: PASSWORD })
  const payload = { email: newEmail(), password: PASSWORD }
  await call(app, 'POST', '/users/v1/email', { token: session.token, payload })
  const change = await mailedToken(app, payload.email)
  t.equal((await call(app, 'POST', URL, { payload: { token: change } })).statusCode, 200)
  expectError(t, await call(app, 'POST', URL, { payload: { token } }), 401, 'token-invalid')
  expectError(t, await call(app, 'POST', URL, { payload: { token: change } }), 401, 'token-invalid')
})

t.test(
  'a browser reads at once that a link is dead, and gets the next steps, before it is asked for anything',
  async t => {
    const { email, token } = await signedUp()
    await call(app, 'POST', '/users/v1/password_forgotten', { payload: { email } })
    const reset = await mailedToken(app, email)
    await app.db
      .updateTable('one_time_tokens')
      .set({ expires_at: Date.now() - 1 })
      .where('purpose', '=', 'email-verification')
      .execute()
    for (const dead of [token, reset, 'x'.repeat(43)]) {
      const page = await call(app, 'GET', `${URL}?token=${dead}`, { headers: BROWSER })
      t.equal(page.statusCode, 401)
      t.match(page.body, 'This link no longer works')
      t.match(page.body, 'href="/signup/resend"')
      t.match(page.body, 'href="/signin"')
      t.notMatch(page.body, 'name="password"')
    }
  },
)

t.test('a mail scanner that follows the link like a browser, or by HEAD, uses nothing up', async t => {
  const { email, token } = await signedUp()
  for (const accept of [BROWSER.accept, 'text/html', 'text/html;q=0.1, */*']) {
    const page = await call(app, 'GET', `${URL}?token=${token}`, { headers: { accept } })
    t.equal(page.statusCode, 200)
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  }
  const head = await call(app, 'HEAD', `${URL}?token=${token}`)
  t.equal(head.statusCode, 405)
  t.equal((await call(app, 'OPTIONS', `${URL}?token=${token}`)).statusCode, 405)
  t.notOk(await isVerified(email))
  t.equal((await call(app, 'GET', `${URL}?token=${token}`)).statusCode, 200, 'it still works')
})

t.test(
  'threat: a mail scanner that asks for anything opens the link: it gets the page, and uses nothing up',
  async t => {
    const { email, token } = await signedUp()
    const chrome =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36'
    for (const headers of [
      { accept: '*/*', 'user-agent': chrome },
      { 'user-agent': chrome },
      { accept: '*/*', 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
      { accept: '*/*', 'user-agent': 'BarracudaCentral/1.0' },
      { accept: '*/*', 'user-agent': 'node', 'sec-fetch-mode': 'navigate' },
      { accept: '*/*', 'sec-purpose': 'prefetch' },
    ]) {
      const page = await call(app, 'GET', `${URL}?token=${token}`, { headers })
      t.equal(page.statusCode, 200)
      t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    }
    t.notOk(await isVerified(email))
  },
)

t.test('an API client verifies by GET, also from a page', async t => {
  for (const headers of [
    { accept: '*/*', 'user-agent': 'curl/8.5.0' },
    { accept: '*/*', 'user-agent': 'node', 'sec-fetch-mode': 'cors' },
    { accept: 'application/json', 'user-agent': 'Mozilla/5.0 (X11; Linux x64)' },
  ]) {
    const { email, token } = await signedUp()
    t.same((await call(app, 'GET', `${URL}?token=${token}`, { headers })).json(), { status: 'ok' })
    t.ok(await isVerified(email))
  }
})

t.test("the page's button verifies the address with the password; pressed again it succeeds again", async t => {
  const { email, token } = await signedUp()
  const page = await call(app, 'GET', `${URL}?token=${token}`, { headers: BROWSER })
  const [, action, hidden] =
    /<form method="post" action="(.*?)">\s*<input type="hidden" name="token" value="(.*?)"/.exec(page.body) ?? []
  t.equal(action, URL, 'without the token')
  const press = (password = PASSWORD) =>
    call(app, 'POST', `${action}`, { payload: `token=${hidden}&password=${password}`, headers: FORM })

  const wrong = await press('Coruscant19BBY')
  t.equal(wrong.statusCode, 403)
  t.match(wrong.body, /not the password[\s\S]*name="token" value="/, 'and the form is there again')
  t.notMatch(wrong.body, 'Coruscant19BBY')
  t.notOk(await isVerified(email))

  const done = await press()
  t.equal(done.statusCode, 200)
  t.match(done.body, /Your address is confirmed/)
  t.ok(await isVerified(email))

  const again = await press()
  t.equal(again.statusCode, 200)
  t.match(again.body, /Your address is confirmed/)
})

t.test('the page names the address, also after a mistake', async t => {
  const { email, token } = await signedUp()
  t.match((await call(app, 'GET', `${URL}?token=${token}`, { headers: BROWSER })).body, `<bdi>${email}</bdi>`)
  const wrong = await call(app, 'POST', URL, { payload: `token=${token}&password=Coruscant19BBY`, headers: FORM })
  t.match(wrong.body, `<bdi>${email}</bdi>`)
})

t.test('a link whose address is confirmed says so at once, and leads to the sign-in', async t => {
  const { token } = await signedUp()
  await call(app, 'POST', URL, { payload: { token, password: PASSWORD } })
  const page = await call(app, 'GET', `${URL}?token=${token}`, { headers: BROWSER })
  t.equal(page.statusCode, 200)
  t.match(page.body, 'Your address is confirmed already')
  t.match(page.body, 'href="/signin"')
  t.notMatch(page.body, 'name="password"')
})

t.test('as long as the password was not typed, the page asks for it: it proves whose account it is', async t => {
  const { token } = await signedUp()
  await call(app, 'POST', URL, { payload: { token } })
  t.match((await call(app, 'GET', `${URL}?token=${token}`, { headers: BROWSER })).body, 'name="password"')
})

t.test('a page can neither be framed nor run a script, and no cache keeps it', async t => {
  const evil = encodeURIComponent('"><script>alert(1)</script>')
  const asking = await call(app, 'GET', `${URL}?token=${evil}`, { headers: BROWSER })
  t.notMatch(asking.body, /<script/)
  t.notMatch(asking.body, 'alert(1)')
  const failed = await call(app, 'POST', URL, { payload: 'token=x', headers: FORM })
  for (const { headers } of [asking, failed]) {
    expectSecurityHeaders(t, headers, ['content-security-policy'])
    t.match(headers['content-security-policy'], /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/)
    t.equal(headers['cache-control'], 'no-store')
    t.equal(headers['referrer-policy'], 'no-referrer', 'the token in the address goes to nobody')
  }
})

const failures: [name: string, query: string, form: string, status: number][] = [
  ['no token', '', 'token=', 401],
  ['two tokens', '?token=a&token=b', 'token=a&token=b', 400],
  ['an unknown parameter', '?token=a&extra=b', 'token=a&extra=b', 400],
  ['__proto__', '?__proto__=a', '__proto__=a', 400],
]
for (const [name, query, form, status] of failures)
  t.test(`${name}: a browser gets a page`, async t => {
    const answers = [
      await call(app, 'GET', `${URL}${query}`, { headers: BROWSER }),
      await call(app, 'POST', URL, { payload: form, headers: FORM }),
    ]
    for (const answer of answers) {
      t.equal(answer.statusCode, status)
      t.match(answer.body, /no longer works/)
      t.equal(answer.headers['www-authenticate'] !== undefined, status === 401)
    }
  })

t.test('after a server error a browser is asked to retry, and the link still works', async t => {
  const app = await build(t)
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  const token = await mailedToken(app, email)
  const { transaction } = app.db
  app.db.transaction = () => {
    throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  }
  const answer = await call(app, 'POST', URL, { payload: `token=${token}`, headers: FORM })
  t.equal(answer.statusCode, 503)
  t.match(answer.headers['retry-after'], /^\d+$/)
  t.match(answer.body, /try again/)
  app.db.transaction = transaction
  t.equal((await call(app, 'POST', URL, { payload: `token=${token}`, headers: FORM })).statusCode, 200)
})
