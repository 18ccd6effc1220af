// The state of a login belongs to the browser and the provider that it was started with, and is used once (RFC 9700 §2.1, §4.7).
import t from 'tap'
import { build } from '../../support/app.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, gained, NOTHING, withAll, withCorp } from '../../support/social.ts'

t.test('threat: a callback without, or with an unknown state logs nobody in', async t => {
  const { app } = await withCorp(t)
  for (const change of [
    (url: URL) => url.searchParams.delete('state'),
    (url: URL) => url.searchParams.set('state', ''),
    (url: URL) => url.searchParams.set('state', 'x'.repeat(43)),
    (url: URL) => url.searchParams.append('state', 'twice'),
  ]) {
    const browser = new Browser(app)
    const callback = await browser.callback('corp')
    change(callback)
    const response = await browser.open(callback)
    t.equal(response.statusCode, 400, callback.search)
    t.equal(await browser.user(), undefined)
  }
  t.same(await gained(app), NOTHING)
})

t.test("threat: login CSRF, where an attacker's callback is opened in a victim's browser", async t => {
  const { app } = await withCorp(t)
  const attacker = new Browser(app)
  const callback = await attacker.callback('corp')
  const victim = new Browser(app)
  t.equal((await victim.open(callback)).statusCode, 400, 'a browser that started nothing')
  await victim.begin('corp')
  t.equal((await victim.open(callback)).statusCode, 400, 'and one that is in the midst of a login')
  t.equal(await victim.user(), undefined)
  t.same(await gained(app), NOTHING)
})

t.test('threat: a callback is replayed, and the provider accepts its code again', async t => {
  const { app, env } = await withCorp(t, { reusableCodes: true })
  const other = await build(t, env)
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  const cookies = new Map(browser.cookies)
  t.equal((await browser.open(callback)).statusCode, 303)
  const before = await gained(app)
  for (const instance of [app, other]) {
    const replay = new Browser(instance)
    for (const [name, value] of cookies) replay.cookies.set(name, value)
    t.equal((await replay.open(callback)).statusCode, 400)
    t.equal(await replay.user(), undefined)
  }
  t.same(await gained(app), before)
})

t.test('threat: the state of one provider is used at another', async t => {
  const { app } = await withAll(t)
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  callback.pathname = callback.pathname.replace('/corp/', '/google/')
  t.equal((await browser.open(callback)).statusCode, 400)
  t.same(await gained(app), NOTHING)
})

t.test('several tabs each finish their own login, in any order', async t => {
  const { app } = await withAll(t)
  const browser = new Browser(app)
  const first = await browser.begin('corp')
  const second = await browser.begin('google')
  const third = await browser.begin('corp')
  for (const location of [third, first, second]) t.equal((await browser.open(await visit(location))).statusCode, 303)
  t.ok(await browser.user())
})

t.test('threat: a forged cookie with a state of the attacker’s choice', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  for (const [name, value] of browser.cookies)
    browser.cookies.set(name, `${value.slice(0, -2)}${value.endsWith('AA') ? 'BB' : 'AA'}`)
  t.equal((await browser.open(callback)).statusCode, 400)
  t.same(await gained(app), NOTHING)
})

t.test('a provider’s error reaches the person by its name, and its state is used up', async t => {
  const { app, corp } = await withCorp(t)
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  callback.search = `?${new URLSearchParams({ error: 'access_denied', state: callback.searchParams.get('state') ?? '', iss: corp.issuer })}`
  const response = await browser.open(callback)
  t.equal(response.statusCode, 400)
  t.match(response.body, /access_denied/)
  t.same(await gained(app), NOTHING)
})

t.test('threat: markup in a provider’s error', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  const state = callback.searchParams.get('state') ?? ''
  const evil = '<script>alert(1)</script>'
  callback.search = `?${new URLSearchParams({ error: evil, error_description: evil, error_uri: 'javascript:alert(1)', state })}`
  const { body } = await browser.open(callback)
  t.notMatch(body, '<script>alert')
  t.notMatch(body, 'javascript:')
})
