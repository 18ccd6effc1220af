// The state of a login belongs to the browser and the provider that it was started with, and is used once (RFC 9700 §2.1, §4.7).
import t from 'tap'
import { build, call, codeOf } from '../../support/app.ts'
import { visit } from '../../support/providers/visit.ts'
import { APP_CALLBACK, Browser, gained, NOTHING, withAll, withCorp } from '../../support/social.ts'

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

t.test(
  "threat: an application's transaction is planted as a browser's cookie, or the cookie is posted as a transaction",
  async t => {
    const { app } = await withAll(t)
    for (const [provider, payload] of [
      ['corp', {}],
      ['linkedin', { redirect_uri: APP_CALLBACK }],
    ] as const) {
      const started = await call(app, 'POST', `/social/v1/${provider}/transaction`, { payload })
      const { transaction, state } = started.json<{ transaction: string; state: string }>()
      const browser = new Browser(app)
      const callback = await browser.callback(provider)
      const [[name = '', sealed = ''] = []] = browser.cookies
      const code = callback.searchParams.get('code')
      t.equal(
        codeOf(await call(app, 'POST', `/social/v1/${provider}`, { payload: { code, transaction: sealed } })),
        'social-state-invalid',
      )
      browser.cookies.set(name.slice(0, name.lastIndexOf('-') + 1) + state.slice(0, 16), transaction)
      callback.searchParams.set('state', state)
      t.equal((await browser.open(callback)).statusCode, 400)
    }
    t.same(await gained(app), NOTHING)
  },
)

t.test('a look at the callback, without its body, does not use it up', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  const { pathname, search, href } = await browser.callback('corp')
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const head = await app.inject({ method: 'HEAD', url: pathname + search, headers: { cookie } })
  t.ok(head.statusCode >= 400)
  t.equal((await browser.open(href)).statusCode, 303)
})

t.test('threat: a login with a long way back fills the cookies that a browser sends', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  const long = `/ui?${'x'.repeat(600)}`
  const response = await browser.open(`/social/v1/corp/authorize?redirect_to=${long}`)
  t.equal(response.statusCode, 400)
  for (let i = 0; i < 8; i++) await browser.begin('corp', `/ui?${'x'.repeat(500)}`)
  const bytes = [...browser.cookies].reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  t.ok(bytes < 8192, `${bytes}`)
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
  callback.search = `?${new URLSearchParams({ error: 'temporarily_unavailable', state: callback.searchParams.get('state') ?? '', iss: corp.issuer })}`
  const response = await browser.open(callback)
  t.equal(response.statusCode, 400)
  t.match(response.body, /temporarily_unavailable/)
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
