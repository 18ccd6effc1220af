/** The vanilla example in a browser, with the session cookie, on a listed origin and on another. */
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { exampleServer } from '../../examples/vanilla/serve.ts'
import { NO_CLIENT, verifiedUser } from '../support/app.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { openTab, serveExample, servePages } from '../support/browser/example.ts'
import { sessionOf } from '../support/session.ts'

// For a machine that is busy with other tests.
t.setTimeout(300_000)

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test(
    'by cookie, a page of a listed origin logs in, in all tabs and after a reload, and no script sees a token',
    async t => {
      const heard = complaints(browser)
      const { app, url, origin } = await serveExample(t, origin => ({ COOKIE_ORIGINS: origin }))
      const user = await verifiedUser(app)
      const tab = await openTab(t, browser, `${origin}/?session=cookie`)
      const other = await openTab(t, browser, `${origin}/?session=cookie`)
      await tab.logIn(user)
      for (const each of [tab, other]) await each.showsFilms()
      await tab.page.reload()
      await tab.showsFilms()
      const seen = await tab.run<string>(
        'return JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie',
      )
      t.notMatch(seen, /eyJ/)

      const [cookie] = await browser.cookies(url)
      t.match(cookie, { name: 'holocron', httpOnly: true, sameSite: 'Lax' })
      const init = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"first_name":"Leia"}' }
      const { user_id } = await sessionOf(app, cookie?.value ?? '')
      t.match(await tab.call(`/users/v1/${user_id}`, init), { status: 200 })
      await other.page.getByRole('button', { name: 'Log out' }).click()
      for (const each of [tab, other]) await each.asksForLogin('You are logged out.')
      t.ok((await sessionOf(app, cookie?.value ?? '')).revoked_at)
      t.same(heard, [], 'the browser complains of nothing')
    },
  )

  t.test('a session cookie that was revoked asks for the login, in all tabs', async t => {
    const { app, url, origin } = await serveExample(t, origin => ({ COOKIE_ORIGINS: origin }))
    const tab = await openTab(t, browser, `${origin}/?session=cookie`)
    const other = await openTab(t, browser, `${origin}/?session=cookie`)
    await tab.logIn(await verifiedUser(app))
    for (const each of [tab, other]) await each.showsFilms()
    const [cookie] = await browser.cookies(url)
    const { id, user_id } = await sessionOf(app, cookie?.value ?? '')
    await app.sessions.end(user_id, id, NO_CLIENT)
    t.match(await tab.call('/films/v1/'), { status: 401 })
    for (const each of [tab, other]) await each.asksForLogin('Please log in again.')
  })

  t.test('threat: another page of the same site uses the cookie of somebody who has logged in', async t => {
    const { app, url, origin } = await serveExample(t, origin => ({ COOKIE_ORIGINS: origin }))
    const tab = await openTab(t, browser, `${origin}/?session=cookie`)
    await tab.logIn(await verifiedUser(app))
    await tab.showsFilms()

    const attacker = await openTab(t, browser, `${await servePages(t, exampleServer(url))}/?session=cookie`)
    const attempt = (init: string) =>
      attacker.run<string>(
        `return fetch(args.url + '/users/v1/sessions', ${init}).then(response => response.type, error => error.name)`,
        { url },
      )
    t.equal(await attempt(`{ credentials: 'include' }`), 'TypeError', 'it cannot read')
    t.equal(await attempt(`{ credentials: 'include', method: 'DELETE' }`), 'TypeError', 'no preflight is allowed')
    const form = await attacker.run<string>(
      `return fetch(args.url + '/sessions/v1/', { method: 'POST', mode: 'no-cors', credentials: 'include',
        body: new URLSearchParams({ email: 'a@b.example', password: 'Alderaan1977' }) }).then(response => response.type, error => error.name)`,
      { url },
    )
    t.ok(['opaque', 'TypeError'].includes(form), 'nor see what became of a form')
    t.match(await tab.call('/films/v1/'), { status: 200 }, 'the session goes on')
  })
}
