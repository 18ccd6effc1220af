// The section of the account where one sets up and removes second factors.
import jsQR from 'jsqr'
import { PNG } from 'pngjs'
import t from 'tap'
import { attestationExample } from '#schemas/webauthn.ts'
import { NO_PASSWORD } from '#sql/users.ts'
import { build, call, logIn, PASSWORD, verifiedUser } from '../../support/app.ts'
import { authenticator } from '../../support/authenticator.ts'
import { type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { challenge, otpOf, recover, steppingClock, wrongOtp } from '../../support/mfa.ts'
import { fieldOf } from '../../support/pages.ts'
import { ORIGIN, passkeyLogin } from '../../support/passkeys.ts'

steppingClock(t)
const app = await build(t)

const SECTION = '/account/two-factor'

const secretOn = ({ body }: { body: string }) =>
  /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(body)?.[1]?.replaceAll(' ', '') ?? ''
const codesOn = ({ body }: { body: string }) => [...body.matchAll(/<li><code>([^<]+)</g)].map(([, code = '']) => code)
const idOf = ({ cookie }: SignedInBrowser) => app.tokens.cookie.verifyIgnoringExpiry(cookie()).user_id

/** A browser whose user has just authenticated again. */
async function trusted(user?: { email: string; password: string }) {
  const browser = await signedInBrowser(app, user)
  await browser.reauthenticate()
  return browser
}

async function enable(browser: SignedInBrowser) {
  await browser.submit(`${SECTION}/totp/start`)
  const secret = secretOn(await browser.open(`${SECTION}/totp`))
  const page = await browser.submit(`${SECTION}/totp`, { otp: otpOf(secret, -1) })
  return { secret, page, codes: codesOn(page) }
}

/** What the page's script does. */
async function addPasskey(browser: SignedInBrowser, form: Record<string, string> = {}, key = authenticator(ORIGIN)) {
  const headers = { ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${browser.cookie()}` }
  const options = await call(app, 'POST', '/users/v1/mfa/passkeys/options', { headers })
  const credential = JSON.stringify(key.create(options.json()))
  return { key, response: await browser.submit(`${SECTION}/passkeys/new`, { name: '', credential, ...form }) }
}

const passkeysOf = (browser: SignedInBrowser) =>
  app.db.selectFrom('passkeys').selectAll().where('user_id', '=', idOf(browser)).execute()

t.test('an authenticator app is set up: picture, key and code; the recovery codes are shown once', async t => {
  const browser = await trusted()
  t.match((await browser.open(SECTION)).body, 'You get ten of them when you set up an authenticator app or a passkey.')
  t.match((await browser.open(`${SECTION}/totp`)).body, 'Show the QR code')
  const started = await browser.submit(`${SECTION}/totp/start`)
  t.same([started.statusCode, started.headers.location], [303, `${SECTION}/totp`])

  const scan = await browser.open(`${SECTION}/totp`)
  const secret = secretOn(scan)
  const picture = /<img class="qr" src="([^"]+)"/.exec(scan.body)?.[1] ?? ''
  const { data, width, height } = PNG.sync.read((await browser.open(picture)).rawPayload)
  const read = jsQR.default(new Uint8ClampedArray(data), width, height)?.data ?? ''
  t.equal(new URL(read).searchParams.get('secret'), secret)

  const mistyped = await browser.submit(`${SECTION}/totp`, { otp: wrongOtp(secret) })
  t.equal(mistyped.statusCode, 400)
  t.match(mistyped.body, 'id="otp-error"')
  t.equal(secretOn(mistyped), secret, 'the form comes back with its picture')

  const page = await browser.submit(`${SECTION}/totp`, { otp: otpOf(secret) })
  t.equal(page.statusCode, 200)
  t.equal(page.headers['cache-control'], 'no-store')
  const codes = codesOn(page)
  t.equal(codes.length, 10)
  for (const path of [SECTION, `${SECTION}/totp`, `${SECTION}/recovery-codes`])
    t.notMatch((await browser.open(path)).body, codes[0] ?? '-')
  t.match((await browser.open(SECTION)).body, 'You have 10 codes left')
  const { mfa_token } = await challenge(app, browser.user)
  t.equal((await recover(app, mfa_token, codes[0] ?? '')).statusCode, 200, 'they work')
})

t.test('the recovery codes are saved as a file, and nothing else is', async t => {
  const browser = await trusted()
  const { page, codes } = await enable(browser)
  const file = await browser.submit(`${SECTION}/recovery-codes/file`, { codes: fieldOf(page, 'codes') ?? '' })
  t.match(file.headers, {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename="recovery-codes.txt"',
    'cache-control': 'no-store',
  })
  t.equal(file.body, [`Holocron: ${browser.user.email}`, '', ...codes, ''].join('\r\n'))
  for (const text of ['<script>', '', 'AAAA-AAAA-AAAA-AAAA\r\nx'])
    t.equal((await browser.submit(`${SECTION}/recovery-codes/file`, { codes: text })).statusCode, 400)
})

t.test('new codes replace the old ones', async t => {
  const browser = await trusted()
  t.equal((await browser.open(`${SECTION}/recovery-codes`)).headers.location, SECTION, 'nothing to renew yet')
  t.equal((await browser.submit(`${SECTION}/recovery-codes`)).statusCode, 404)
  const { codes } = await enable(browser)
  t.match((await browser.open(`${SECTION}/recovery-codes`)).body, 'Get new recovery codes?')
  const fresh = codesOn(await browser.submit(`${SECTION}/recovery-codes`))
  t.equal(new Set([...codes, ...fresh]).size, 20)
})

t.test('the app is turned off after a page that asks', async t => {
  const browser = await trusted()
  t.equal((await browser.open(`${SECTION}/totp/disable`)).headers.location, SECTION, 'nothing to turn off yet')
  await enable(browser)
  t.match((await browser.open(`${SECTION}/totp/disable`)).body, 'Turn off the authenticator app?')
  const response = await browser.submit(`${SECTION}/totp/disable`)
  t.equal(response.statusCode, 303)
  t.match((await browser.open(response.headers.location ?? '')).body, 'The authenticator app is turned off.')
  t.ok((await logIn(app, browser.user)).token, 'the password is enough again')
})

t.test('a passkey is added, renamed and removed', async t => {
  const browser = await trusted()
  const { key, response } = await addPasskey(browser, { name: 'Laptop' })
  t.equal(codesOn(response).length, 10, 'the first second factor brings recovery codes')
  t.equal((await passkeyLogin(app, key)).statusCode, 200)
  const second = await addPasskey(browser)
  t.equal(second.response.statusCode, 303)
  const list = (await browser.open(second.response.headers.location ?? '')).body
  for (const text of [
    'The passkey is added.',
    '<bdi>Laptop</bdi>',
    'Last used',
    '<bdi>Passkey without a name</bdi>',
    'Never used',
  ])
    t.match(list, text)

  const [{ id = '' } = {}] = await passkeysOf(browser)
  const form = `${SECTION}/passkeys/${id}`
  t.equal(fieldOf(await browser.open(form), 'name'), 'Laptop')
  t.equal((await browser.submit(form, { name: 'x'.repeat(65) })).statusCode, 400)
  t.equal((await browser.submit(form, { name: 'Key ring' })).statusCode, 303)
  t.match((await browser.open(`${form}/remove`)).body, '<bdi>Key ring</bdi>')
  t.equal((await browser.submit(`${form}/remove`)).statusCode, 303)
  t.notMatch((await browser.open(SECTION)).body, 'Key ring')
  t.equal((await browser.open(form)).statusCode, 404)
})

t.test('the last way to log in stays, and the page says why', async t => {
  const browser = await trusted()
  await addPasskey(browser)
  await app.db.updateTable('users').set({ password_hash: NO_PASSWORD }).where('id', '=', idOf(browser)).execute()
  const [{ id = '' } = {}] = await passkeysOf(browser)
  const page = await browser.submit(`${SECTION}/passkeys/${id}/remove`)
  t.equal(page.statusCode, 400)
  t.match(page.body, 'This passkey is the only way into your account.')
  t.equal((await passkeysOf(browser)).length, 1)
})

t.test('what no authenticator made brings the form back, with the name', async t => {
  const browser = await trusted()
  for (const credential of ['', '{', 'null', '{"id":"x"}', '{"__proto__":{}}']) {
    const page = await browser.submit(`${SECTION}/passkeys/new`, { name: 'Laptop', credential })
    t.equal(page.statusCode, 400, credential)
    t.equal(fieldOf(page, 'name'), 'Laptop')
    t.match(page.body, 'The passkey could not be added. Try again.')
  }
  t.same(await passkeysOf(browser), [])
})

t.test('threat: a stolen cookie changes second factors, or sees the key: one has to authenticate again', async t => {
  const browser = await signedInBrowser(app)
  const passkey = `passkeys/${'0'.repeat(36)}/remove`
  for (const path of ['totp', 'totp/disable', 'recovery-codes', 'passkeys/new', passkey])
    t.equal(
      (await browser.open(`${SECTION}/${path}`)).headers.location,
      `/account/reauthenticate?redirect_to=${encodeURIComponent(`${SECTION}/${path}`)}`,
    )
  const forms: Record<string, Record<string, string>> = {
    'totp/start': {},
    totp: { otp: '123456' },
    'totp/disable': {},
    'recovery-codes': {},
    'passkeys/new': { name: '', credential: JSON.stringify(attestationExample) },
    [passkey]: {},
  }
  for (const [path, form] of Object.entries(forms))
    t.equal(
      (await browser.submit(`${SECTION}/${path}`, form, SECTION)).headers.location,
      `/account/reauthenticate?redirect_to=${encodeURIComponent(SECTION)}`,
      path,
    )
})

t.test('threat: somebody else’s passkey is read, named or removed', async t => {
  const [mine, other] = [await trusted(), await trusted()]
  await addPasskey(other, { name: 'Theirs' })
  const [{ id = '' } = {}] = await passkeysOf(other)
  for (const path of ['', '/remove']) {
    const page = await mine.open(`${SECTION}/passkeys/${id}${path}`)
    t.equal(page.statusCode, 404)
    t.notMatch(page.body, 'Theirs')
    t.equal((await mine.submit(`${SECTION}/passkeys/${id}${path}`, { name: 'Mine' })).statusCode, 404)
  }
  t.match(await passkeysOf(other), [{ name: 'Theirs' }])
})

t.test('threat: the name of a passkey is text, whatever it looks like', async t => {
  const browser = await trusted()
  await addPasskey(browser, { name: '"><script>alert(1)</script>' })
  const [{ id = '' } = {}] = await passkeysOf(browser)
  for (const path of [SECTION, `${SECTION}/passkeys/${id}`, `${SECTION}/passkeys/${id}/remove`]) {
    const { body } = await browser.open(path)
    t.match(body, '&lt;script&gt;alert(1)')
    t.notMatch(body, '<script>alert')
  }
})

t.test('an administrator who has to set one up is led there, and on from there', async t => {
  const app = await build(t, { MFA_REQUIRED_FOR_ADMIN: 'true' })
  const user = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
  const browser = await signedInBrowser(app, user)
  const led = await browser.open('/account?lang=en')
  t.equal(led.statusCode, 303)
  const back = `redirect_to=${encodeURIComponent('/account?lang=en')}`
  t.equal(led.headers.location, `${SECTION}?${back}&lang=en`)
  t.match((await browser.open(`${SECTION}?${back}`)).body, 'Administrators need a second factor.')

  const before = await browser.open(`${SECTION}/totp?${back}`)
  t.match(before.headers.location, '/account/reauthenticate')
  await browser.submit('/account/reauthenticate', { password: PASSWORD })
  const started = await browser.submit(`${SECTION}/totp/start?${back}`)
  t.equal(started.headers.location, `${SECTION}/totp?${back}`)
  const secret = secretOn(await browser.open(`${SECTION}/totp?${back}`))
  const page = await browser.submit(`${SECTION}/totp?${back}`, { otp: otpOf(secret) })
  const next = /class="button" href="([^"]+)"/.exec(page.body)?.[1] ?? ''
  t.equal((await browser.open(next)).headers.location, '/account?lang=en')
  t.equal((await browser.open('/account?lang=en')).statusCode, 200, 'with the cookie as it was renewed')

  const refused = await browser.submit(`${SECTION}/totp/disable`)
  t.equal(refused.statusCode, 403)
  t.match(refused.body, 'Administrators need a second factor, and this is your last one.')
})

t.test('threat: an invalid form shows what only a recent authentication may see', async t => {
  const browser = await trusted()
  await browser.submit(`${SECTION}/totp/start`)
  const { sid } = app.tokens.cookie.verifyIgnoringExpiry(browser.cookie())
  await app.db.updateTable('sessions').set({ auth_time: 1 }).where('id', '=', sid).execute()
  const refused = await browser.submit(`${SECTION}/totp`, { otp: '' }, `${SECTION}?done=passkey-added`)
  t.equal(refused.headers.location, `/account/reauthenticate?redirect_to=${encodeURIComponent(SECTION)}`)
  t.notMatch(refused.body, 'secret')
})
