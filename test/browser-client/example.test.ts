/** The vanilla example in a browser, on another port than the service: what the browser client promises for tabs, tokens and the cookie. */
import type { BrowserContext } from 'playwright-core'
import t, { type Test } from 'tap'
import { mailedToken, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { openTab, serveExample, type Tab } from '../support/browser/example.ts'
import { enrolled, otpOf } from '../support/mfa.ts'
import { logOut, nextTokens, reuseEvents, sessionOf } from '../support/session.ts'

const FILMS = 7

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

/** Two tabs of the example in front of somebody who has logged in. */
async function loggedIn(t: Test, browser: BrowserContext) {
  const { app, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }))
  const user = await verifiedUser(app)
  const tab = await openTab(t, browser, origin)
  const other = await openTab(t, browser, origin)
  await tab.logIn(user)
  for (const each of [tab, other]) await showsFilms(each)
  return { app, user, tab, other }
}

const showsFilms = ({ films }: Tab) => films.nth(FILMS - 1).waitFor()

async function asksForLogin({ page, status }: Tab, text: string): Promise<void> {
  await status.filter({ hasText: text }).waitFor()
  await page.getByLabel('Password').waitFor()
}

const GENERATE_TOKENS = '**/users/v1/generate_tokens'

function asAPerson(browser: BrowserContext): void {
  t.test('a person signs up, follows the mailed link, logs in and reads the films until logging out', async t => {
    const heard = complaints(browser)
    const { app, url, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }))
    const tab = await openTab(t, browser, origin)
    const user = { email: newEmail(), password: PASSWORD }
    await tab.page.getByLabel('E-mail').fill(user.email)
    await tab.page.getByLabel('Password').fill(user.password)
    await tab.page.getByRole('button', { name: 'Sign up' }).click()
    await tab.status.filter({ hasText: 'Follow the link' }).waitFor()
    await tab.page.getByRole('button', { name: 'Log in', exact: true }).click()
    await tab.status.filter({ hasText: 'email-unverified' }).waitFor()

    const mailed = await browser.newPage()
    await mailed.goto(`${url}/users/v1/email_verification?token=${await mailedToken(app, user.email)}`)
    await mailed.getByLabel('Password').fill(PASSWORD)
    await mailed.getByRole('button').first().click()
    await mailed.waitForLoadState()
    await mailed.close()

    await tab.logIn(user)
    await showsFilms(tab)
    await tab.page.reload()
    await showsFilms(tab)
    const { access } = await tab.tokens()
    await tab.page.getByRole('button', { name: 'Log out' }).click()
    await asksForLogin(tab, 'You are logged out.')
    t.ok((await sessionOf(app, access)).revoked_at, 'the service knows')
    t.same(heard, [], 'the browser complains of nothing')
  })

  t.test(
    'forty parallel calls in each of two tabs, with a refresh among them: none fails, and there is one refresh',
    async t => {
      const { app, tab, other } = await loggedIn(t, browser)
      const before = await tab.tokens()
      const calls = `
      const calls = Array.from({ length: 20 }, () => call('/films/v1/'))
      change(args)
      calls.push(...Array.from({ length: 20 }, () => call('/films/v1/')))
      return Promise.all(calls)`
      const inOther = other.run<{ status: number }[]>(calls)
      const inTab = tab.run<{ status: number }[]>(calls, { refreshAt: 0 })
      const answers = [...(await inTab), ...(await inOther)]
      t.same([...new Set(answers.map(({ status }) => status))], [200])
      t.equal(answers.length, 80)
      t.not((await tab.tokens()).access, before.access)
      t.equal((await sessionOf(app, before.access)).generation, 2)
      t.same(await reuseEvents(app, before.access), [])
    },
  )

  t.test('calls that a refresh in the other tab interrupts are sent once more, with their bodies', async t => {
    const { app, tab, other } = await loggedIn(t, browser)
    const before = await tab.tokens()
    const init = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"first_name":"Leia"}' }
    const { user_id } = await sessionOf(app, before.access)
    const path = `/users/v1/${user_id}`
    const held = Promise.withResolvers<void>()
    const sent: string[] = []
    await tab.page.route(`**${path}`, async route => {
      sent.push((await route.request().headerValue('authorization')) ?? '')
      if (sent.length === 1) await held.promise
      await route.continue()
    })
    const answer = tab.call(path, init)
    await tab.page.waitForRequest(`**${path}`)
    await other.change({ refreshAt: 0 })
    t.match(await other.call('/films/v1/'), { status: 200 })
    held.resolve()
    t.match(await answer, { status: 200 })
    t.same(
      sent,
      [before, await other.tokens()].map(({ access }) => `Bearer ${access}`),
    )
    t.equal((await sessionOf(app, before.access)).generation, 2)
  })

  t.test('a logout in one tab logs out the other, and a login in one logs in the other', async t => {
    const { user, tab, other } = await loggedIn(t, browser)
    await tab.page.getByRole('button', { name: 'Log out' }).click()
    for (const each of [tab, other]) await asksForLogin(each, 'You are logged out.')
    await other.logIn(user)
    for (const each of [tab, other]) await showsFilms(each)
  })

  t.test('a session that was ended elsewhere asks for the login, in all tabs, at the next call of one', async t => {
    const { app, tab, other } = await loggedIn(t, browser)
    await logOut(app, (await tab.tokens()).access)
    t.match(await tab.call('/films/v1/'), { status: 401 })
    for (const each of [tab, other]) await asksForLogin(each, 'Please log in again.')
  })

  t.test(
    'threat: a stolen refresh token, used by the thief first. The session ends and its owner is asked to log in',
    async t => {
      const { app, tab, other } = await loggedIn(t, browser)
      const stolen = await tab.tokens()
      const thief = await nextTokens(app, (await nextTokens(app, stolen.refresh)).refresh_token)
      t.match(await tab.call('/films/v1/'), { status: 401 })
      for (const each of [tab, other]) await asksForLogin(each, 'Please log in again.')
      t.equal((await reuseEvents(app, thief.token)).length, 1)
    },
  )

  t.test('offline for a while, with a token about to expire: nobody is logged out', async t => {
    const { tab, other } = await loggedIn(t, browser)
    await tab.change({ refreshAt: 0 })
    await browser.setOffline(true)
    t.teardown(() => browser.setOffline(false))
    for (const each of [tab, other])
      t.equal(await each.run(`return client.fetch('/films/v1/').catch(error => error.name)`), 'TypeError')
    await browser.setOffline(false)
    for (const each of [tab, other]) t.match(await each.call('/films/v1/'), { status: 200 })
    t.equal(await tab.status.textContent(), '')
  })

  for (const [status, message] of [
    [503, 'service-unavailable'],
    [429, 'too-many-requests'],
    [502, undefined],
    [401, undefined],
    [404, 'not-found'],
  ] as const)
    t.test(`a refresh that is answered ${status} ${message ?? 'by a proxy'} logs nobody out`, async t => {
      const { tab, other } = await loggedIn(t, browser)
      await tab.page.route(GENERATE_TOKENS, route => route.fulfill({ status, json: { message } }))
      await tab.change({ refreshAt: 0 })
      t.match(await tab.call('/films/v1/'), { status: 200 }, 'the present token still works')
      await tab.change({ access: 'x' })
      t.match(await tab.call('/films/v1/'), { status }, 'now it does not, and the response says why')
      await tab.page.unroute(GENERATE_TOKENS)
      for (const each of [tab, other]) t.match(await each.call('/films/v1/'), { status: 200 })
      t.equal(await tab.status.textContent(), '')
    })

  t.test('a login with a second factor asks for its code', async t => {
    const { app, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }))
    const { user, secret } = await enrolled(app)
    const tab = await openTab(t, browser, origin)
    await tab.logIn(user)
    await tab.page.getByLabel('Code').fill(otpOf(secret))
    await tab.page.getByRole('button', { name: 'Continue' }).click()
    await showsFilms(tab)
  })
}
