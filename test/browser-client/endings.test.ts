/** When the vanilla example asks for the login in a browser, in all tabs, and when it does not. */
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { loggedIn } from '../support/browser/example.ts'
import { logOut, nextTokens, reuseEvents } from '../support/session.ts'

const GENERATE_TOKENS = '**/users/v1/generate_tokens'

// For a machine that is busy with other tests.
t.setTimeout(300_000)

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('a session that was ended elsewhere asks for the login, in all tabs, at the next call of one', async t => {
    const { app, tab, other } = await loggedIn(t, browser)
    await logOut(app, (await tab.tokens()).access)
    t.match(await tab.call('/films/v1/'), { status: 401 })
    for (const each of [tab, other]) await each.asksForLogin('Please log in again.')
  })

  t.test(
    'threat: a stolen refresh token, used by the thief first. The session ends and its owner is asked to log in',
    async t => {
      const { app, tab, other } = await loggedIn(t, browser)
      const stolen = await tab.tokens()
      const thief = await nextTokens(app, (await nextTokens(app, stolen.refresh)).refresh_token)
      t.match(await tab.call('/films/v1/'), { status: 401 })
      for (const each of [tab, other]) await each.asksForLogin('Please log in again.')
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

  t.test('a service that is unavailable for a while logs nobody out', async t => {
    const { tab, other } = await loggedIn(t, browser)
    const json = { message: 'service-unavailable' }
    await tab.page.route(GENERATE_TOKENS, route => route.fulfill({ status: 503, json }))
    await tab.change({ access: 'x' })
    t.match(await tab.call('/films/v1/'), { status: 503, code: 'service-unavailable' })
    await tab.page.unroute(GENERATE_TOKENS)
    for (const each of [tab, other]) t.match(await each.call('/films/v1/'), { status: 200 })
    t.equal(await tab.status.textContent(), '')
  })
}
