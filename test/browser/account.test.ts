// The account console in a browser: can everybody read every section?
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { verifiedUser } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('every section that the navigation names can be read by everybody', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const user = await verifiedUser(app)
    await page.goto(`${url}/account`)
    await send(page, user)
    await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor()
    const links = page.getByRole('navigation', { name: 'Sections' }).getByRole('link')
    const sections = await Promise.all((await links.all()).map(link => link.getAttribute('href')))
    t.ok(sections.includes('/account'))
    for (const path of [...sections, '/account/reauthenticate'].map(String)) {
      await page.goto(url + path)
      t.equal(await page.evaluate('scrollY'), 0, `${path} opens at its top`)
      t.same(await faultsOn(page), [], path)
    }
    t.same(heard, [], 'the pages complain of nothing')
  })
  t.test('on a phone the sections are one row, with the open one in sight', async t => {
    const { app, url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.setViewportSize({ width: 360, height: 760 })
    await page.goto(`${url}/account`)
    await send(page, await verifiedUser(app))
    await page.goto(`${url}/account/data`)
    const links = page.getByRole('navigation', { name: 'Sections' }).getByRole('link')
    const boxes = await Promise.all((await links.all()).map(link => link.boundingBox()))
    t.equal(new Set(boxes.map(box => box?.y)).size, 1)
    const open = await links.and(page.locator('[aria-current=page]')).boundingBox()
    t.ok(open && open.x >= 0 && open.x + open.width <= 360, JSON.stringify(open))
    t.equal(await page.evaluate('scrollY'), 0)
    const fades = () =>
      page.evaluate<string[]>(
        "['--before', '--after'].map(name => getComputedStyle(document.querySelector('.sections ul')).getPropertyValue(name))",
      )
    t.same(await fades(), ['40px', '0px'], 'at its end there is more before')
    await page.goto(`${url}/account`)
    t.same(await fades(), ['0px', '40px'], 'at its beginning there is more after')
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.goto(`${url}/account`)
    t.equal(
      await page.evaluate("getComputedStyle(document.querySelector('.sections ul')).maskImage"),
      'none',
      'where all of it is in sight nothing fades',
    )
  })
}
