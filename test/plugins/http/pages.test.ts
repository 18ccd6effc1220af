// What every hosted page has in common.
import t from 'tap'
import { administrator, build, call, PASSWORD, verifiedUser } from '../../support/app.ts'
import { browse, browserLogIn } from '../../support/cookies.ts'
import { FORMS, open, PAGES, submit } from '../../support/pages.ts'

const app = await build(t)

/** Every page, and every form that comes back with an error. */
async function everyPage(of = app) {
  const pages = await Promise.all(PAGES.map(async path => ({ path, page: await open(of, path) })))
  const forms = Object.entries(FORMS).map(async ([path, form]) => ({
    path: `POST ${path}`,
    page: await submit(of, path, form),
  }))
  return [...pages, ...(await Promise.all(forms))]
}

t.test('every page is HTML that nobody frames or keeps, with no code or style in it', async t => {
  for (const { path, page } of await everyPage()) {
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8', path)
    t.equal(page.headers['cache-control'], 'no-store', path)
    t.equal(page.headers['referrer-policy'], 'same-origin', path)
    const policy = String(page.headers['content-security-policy'])
    t.match(
      policy,
      /^default-src 'none'; style-src 'self'; img-src 'self'; .*base-uri 'none'; frame-ancestors 'none'$/,
      path,
    )
    t.notMatch(policy, /unsafe|\*|data:|https:/, path)
    t.notMatch(page.body, /<style|<script(?! src=)|\son\w+=|\sstyle=|javascript:/i, path)
    t.equal(/script-src/.test(policy), /<script/.test(page.body), `${path} allows scripts if it has one`)
  }
})

t.test('every page has its landmarks, one heading of the first level, a title, and a label for each field', async t => {
  for (const { path, page } of await everyPage()) {
    for (const part of ['<html lang="en">', 'class="skip" href="#main"', '<main id="main"', '<header', '<footer'])
      t.match(page.body, part, path)
    t.equal(page.body.match(/<h1/g)?.length, 1, path)
    t.match(page.body, /<title>[^<]{4,} · Holocron<\/title>/, path)
    for (const [, id] of page.body.matchAll(/<input id="([^"]+)"/g)) t.match(page.body, `<label for="${id}">`, path)
    t.notMatch(page.body, /undefined|\[object|NaN|\{\w+\}/, path)
  }
})

t.test('a page that failed says so in its title, and puts the focus on what went wrong', async t => {
  for (const [path, form] of Object.entries(FORMS)) {
    const { body } = await submit(app, path, form)
    t.match(body, '<title>Error: ', path)
    t.match(body, /role="alert" tabindex="-1" autofocus/, path)
    t.equal(body.match(/ autofocus/g)?.length, 1, path)
  }
})

t.test(
  'the language is the one that ?lang names, then the one the browser asks for, and links keep a choice',
  async t => {
    const cases: [query: string, accept: string, language: string][] = [
      ['', '', 'en'],
      ['', 'de-AT,de;q=0.9,en;q=0.8', 'de'],
      ['?lang=es', 'de', 'es'],
      ['?lang=tlh', 'de', 'de'],
    ]
    for (const [query, accept, language] of cases) {
      const page = await open(app, `/signin${query}`, { 'accept-language': accept })
      t.match(page.body, `<html lang="${language}">`)
    }
    const spanish = await open(app, '/signin?lang=es&redirect_to=/ui')
    t.match(spanish.body, 'href="/forgot?redirect_to=%2Fui&amp;lang=es"')
    t.match(spanish.body, 'action="/signin?redirect_to=%2Fui&amp;lang=es"')
    t.match(spanish.body, 'href="/signin?lang=de&amp;redirect_to=%2Fui"')
    t.match((await submit(app, '/signup?lang=de', {})).body, /Das hat nicht geklappt/)
    const sent = await submit(app, '/forgot?lang=de', { email: 'leia@alderaan.example' })
    t.match(sent.body, 'action="/forgot/code?lang=de"')
    t.match(sent.body, 'href="/forgot/sent?lang=es"')
    t.equal(
      (await submit(app, '/signup/resend?lang=de', { email: 'leia@alderaan.example' })).headers.location,
      '/signup/sent?lang=de',
    )
  },
)

t.test('threat: a form is sent by a page of another site', async t => {
  for (const [path, form] of Object.entries(FORMS)) {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.test' },
      { origin: 'null' },
    ]) {
      const response = await submit(app, path, form, headers)
      t.equal(response.statusCode, 403, path)
      t.equal(response.headers['set-cookie'], undefined)
      t.notMatch(response.body, 'leia@alderaan.example', 'nor does it fill in ours')
    }
  }
})

t.test('beyond the limits, the form comes back with how long to wait', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '1' })
  await submit(app, '/signin', FORMS['/signin'] ?? {})
  const response = await submit(app, '/signin', FORMS['/signin'] ?? {})
  t.equal(response.statusCode, 429)
  const seconds = String(response.headers['retry-after'])
  t.match(response.body, `Try again in ${seconds} second`)
  t.match(response.body, 'name="password"')
})

t.test('under a path of its own, every link, form and file is below it', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://example.test/auth' })
  for (const { path, page } of await everyPage(app)) {
    for (const [, target = ''] of page.body.matchAll(/(?:href|src|action|data-\w+)="([^"]*)"/g))
      t.match(target, /^(\/auth\/|#)/, `${path}: ${target}`)
  }
  const { email, password } = await verifiedUser(app)
  t.equal((await submit(app, '/signin', { email, password })).headers.location, '/auth/')
})

t.test('the product has its own name, logo, color and way back', async t => {
  const app = await build(t, {
    APP_NAME: 'Bücher & <Söhne>',
    APP_URL: 'https://app.example/start',
    APP_LOGO: 'https://cdn.example/logo.svg',
    APP_COLOR: '#0a7a3f',
  })
  const page = await open(app, '/signin')
  t.match(page.body, '<title>Sign in · Bücher &amp; &lt;Söhne&gt;</title>')
  t.match(page.body, '<img src="https://cdn.example/logo.svg" alt="Bücher &amp; &lt;Söhne&gt;">')
  t.match(page.body, '<a href="https://app.example/start">Back to Bücher &amp; &lt;Söhne&gt;</a>')
  t.match(page.headers['content-security-policy'], "img-src 'self' https://cdn.example/logo.svg;")
  t.notMatch(page.body, 'Holocron')
  const [, sheet = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(page.body) ?? []
  t.match((await call(app, 'GET', sheet)).body, '--accent-light:#0a7a3f')
})

t.test('browsers get a welcome at the root, programs JSON; whoever is signed in is told as whom', async t => {
  t.match((await call(app, 'GET', '/')).json(), { name: 'Holocron' })
  t.match((await open(app, '/')).body, 'href="/signin"')
  const user = await verifiedUser(app)
  const inside = await browse(app, 'GET', '/', await browserLogIn(app, user), { accept: 'text/html' })
  t.match(inside.body, `<bdi>${user.email}</bdi>`)
  t.match(inside.body, 'action="/signout"')
  t.notMatch(inside.body, 'href="/admin"')
  const admin = { email: (await administrator(app)).email, password: PASSWORD }
  const theirs = await browse(app, 'GET', '/', await browserLogIn(app, admin), { accept: 'text/html' })
  t.match(theirs.body, 'href="/admin">Administration</a>')
  t.match(inside.headers.vary, 'accept')
  const forged = await browse(app, 'GET', '/', 'x.y.z', { accept: 'text/html' })
  t.equal(forged.statusCode, 200)
  t.match(forged.body, 'href="/signin"')
})
