/** What happens to several tabs of the vanilla example in a browser, on another port than the service. */
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { openBrowser } from '../support/browser/chromium.ts'
import { loggedIn } from '../support/browser/example.ts'
import { reuseEvents, sessionOf } from '../support/session.ts'

// For a machine that is busy with other tests.
t.setTimeout(300_000)

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
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
    for (const each of [tab, other]) await each.asksForLogin('You are logged out.')
    await other.logIn(user)
    for (const each of [tab, other]) await each.showsFilms()
  })
}
