// What a form's page shows is guarded: by the session, and for some by a recent authentication. A body that cannot be read is an error before these guards
// are through, and its page must show nothing of it.
import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { build, call, newEmail } from '../../support/app.ts'
import { administratorsBrowser, type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { lateBodies } from '../../support/late-body.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'
import { routesOf } from '../../support/routes.ts'

const app = await build(t, OFFLINE_PROVIDER)
const send = await lateBodies(app)
const forms = routesOf(app).filter(({ url, method }) => method === 'POST' && /^\/(account|admin)\b/.test(url))
t.ok(forms.length > 25)

const UNREADABLE = {
  415: ['text/plain', 'x'],
  413: ['application/x-www-form-urlencoded', `otp=${'1'.repeat(70_000)}`],
  400: ['application/json', '{'],
} as const

/** They take no JSON at all. */
const FILES = ['/account/contacts/import', '/account/picture', '/account/picture/removal']

const headersOf = (browser: SignedInBrowser, type: string) => ({
  ...OWN_PAGE,
  accept: 'text/html',
  'content-type': type,
  cookie: `${app.sessionCookie.name}=${browser.cookie()}`,
})

const mainOf = ({ body }: LightMyRequestResponse) => /<main[\s\S]*<\/main>/.exec(body)?.[0] ?? ''

t.test('threat: a body that cannot be read, which shows a form and what is on its page without the guards', async t => {
  const browser = await administratorsBrowser(app)
  const wanted = newEmail()
  await browser.submit('/account/two-factor/totp/start')
  await browser.submit('/account/email', { email: wanted })
  const secret = /class="secret"[^>]*>([^<]+)/.exec((await browser.open('/account/two-factor/totp')).body)?.[1] ?? ''
  t.match(secret, /^[A-Z2-7 ]+$/)

  for (const [status, [type, payload]] of Object.entries(UNREADABLE)) {
    const pages = []
    for (const { path } of forms) {
      const page = await call(app, 'POST', path, { payload, headers: headersOf(browser, type) })
      t.equal(page.statusCode, FILES.includes(path) && type === 'application/json' ? 415 : Number(status), path)
      t.notMatch(page.body, wanted, path)
      t.notOk(page.body.includes(secret), path)
      if (page.statusCode === Number(status)) pages.push(mainOf(page))
    }
    t.equal(new Set(pages).size, 1, `one page for all, which has nothing of any: ${status}`)
    t.notMatch(pages[0], '<form')
  }
})

t.test('threat: such a body, held back until after the sign-out', async t => {
  for (const { path } of forms) {
    const browser = await (path.startsWith('/admin') ? administratorsBrowser(app) : signedInBrowser(app))
    const type = FILES.includes(path) ? 'multipart/form-data; boundary=x' : 'application/json'
    const request = { method: 'POST', path, headers: headersOf(browser, type), body: '{' }
    const response = await send(request, () => browser.submit('/signout'))
    t.match(response, /^HTTP\/1.1 303 /, path)
    t.match(response, /\r\nlocation: \/signin/, path)
    t.notMatch(response, browser.user.email, path)
  }
})
