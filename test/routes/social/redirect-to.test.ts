// Where a login leads: pages in REDIRECT_URLS and PUBLIC_URL's own, compared exactly (RFC 9700 §4.11).
import t from 'tap'
import { ORIGIN } from '../../support/cookies.ts'
import { enrolled } from '../../support/mfa.ts'
import { APP_PAGE, Browser, linkedTo, withCorp } from '../../support/social.ts'

const { app, corp } = await withCorp(t)

for (const page of [APP_PAGE, `${ORIGIN}/ui`, '/ui'])
  t.test(`a login leads to ${page}`, async t => {
    const response = await new Browser(app).logIn('corp', page)
    t.equal(response.statusCode, 303)
    t.equal(new URL(response.headers.location ?? '', ORIGIN).href, new URL(page, ORIGIN).href)
  })

t.test('the page for the second factor allows its form to lead there, and a passkey in its place', async t => {
  const { user } = await enrolled(app)
  const luke = corp.person
  corp.person = user.email
  corp.people.set(user.email, { email: user.email })
  t.teardown(() => {
    corp.person = luke
  })
  await linkedTo(app, corp, user.email)
  const { headers, body } = await new Browser(app).logIn('corp', APP_PAGE)
  t.match(headers['content-security-policy'], "form-action 'self' https://app.example;")
  t.match(body, /<script src="[^"]*passkeys/)
})

const HOST = new URL(ORIGIN).host

const EVIL = [
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '\\/evil.test',
  'https:evil.test',
  'https:/evil.test',
  'https:///evil.test',
  'http://evil.test',
  'https://evil.test/after-login',
  `${APP_PAGE}.evil.test`,
  `${APP_PAGE}/`,
  `${APP_PAGE}/../elsewhere`,
  `${APP_PAGE}?next=https://evil.test`,
  `${APP_PAGE}#https://evil.test`,
  `${APP_PAGE}%2f..`,
  'https://app.example.evil.test/after-login',
  'https://app.example@evil.test/after-login',
  'https://app.example:secret@app.example/after-login',
  'https://user@app.example/after-login',
  'https://app.example:8443/after-login',
  'https://app.example:443@evil.test/after-login',
  'http://app.example/after-login',
  'https://app.example/After-Login',
  'https://app.example./after-login',
  'https://sub.app.example/after-login',
  'https://app。example/after-login',
  'https://xapp.example/after-login',
  'https://app.example/',
  'https://app.example\\@evil.test/after-login',
  'https://evil.test\\@app.example/after-login',
  'https://evil.test#@app.example/after-login',
  'https://evil.test?@app.example/after-login',
  'https://app.example%2eevil.test/after-login',
  'https://app.example%00.evil.test/after-login',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,evil',
  'blob:https://app.example/after-login',
  'view-source:https://app.example/after-login',
  '/\t/evil.test',
  '/\n/evil.test',
  '\t//evil.test',
  '%2f%2fevil.test',
  '/%2fevil.test/..//evil.test',
  `http://${HOST}@evil.test/`,
  `http://${HOST}.evil.test/`,
  `http://${HOST}:81/`,
  `https://${HOST}:81/`,
  `//${HOST}@evil.test/`,
  `http://evil.test\\.${HOST}/`,
  '/ui\r\nlocation: https://evil.test',
  '.evil.test',
  '@evil.test',
  ':80',
]

for (const page of EVIL)
  t.test(`threat: open redirect, ${JSON.stringify(page)}`, async t => {
    const browser = new Browser(app)
    const response = await browser.open(`/social/v1/corp/authorize?redirect_to=${encodeURIComponent(page)}`)
    t.equal(response.statusCode, 400)
    t.equal(response.headers.location, undefined)
  })

t.test('threat: two redirect_to, of which one is allowed', async t => {
  const query = `redirect_to=${encodeURIComponent(APP_PAGE)}&redirect_to=${encodeURIComponent('https://evil.test')}`
  t.equal((await new Browser(app).open(`/social/v1/corp/authorize?${query}`)).statusCode, 400)
})

t.test('threat: redirect_to at the callback instead', async t => {
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  callback.searchParams.set('redirect_to', 'https://evil.test')
  const { headers } = await browser.open(callback)
  t.notMatch(headers.location ?? '', 'evil.test')
})
