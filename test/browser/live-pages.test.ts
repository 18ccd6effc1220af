/** Open pages that update by themselves: what a person changes in one browser, the other shows, and nothing that is being typed is lost. */
import type { FastifyInstance } from 'fastify'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { administrator, call, type Environment, logIn, PASSWORD, verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { focusOn, send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { otpOf, steppingClock } from '../support/mfa.ts'
import { until } from '../support/until.ts'

/** How soon a change is seen elsewhere (ms). */
const SOON = { timeout: 2000 }

const browser = await openBrowser(t)
const another = await openBrowser(t)
if (browser && another) asAPerson(browser, another)

/** A service, and a person whose pages are open in both browsers. */
async function setUp(t: Test, settings?: Environment) {
  const { app, url } = await serve(t, settings)
  const user = await verifiedUser(app)
  return { app, url, user, ...(await logIn(app, user)) }
}

/** Signs in if need be, and opens a page once its stream is open. */
async function watch(t: Test, browser: BrowserContext, url: string, user: Record<string, string>): Promise<Page> {
  const page = await browser.newPage()
  t.teardown(() => page.close())
  const begun = page.waitForResponse(response => /\/stream\b/.test(response.url()))
  await page.goto(url)
  if (page.url() !== url) await send(page, user)
  await begun
  // A page that was loaded anew would not know it.
  await page.evaluate('window.isSame = true')
  return page
}

const openStreams = async (app: FastifyInstance) => {
  const { body } = await call(app, 'GET', '/metrics')
  return Number(/^holocron_live_feed_connections (\d+)/m.exec(body)?.[1])
}

function asAPerson(browser: BrowserContext, another: BrowserContext): void {
  const heard = [...complaints(browser), ...complaints(another)]

  t.test('a name is seen in the other browser without a reload', async t => {
    const { url, user } = await setUp(t)
    const watching = await watch(t, browser, `${url}/account`, user)
    const page = await watch(t, another, `${url}/account/profile`, user)
    await send(page, { first_name: 'Leia', last_name: 'Organa' })
    await watching.getByText('Leia Organa').waitFor(SOON)
    t.ok(await watching.evaluate('window.isSame'))
  })

  t.test('a device that signs in appears, and one that signs out is gone', async t => {
    const { app, url, user } = await setUp(t)
    const devices = await watch(t, browser, `${url}/account/devices`, user)
    const rows = devices.locator('main .rows > li')
    const before = await rows.count()
    await devices.getByRole('button', { name: 'Sign out' }).nth(1).focus()
    const focused = await devices.evaluate('document.activeElement.closest("li").dataset.row')

    const { token } = await logIn(app, user)
    await rows.nth(before).waitFor(SOON)
    t.equal(await devices.evaluate('document.activeElement.closest("li").dataset.row'), focused, 'the focus stays')
    await call(app, 'POST', '/users/v1/logout', { token })
    await until(async () => (await rows.count()) === before, SOON.timeout)
    t.equal(await devices.evaluate('document.activeElement.closest("li").dataset.row'), focused)
    t.ok(await devices.evaluate('window.isSame'))
  })

  t.test('whoever is signed out from elsewhere is led to the sign-in page', async t => {
    const { app, url, user } = await setUp(t)
    const page = await watch(t, browser, `${url}/account/contacts`, user)
    await call(app, 'POST', '/users/v1/login', { payload: user })
    const elsewhere = await watch(t, another, `${url}/account/devices`, user)
    await elsewhere.getByRole('button', { name: 'Sign out all others' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor({ timeout: 10_000 })
    t.match(page.url(), 'redirect_to=%2Faccount%2Fcontacts')
  })

  t.test('what is being typed stays, and a notice says that the page has changed', async t => {
    const { app, url, user, token, user_id } = await setUp(t)
    const page = await watch(t, browser, `${url}/account/profile`, user)
    await page.getByLabel('First name').fill('Le')
    const notice = page.locator('.changed').filter({ hasText: 'This page has changed.' })
    const rename = (first_name: string) =>
      call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name } })
    await rename('Han')
    await notice.waitFor(SOON)
    t.equal(await page.getByLabel('First name').inputValue(), 'Le')
    await focusOn(page, 'first_name')
    t.same(await faultsOn(page), [])
    await rename('Luke')
    await page.getByLabel('Last name').fill('Organa')
    t.equal(await notice.count(), 1)

    await notice.getByRole('link', { name: 'Reload' }).click()
    await until(async () => (await page.getByLabel('First name').inputValue()) === 'Luke')
    t.equal(await notice.count(), 0)
  })

  t.test('threat: somebody else signs in, and a page that was opened before becomes theirs with its forms', async t => {
    const { app, url, user, token, user_id } = await setUp(t)
    const page = await watch(t, browser, `${url}/account/profile`, user)
    const other = await verifiedUser(app)
    await watch(t, another, `${url}/account`, other)
    await browser.addCookies(await another.cookies(url))
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Han' } })
    await page.locator('.changed').filter({ hasText: 'This page has changed.' }).waitFor(SOON)
    t.match(await page.locator('.who').textContent(), user.email)
  })

  t.test('a form that nobody has touched shows what is saved', async t => {
    const { app, url, user, token, user_id } = await setUp(t)
    const page = await watch(t, browser, `${url}/account/profile`, user)
    const begun = page.waitForResponse(response => /\/stream\b/.test(response.url()))
    await send(page, { first_name: 'Baron' })
    await begun
    await page.evaluate('window.isSame = true')
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Lando' } })
    await until(async () => (await page.getByLabel('First name').inputValue()) === 'Lando', SOON.timeout)
    await page.getByRole('status').filter({ hasText: 'saved' }).waitFor()
    t.ok(await page.evaluate('window.isSame'))
    await send(page, { last_name: 'Calrissian' })
    await page.getByRole('status').filter({ hasText: 'saved' }).waitFor()
    t.equal(await page.getByLabel('First name').inputValue(), 'Lando', 'and is sent with the version that it shows')
  })

  t.test('updates are announced, and paused for all pages of the tab until they are resumed', async t => {
    const { app, url, user, token, user_id } = await setUp(t)
    const rename = (first_name: string) =>
      call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name } })
    const page = await watch(t, browser, `${url}/account`, user)
    await rename('Han')
    await page
      .locator('[aria-live]')
      .filter({ hasText: 'This page has been updated.' })
      .waitFor({ ...SOON, state: 'attached' })
    await page.getByText('Han', { exact: true }).waitFor(SOON)

    const [pauseButton, resume] = ['Pause', 'Resume'].map(name =>
      page.getByRole('button', { name: `${name} updates` }),
    ) as [Locator, Locator]
    const underWay = Promise.withResolvers<void>()
    await page.route(`${url}/account`, route => underWay.promise.then(() => route.continue()))
    const asked = page.waitForRequest(`${url}/account`)
    await rename('Chewbacca')
    const response = (await asked).response()
    await pauseButton.click()
    underWay.resolve()
    await (await response)?.finished()
    await page.evaluate('new Promise(requestAnimationFrame)')
    t.ok(await page.getByText('Han', { exact: true }).isVisible(), 'an update that was under way is held back')
    await resume.click()
    await page.getByText('Chewbacca').waitFor(SOON)

    await pauseButton.click()
    await until(async () => (await openStreams(app)) === 0)
    await rename('Luke')
    await page.goto(`${url}/account/profile`)
    await resume.waitFor()
    t.same(await faultsOn(page), [])
    await rename('Lando')
    t.equal(await openStreams(app), 0)
    t.equal(await page.getByLabel('First name').inputValue(), 'Luke')
    await resume.click()
    await until(async () => (await page.getByLabel('First name').inputValue()) === 'Lando', SOON.timeout)
    await pauseButton.waitFor()
  })

  t.test('an update that fails is tried again', async t => {
    const { app, url, user, token, user_id } = await setUp(t)
    const page = await watch(t, browser, `${url}/account`, user)
    const failed = page.waitForResponse(response => response.status() === 429)
    await page.route(`${url}/account`, route => route.fulfill({ status: 429 }), { times: 1 })
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia' } })
    await failed
    await page.getByText('Leia', { exact: true }).waitFor(SOON)
  })

  t.test('many changes at once are a few requests', async t => {
    const { app, url, user, token } = await setUp(t)
    const page = await watch(t, browser, `${url}/account/contacts`, user)
    const asked: string[] = []
    page.on('request', request => void asked.push(new URL(request.url()).pathname))
    const cards = Array.from({ length: 500 }, (_, i) => `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Clone ${i}\r\nEND:VCARD\r\n`)
    await call(app, 'POST', '/contacts/v1/import', {
      token,
      payload: cards.join(''),
      headers: { 'content-type': 'text/vcard' },
    })
    await page.getByRole('link', { name: 'Clone 0' }).waitFor(SOON)
    t.ok(asked.length <= 5, asked.join(' '))
    t.ok(asked.every(path => path === '/account/contacts'))
  })

  t.test('a page that nobody looks at has no stream, and is up to date when it is looked at again', async t => {
    const { app, url, user, token, user_id } = await setUp(t)
    const page = await watch(t, browser, `${url}/account`, user)
    const look = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      )
    await until(async () => (await openStreams(app)) === 1)
    await look(true)
    await until(async () => (await openStreams(app)) === 0)
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Chewbacca' } })
    await look(false)
    await page.getByText('Chewbacca').waitFor(SOON)
    t.equal(await openStreams(app), 1)
  })

  t.test('a page whose stream is refused works as before', async t => {
    const { url, user } = await setUp(t, { LIVE_FEED_CONNECTIONS_MAX: '0' })
    const page = await watch(t, browser, `${url}/account/profile`, user)
    await send(page, { first_name: 'Wedge' })
    await page.getByRole('status').filter({ hasText: 'saved' }).waitFor()
    t.equal(await page.locator('.changed').textContent(), '')
  })

  t.test('an administrator sees what happens, and on the page of a user only what happens there', async t => {
    steppingClock(t)
    const { app, url, user, user_id } = await setUp(t)
    const admin = { email: (await administrator(app)).email, password: PASSWORD }
    const live = await watch(t, browser, `${url}/admin/live`, admin)
    const ofUser = await watch(t, browser, `${url}/admin/users/${user_id}`, admin)
    const asked: string[] = []
    ofUser.on('request', request => void asked.push(request.url()))
    const lines = (type: string) => live.locator('.rows > li').filter({ hasText: type })
    const seen = (type: string) => lines(type).filter({ hasText: user.email }).first().waitFor(SOON)

    await verifiedUser(app)
    await lines('person.created').first().waitFor(SOON)
    t.same(asked, [], 'what happens to others is no reason to ask')

    const page = await watch(t, another, `${url}/account/profile`, user)
    await send(page, { last_name: 'Organa' })
    await seen('person.updated')
    await ofUser.getByText('Organa').waitFor(SOON)

    await page.goto(`${url}/account/reauthenticate?redirect_to=/account/two-factor/totp`)
    await send(page, { password: PASSWORD })
    await page.getByRole('button', { name: 'Show the QR code' }).click()
    const secret = (await page.locator('.secret').textContent()) ?? ''
    await send(page, { otp: otpOf(secret.replaceAll(' ', '')) })
    await seen('otp_method.created')
    await seen('recovery_code.created')
    await ofUser
      .getByText('recovery codes (10)')
      .or(ofUser.getByText('Authenticator app enabled'))
      .first()
      .waitFor(SOON)

    const recovery_code = (await page.locator('.codes code').first().textContent()) ?? ''
    const half = await call(app, 'POST', '/users/v1/login', { payload: user })
    const { mfa_token } = half.json<{ mfa_token: string }>()
    await call(app, 'POST', '/users/v1/login/recovery_code', { payload: { mfa_token, recovery_code } })
    await seen('recovery_code.updated')
    await ofUser.getByText('Recovery code used').waitFor(SOON)

    await page.goto(`${url}/account/password`)
    await send(page, { new_password: 'Bespin1980' })
    await seen('login_method.updated')
    t.same(await faultsOn(live), [])
    for (const page of [live, ofUser]) t.ok(await page.evaluate('window.isSame'), page.url())
  })

  t.test('the pages complain of nothing', async t => {
    t.same(heard, [])
  })
}
