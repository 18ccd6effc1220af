// People who go astray get a page; programs get JSON, also from caches.
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { build as buildApp } from '../../../app.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { build, call, environment } from '../../support/app.ts'

const app = await build(t)
const BROWSER = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'accept-language': 'de' }

const CASES: [method: 'GET' | 'POST', url: string, status: number, text: string][] = [
  ['GET', '/nothing', 404, 'Diese Seite gibt es nicht'],
  ['GET', '/users/v1/login', 405, 'So lässt sich diese Seite nicht öffnen'],
  ['GET', '/films/v1/', 401, 'Melden Sie sich zuerst an'],
  ['GET', '/films/v1/99', 404, 'Diese Seite gibt es nicht'],
  ['POST', '/nothing', 404, 'Diese Seite gibt es nicht'],
]

for (const [method, url, status, text] of CASES) {
  t.test(`${method} ${url} is ${status}: a page for browsers, JSON for programs, with the same headers`, async t => {
    const page = await call(app, method, url, { headers: BROWSER })
    const json = await call(app, method, url)
    t.equal(page.statusCode, status)
    t.match(page.body, '<html lang="de">')
    t.match(page.body, text)
    t.match(page.body, 'href="/"')
    t.match(page.headers['content-security-policy'], /^default-src 'none'; style-src 'self'/)
    t.match(json.json(), { status: 'error', statusCode: status })
    for (const name of ['allow', 'www-authenticate', 'cache-control', 'vary'])
      t.same(page.headers[name], json.headers[name], name)
    t.match(page.headers, { vary: /Accept$/, 'cache-control': /no-store|no-cache/ })
  })
}

t.test('threat: a path that a browser takes for another host, in the links of its page', async t => {
  for (const url of ['//evil.test/x', '///evil.test', '/%5c/evil.test', '//evil.test/<script>'])
    for (const [, link = ''] of (await call(app, 'GET', url, { headers: BROWSER })).body.matchAll(/href="([^"]*)"/g))
      t.notMatch(link, /^(?!\/[^/\\]|\/$|#)/, url)
})

for (const [url, status, text] of [
  ['/%ff', 400, 'Etwas an dieser Anfrage fehlt'],
  [`/films/v1/${'9'.repeat(200)}`, 414, 'Dieser Link ist zu lang'],
] as const) {
  t.test(`an address that no route can be asked with is ${status}: a page for browsers, JSON for programs`, async t => {
    const page = await call(app, 'GET', url, { headers: BROWSER })
    t.equal(page.statusCode, status)
    t.match(page.headers, { 'content-type': 'text/html; charset=utf-8', vary: 'Accept', 'x-request-id': /./ })
    t.match(page.headers['content-security-policy'], /^default-src 'none'; style-src 'self'/)
    t.match(page.body, '<html lang="de">')
    t.match(page.body, text)
    const json = await call(app, 'GET', url)
    t.match(json.headers, { 'content-type': 'application/json; charset=utf-8', vary: 'Accept' })
    t.match(json.json(), { status: 'error', statusCode: status })
  })
}

const TITLES: [code: keyof typeof errors, en: string, de: string, es: string][] = [
  ['notFound', 'Page not found', 'Seite nicht gefunden', 'Página no encontrada'],
  ['methodNotAllowed', 'Not available this way', 'So nicht verfügbar', 'No disponible de este modo'],
  ['forbidden', 'No access', 'Kein Zugang', 'Sin acceso'],
  ['authorisationRequired', 'Please sign in', 'Bitte melden Sie sich an', 'Inicie sesión'],
  ['bodyTooLarge', 'Too much at once', 'Zu viele Daten', 'Demasiados datos'],
  ['uriTooLong', 'Address too long', 'Adresse zu lang', 'Dirección demasiado larga'],
  ['mediaTypeUnsupported', 'Not from this page', 'Nicht von diesem Formular', 'No es un formulario de esta página'],
  ['tooManyRequests', 'Too many requests', 'Zu viele Anfragen', 'Demasiadas peticiones'],
  ['unavailable', 'Not available right now', 'Gerade nicht verfügbar', 'No disponible en este momento'],
  ['internal', 'This did not work', 'Das hat nicht geklappt', 'Esto no ha funcionado'],
]

t.test('the page of an error says in its title what is wrong', async t => {
  const failing = buildApp(readConfig(await environment(t)))
  t.teardown(() => failing.close())
  failing.register(async scope => {
    for (const [code] of TITLES)
      scope.get(`/${code}`, { config: { access: 'public' } }, async () => {
        throw errors[code]()
      })
  })
  for (const [code, ...titles] of TITLES)
    for (const [i, language] of ['en', 'de', 'es'].entries()) {
      const headers = { accept: 'text/html', 'accept-language': language }
      const page = await call(failing, 'GET', `/${code}`, { headers })
      t.match(page.body, `<title>${titles[i]} · Holocron</title>`)
      t.match(page.body, `<h1>${titles[i]}</h1>`)
    }
})

for (const [accept, wanted] of [
  ['text/html', true],
  ['TEXT/HTML;Q=0.5', true],
  ['text/html;level=1;q=0.4, application/json;q=0.3', true],
  ['application/json, text/html', true],
  ['text/html;q=0', false],
  ['text/html; q=0.000, */*', false],
  ['application/json, text/html;q=0.9', false],
  ['application/xhtml+xml, */*', false],
  ['text/html-sandboxed', false],
  ['', false],
] as const) {
  t.test(`Accept: ${accept} ${wanted ? 'asks for a page' : 'asks for no page'}`, async t => {
    const { headers } = await call(app, 'GET', '/nothing', { headers: { accept } })
    t.equal(headers['content-type'], wanted ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8')
  })
}
