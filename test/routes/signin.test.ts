// The page on which people sign in: the same ways and gate as the API's, by forms.
import t from 'tap'
import { build, call, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { browse, browserLogIn, cookieIn, OWN_PAGE, setCookie } from '../support/cookies.ts'
import { enrolled, otpOf, steppingClock, wrongOtp } from '../support/mfa.ts'
import { fieldOf, open, submit } from '../support/pages.ts'
import { OFFLINE_PROVIDER } from '../support/providers/offline.ts'
import { outcome } from '../support/session.ts'

const APP_PAGE = 'https://app.example/after-login'

const clock = steppingClock(t)
const app = await build(t, { REDIRECT_URLS: `${APP_PAGE}, https://other.example/?tab=1` })

const signIn = (user: { email: string; password: string }, more: Record<string, string> = {}, query = '') =>
  submit(app, `/signin${query}`, { ...user, ...more })

t.test('the form signs in, and leads on', async t => {
  const user = await verifiedUser(app)
  const response = await signIn(user, { remember: 'on' })
  t.equal(response.statusCode, 303)
  t.equal(response.headers.location, '/')
  t.match(setCookie(response), /HttpOnly.*SameSite=Lax/)
  t.match(setCookie(response), /Max-Age/)
  t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookieIn(response))), '200')
})

t.test('without "keep me signed in", the browser forgets the session when it is closed', async t => {
  const response = await signIn(await verifiedUser(app))
  t.equal(response.statusCode, 303)
  t.notMatch(setCookie(response), /Max-Age|Expires/)
})

t.test(
  'a wrong password and an unknown address bring the same form back, with the address and without the password',
  async t => {
    const { email } = await verifiedUser(app)
    const answers = []
    for (const address of [email, newEmail()]) {
      const response = await signIn({ email: address, password: 'Coruscant19BBY' })
      t.equal(response.statusCode, 404)
      t.equal(setCookie(response), undefined)
      t.equal(fieldOf(response, 'email'), address)
      t.notMatch(response.body, 'Coruscant19BBY')
      t.match(response.body, /role="alert"[\s\S]*The e-mail address or the password is wrong/)
      answers.push(response.body.replaceAll(address, ''))
    }
    t.equal(answers[0], answers[1])
  },
)

t.test('a mistyped password leaves "keep me signed in" as it was', async t => {
  const box = (body: string) => /<input id="remember"[^>]*>/.exec(body)?.[0] ?? ''
  const user = { email: newEmail(), password: 'Coruscant19BBY' }
  t.match(box((await open(app, '/signin')).body), / checked>/)
  t.match(box((await signIn(user, { remember: 'on' })).body), / checked>/)
  t.notMatch(box((await signIn(user)).body), 'checked')
})

t.test('an unverified address is told so, with the way to another mail', async t => {
  const user = { email: newEmail(), password: PASSWORD }
  await call(app, 'POST', '/users/v1/signup', { payload: user })
  const response = await signIn(user)
  t.equal(response.statusCode, 400)
  t.match(response.body, 'Confirm your address first')
  t.match(
    response.body,
    /<div class="problem"[\s\S]*?href="\/signup\/resend">Send the e-mail again<\/a><\/p>\s*<\/div>/,
  )
})

t.test(
  'with a second factor, the password opens nothing: the code does, and "keep me signed in" is remembered',
  async t => {
    for (const remember of [{ remember: 'on' }, {}] as Record<string, string>[]) {
      const { user, secret } = await enrolled(app)
      const half = await signIn(user, remember, '?redirect_to=/ui')
      t.equal(half.statusCode, 200)
      t.equal(setCookie(half), undefined)
      t.match(half.body, 'Confirm that it is you')
      t.equal(fieldOf(half, 'remember'), remember.remember)
      const mfa_token = fieldOf(half, 'mfa_token') ?? ''
      const [, action = ''] = /action="(\/signin\/mfa[^"]*)"/.exec(half.body) ?? []
      const path = action.replaceAll('&amp;', '&')

      const wrong = await submit(app, path, { mfa_token, otp: wrongOtp(secret), ...remember })
      t.equal(wrong.statusCode, 400)
      t.equal(fieldOf(wrong, 'mfa_token'), mfa_token, 'and the form is there again')
      t.match(wrong.body, 'aria-invalid="true"')

      const whole = await submit(app, path, { mfa_token, otp: otpOf(secret), ...remember })
      t.equal(whole.statusCode, 303)
      t.equal(whole.headers.location, '/ui')
      t.equal(/Max-Age/.test(setCookie(whole) ?? ''), 'remember' in remember)
    }
  },
)

t.test('a recovery code signs in once', async t => {
  const { user, recovery_codes } = await enrolled(app)
  for (const [statusCode, shown] of [
    [303, ''],
    [400, 'This recovery code is not valid, or was used before.'],
  ] as const) {
    const mfa_token = fieldOf(await signIn(user), 'mfa_token') ?? ''
    const recovery_code = recovery_codes[0] ?? ''
    const response = await submit(app, '/signin/recovery_code?methods=totp+recovery_code', { mfa_token, recovery_code })
    t.equal(response.statusCode, statusCode)
    t.match(response.body, shown)
  }
})

t.test('after five wrong codes the page says that there were too many, and starts again', async t => {
  const { user, secret } = await enrolled(app)
  const mfa_token = fieldOf(await signIn(user), 'mfa_token') ?? ''
  const guess = () => submit(app, '/signin/mfa', { mfa_token, otp: wrongOtp(secret) })
  for (let i = 0; i < 5; i++) t.match((await guess()).body, 'This code is not valid')
  const last = await guess()
  t.equal(last.statusCode, 401)
  t.match(last.body, 'Too many wrong codes. Start again.')
  t.match(last.body, /name="password"/)
})

t.test('a login that waited too long starts again with the password', async t => {
  const response = await submit(app, '/signin/mfa', { mfa_token: 'x', otp: '123456' })
  t.equal(response.statusCode, 401)
  t.match(response.body, /name="password"/)
  t.match(response.body, 'Start again')
})

t.test('what the second factor cannot mend starts again with the password', async t => {
  const { user, user_id, secret } = await enrolled(app)
  const half = async () => fieldOf(await signIn(user), 'mfa_token') ?? ''
  const starts = async (mfa_token: string, headers = OWN_PAGE) =>
    /name="password"/.test((await submit(app, '/signin/mfa', { mfa_token, otp: wrongOtp(secret) }, headers)).body)
  t.notOk(await starts(await half()))
  t.ok(await starts(await half(), { 'sec-fetch-site': 'cross-site' }), 'another site')
  const late = await half()
  await t.test('an expired login', async t => {
    clock.forward(t, 11)
    t.ok(await starts(late))
  })
  const disabled = await half()
  await app.db.updateTable('users').set({ disabled: 1 }).where('id', '=', user_id).execute()
  t.ok(await starts(disabled), 'a disabled account')
})

t.test('redirect_to leads to our own pages and to REDIRECT_URLS, also for those who are signed in already', async t => {
  const cookie = await browserLogIn(app)
  for (const target of [
    APP_PAGE,
    'https://other.example/?tab=1',
    '/ui',
    '/signout?lang=de',
    'http://holocron.test/ui',
  ]) {
    const query = `?redirect_to=${encodeURIComponent(target)}`
    const form = await open(app, `/signin${query}`)
    t.match(
      form.body,
      `action="/signin?${new URLSearchParams({ redirect_to: target }).toString().replaceAll('&', '&amp;')}"`,
    )
    t.equal((await signIn(await verifiedUser(app), {}, query)).headers.location, target)
    const again = await browse(app, 'GET', `/signin${query}`, cookie, { accept: 'text/html' })
    t.equal(again.statusCode, 303)
    t.equal(again.headers.location, target)
  }
  const again = await browse(app, 'GET', '/signin', cookie, { accept: 'text/html' })
  t.equal(again.headers.location, '/')
})

t.test('the policy of the form names the origin that it leads to, and no other', async t => {
  const policyOf = async (query: string) =>
    /form-action ([^;]*)/.exec(String((await open(app, `/signin${query}`)).headers['content-security-policy']))?.[1]
  t.equal(await policyOf(''), "'self'")
  t.equal(await policyOf(`?redirect_to=${APP_PAGE}`), "'self' https://app.example")
})

const EVIL = [
  'https://evil.test/',
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '/\tevil.test',
  '/\n/evil.test',
  ' /ui',
  '/a/..//evil.test',
  'https:evil.test',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  `${APP_PAGE}/`,
  `${APP_PAGE}?x`,
  `${APP_PAGE}.evil.test`,
  'https://app.example',
  'http://app.example/after-login',
  'https://app.example@evil.test/after-login',
  'https://user@app.example/after-login',
  'http://holocron.test.evil.test/ui',
  'http://holocron.test@evil.test/ui',
  'http://user@holocron.test/ui',
  'http://holocron.test:81/ui',
  'ui',
  '@evil.test',
]
for (const target of EVIL)
  t.test(`threat: open redirect to ${JSON.stringify(target)}`, async t => {
    const query = `?${new URLSearchParams({ redirect_to: target })}`
    const { user, secret } = await enrolled(app)
    const mfa_token = fieldOf(await signIn(user), 'mfa_token') ?? ''
    const answers = [
      await open(app, `/signin${query}`),
      await browse(app, 'GET', `/signin${query}`, await browserLogIn(app), { accept: 'text/html' }),
      await signIn(user, {}, query),
      await submit(app, `/signin/mfa${query}`, { mfa_token, otp: otpOf(secret) }),
    ]
    for (const { statusCode, headers, body } of answers) {
      t.equal(statusCode, 400)
      t.equal(headers.location, undefined)
      t.equal(headers['set-cookie'], undefined)
      t.notMatch(body, 'evil')
      t.notMatch(headers['content-security-policy'], /evil|app\.example/)
    }
  })

t.test('threat: markup in what was typed, and in what the address carries, stays text', async t => {
  const evil = `"><script>alert(1)</script>'`
  const answers = [
    await signIn({ email: evil, password: PASSWORD }),
    await submit(app, `/signin/mfa?${new URLSearchParams({ methods: `totp ${evil}` })}`, { mfa_token: evil, otp: 'x' }),
    await open(app, `/signin?${new URLSearchParams({ lang: evil.slice(0, 60) })}`),
  ]
  for (const { body } of answers) t.notMatch(body, /<script>|alert\(1\)<\/script>'"/)
})

t.test('threat: arrays and names of prototypes in place of what the form sends', async t => {
  for (const payload of ['email=a&email=b&password=x', '__proto__=x', 'email[x]=y&password=z', 'constructor=x', '']) {
    const response = await call(app, 'POST', '/signin', {
      payload,
      headers: { ...OWN_PAGE, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    })
    t.equal(response.statusCode, 400, payload)
    t.match(response.body, /name="password"/)
  }
})

t.test(
  'the pages lead to the providers that are configured, and from there to where the sign-in was to lead',
  async t => {
    const app = await build(t, { ...OFFLINE_PROVIDER, REDIRECT_URLS: APP_PAGE })
    const authorize = '/social/v1/github/authorize'
    const query = `?${new URLSearchParams({ redirect_to: APP_PAGE })}`
    t.match((await open(app, `/signin${query}`)).body, `href="${authorize}${query}">Continue with GitHub</a>`)
    t.match((await open(app, '/signin?lang=de')).body, `href="${authorize}?lang=de">Weiter mit GitHub</a>`)
    t.match((await open(app, '/signup')).body, `href="${authorize}">Continue with GitHub</a>`)

    const rejected = await submit(app, '/signin', { email: newEmail(), password: PASSWORD })
    t.equal(rejected.statusCode, 404)
    t.match(rejected.body, `href="${authorize}">`, 'also after an error')
    t.match((await submit(app, '/signup', { email: newEmail(), password: 'short' })).body, `href="${authorize}">`)
  },
)

t.test('without a provider, the pages offer none', async t => {
  for (const path of ['/signin', '/signup']) t.notMatch((await open(app, path)).body, /social|Continue with/)
})
