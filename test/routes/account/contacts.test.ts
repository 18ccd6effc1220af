// The address book as people see it.
import t from 'tap'
import type { Contacts } from '#schemas/contacts.ts'
import { build, call } from '../../support/app.ts'
import { IOS } from '../../support/cards.ts'
import { type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { fieldOf } from '../../support/pages.ts'

const app = await build(t, { CONTACTS_RATE_LIMIT_MAX: '1000000', CONTACTS_MAX: '30' })

const PAGE = '/account/contacts'
const EMPTY = { first_name: '', last_name: '', email: '', phone_number: '', birthday: '', address: '', notes: '' }
const LEIA = {
  first_name: 'Leia',
  last_name: 'Organa',
  email: 'leia@alderaan.example',
  phone_number: '+47 22 33 44 55',
  birthday: '--10-21',
  address: 'Royal Palace\r\nAldera',
  notes: 'Met at the cantina',
}

/** Sends a file by the page's form. */
async function upload(
  browser: SignedInBrowser,
  file: Buffer,
  fields: Record<string, string> = {},
  headers: object = OWN_PAGE,
) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([Buffer.from(file)]), 'contacts.vcf')
  const body = new Response(form)
  return call(app, 'POST', `${PAGE}/import`, {
    payload: Buffer.from(await body.arrayBuffer()),
    headers: {
      accept: 'text/html',
      'content-type': String(body.headers.get('content-type')),
      cookie: `${app.sessionCookie.name}=${browser.cookie()}`,
      ...headers,
    },
  })
}

async function setUp() {
  const browser = await signedInBrowser(app)
  const headers = () => ({ cookie: `${app.sessionCookie.name}=${browser.cookie()}` })
  const saved = async () => (await call(app, 'GET', '/contacts/v1/', { headers: headers() })).json<Contacts>().results
  const add = async (form: Record<string, string>) => {
    await browser.submit(`${PAGE}/new`, { ...EMPTY, ...form })
    return (await saved()).find(({ first_name }) => first_name === form.first_name)?.id ?? ''
  }
  return { browser, saved, add }
}

t.test('a contact is added, shown, edited and deleted', async t => {
  const { browser, saved, add } = await setUp()
  t.match((await browser.open(PAGE)).body, 'You have no contacts yet')
  t.notMatch((await browser.open(`${PAGE}/new`)).body, '/delete')
  const url = `${PAGE}/${await add(LEIA)}`
  const listed = await browser.open(`${PAGE}?done=created`)
  t.match(listed.body, /role="status"[^<]*>The contact is saved/)
  t.match(listed.body, `href="${url}"><bdi>Leia Organa</bdi>`)
  t.match(await saved(), [{ ...LEIA, address: 'Royal Palace\nAldera' }])

  const form = await browser.open(url)
  t.equal(fieldOf(form, 'last_name'), 'Organa')
  const edited = await browser.submit(url, {
    ...LEIA,
    last_name: 'Solo',
    notes: '',
    version: fieldOf(form, 'version') ?? '',
  })
  t.equal(edited.headers.location, `${PAGE}?done=saved`)
  t.match(await saved(), [{ last_name: 'Solo', notes: null, version: 2 }])

  t.match((await browser.open(url)).body, `href="${url}/delete">Delete …</a>`)
  t.match((await browser.open(`${url}/delete`)).body, /Delete this contact\?[\s\S]*<bdi>Leia Solo<\/bdi>/)
  t.equal((await browser.submit(`${url}/delete`)).headers.location, `${PAGE}?done=deleted`)
  t.same(await saved(), [])
  t.equal((await browser.open(url)).statusCode, 404)
})

t.test('the list begins with the birthdays of the next two weeks', async t => {
  const { browser, add } = await setUp()
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
  const [soon, later] = [inDays(1), inDays(20)].map(date => date.toISOString().slice(5, 10))
  await add({ ...LEIA, birthday: `1956-${soon}` })
  await add({ ...LEIA, first_name: 'Luke', birthday: `--${later}` })
  const { body } = await browser.open(`${PAGE}?lang=de`)
  const age = inDays(1).getUTCFullYear() - 1956
  const day = new Intl.DateTimeFormat('de', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(inDays(1))
  t.match(body, new RegExp(`Geburtstage in den nächsten zwei Wochen[^]*Leia Organa[^]*${day} · wird ${age}`))
  t.equal(body.match(/<h3>/g)?.length, 1)
  t.notMatch((await browser.open(`${PAGE}?q=leia`)).body, '<h3>')
})

t.test('a birthday may be typed as much of Europe writes it', async t => {
  const { browser, saved } = await setUp()
  for (const [typed, birthday] of [
    ['9.11.1942', '1942-11-09'],
    ['29. 02. ', '--02-29'],
    [' 1956-10-21 ', '1956-10-21'],
  ] as const) {
    t.equal(
      (await browser.submit(`${PAGE}/new`, { ...LEIA, first_name: typed.trim(), birthday: typed })).statusCode,
      303,
    )
    t.match(
      (await saved()).find(({ first_name }) => first_name === typed.trim()),
      { birthday },
      typed,
    )
  }
})

t.test('without contacts there is nothing to search or export, and a search leads back to all', async t => {
  const { browser, add } = await setUp()
  const empty = (await browser.open(PAGE)).body
  t.notMatch(empty, 'type="search"')
  t.notMatch(empty, `href="${PAGE}/export"`)
  await add(LEIA)
  const found = (await browser.open(`${PAGE}?q=vader`)).body
  t.match(found, `href="${PAGE}">All contacts</a>`)
  t.match(found, 'type="search"')
})

t.test('a search finds, and says so if it does not; a long list comes in pages', async t => {
  const { browser, add } = await setUp()
  for (let i = 10; i < 35; i++) await add({ first_name: `Trooper ${i}` })
  t.match((await browser.open(`${PAGE}?q=TROOPER+12`)).body, '<bdi>Trooper 12</bdi>')
  t.notMatch((await browser.open(`${PAGE}?q=TROOPER+12`)).body, '<bdi>Trooper 13</bdi>')
  t.match((await browser.open(`${PAGE}?q=vader`)).body, 'No contact has this in it')
  const first = (await browser.open(`${PAGE}?q=trooper`)).body
  const [, next = ''] = /rel="next" href="([^"]*)"/.exec(first) ?? []
  const second = (await browser.open(next.replaceAll('&amp;', '&'))).body
  t.match(second, '<bdi>Trooper 34</bdi>')
  t.notMatch(second, '<bdi>Trooper 12</bdi>')
})

t.test('what cannot be saved brings the form back, as it was filled in', async t => {
  const { browser, saved } = await setUp()
  for (const [wrong, message] of [
    [{ birthday: '30.2.1956' }, /<a href="#birthday">Enter a day of the calendar/],
    [{ email: 'none' }, /<a href="#email">Enter an e-mail address/],
    [{ ...EMPTY, notes: 'x' }, /Enter a name, an e-mail address or a phone number/],
  ] as const) {
    const page = await browser.submit(`${PAGE}/new`, { ...LEIA, ...wrong })
    t.equal(page.statusCode, 400)
    t.match(page.body, message)
    for (const [name, value] of Object.entries(wrong)) if (name !== 'notes') t.equal(fieldOf(page, name) ?? '', value)
  }
  t.same(await saved(), [])
})

t.test('a form that was opened before another change says so, and replaces it when asked again', async t => {
  const { browser, saved, add } = await setUp()
  const url = `${PAGE}/${await add(LEIA)}`
  const version = fieldOf(await browser.open(url), 'version') ?? ''
  await browser.submit(url, { ...LEIA, last_name: 'Solo', version })
  const late = await browser.submit(url, { ...LEIA, first_name: 'General', version })
  t.equal(late.statusCode, 412)
  t.match(late.body, /role="alert"[\s\S]*was changed in the meantime/)
  t.match(late.body, /Currently saved: <bdi>Solo<\/bdi>/)
  t.equal(fieldOf(late, 'first_name'), 'General')
  const again = await browser.submit(url, { ...LEIA, first_name: 'General', version: fieldOf(late, 'version') ?? '' })
  t.equal(again.statusCode, 303)
  t.match(await saved(), [{ first_name: 'General', last_name: 'Organa', version: 3 }])
})

t.test('a contact that was changed since its deletion was asked for is kept, and asked about again', async t => {
  const { browser, saved, add } = await setUp()
  const url = `${PAGE}/${await add(LEIA)}`
  const version = fieldOf(await browser.open(`${url}/delete`), 'version') ?? ''
  await browser.submit(url, { ...LEIA, last_name: 'Solo', version })
  const late = await browser.submit(`${url}/delete`, { version })
  t.equal(late.statusCode, 412)
  t.match(late.body, /role="alert"[\s\S]*was changed in the meantime[\s\S]*<bdi>Leia Solo<\/bdi>/)
  t.match(await saved(), [{ last_name: 'Solo' }])
  const again = await browser.submit(`${url}/delete`, { version: fieldOf(late, 'version') ?? '' })
  t.equal(again.headers.location, `${PAGE}?done=deleted`)
  t.same(await saved(), [])
})

t.test('a file comes in, with what could not be read; and all contacts go out', async t => {
  const { browser, saved } = await setUp()
  t.match((await browser.open(`${PAGE}/import`)).body, /<input id="file" name="file" type="file" required/)
  const bad = 'BEGIN:VCARD\r\nN:;;;;\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Han\r\nBDAY:never\r\nEND:VCARD\r\n'
  const page = await upload(browser, Buffer.concat([IOS, Buffer.from(bad)]))
  t.equal(page.statusCode, 200)
  t.match(page.body, /2 new contacts[\s\S]*1 that is not in/)
  t.match(
    page.body,
    /Line 21: this card has neither[\s\S]*Line 26: this value is not valid and was left out \(Birthday\)/,
  )
  t.match(await saved(), [{ first_name: 'Han' }, { last_name: 'Organa' }])
  const file = await browser.open(`${PAGE}/export`)
  t.match(file.headers, { 'content-type': 'text/vcard; charset=utf-8', 'content-disposition': /contacts\.vcf/ })
  t.equal(file.body.match(/BEGIN:VCARD/g)?.length, 2)
  const cookie = `${app.sessionCookie.name}=${browser.cookie()}`
  const head = await app.inject({ method: 'HEAD', url: `${PAGE}/export`, headers: { cookie } })
  t.equal(head.statusCode, 404, 'it would read all of them for nothing')
})

t.test('a file with no card brings the form back', async t => {
  const { browser } = await setUp()
  const page = await upload(browser, Buffer.from('name;phone'))
  t.equal(page.statusCode, 400)
  t.match(page.body, 'There is no contact in this file')
  t.match(page.body, 'name="file"')
})

t.test('threat: a file of the page of another account, or of another site', async t => {
  const { browser, saved } = await setUp()
  const other = await upload(browser, IOS, { account_id: '1' })
  t.equal(other.statusCode, 409)
  const foreign = await upload(browser, IOS, {}, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })
  t.equal(foreign.statusCode, 403)
  t.same(await saved(), [])
})

t.test('searches, new contacts and exports count against the limit of the API, and turning pages does not', async t => {
  const app = await build(t, { CONTACTS_RATE_LIMIT_MAX: '2' })
  const browser = await signedInBrowser(app)
  for (let i = 0; i < 4; i++) t.equal((await browser.open(PAGE)).statusCode, 200)
  for (let i = 0; i < 2; i++) t.equal((await browser.open(`${PAGE}?q=x`)).statusCode, 200)
  t.equal((await browser.open(`${PAGE}?q=x`)).statusCode, 429)
  for (let i = 0; i < 2; i++) t.equal((await browser.submit(`${PAGE}/new`, LEIA)).statusCode, 303)
  const refused = await browser.submit(`${PAGE}/new`, LEIA)
  t.equal(refused.statusCode, 429)
  t.equal(fieldOf(refused, 'last_name'), 'Organa', 'what was typed is still there')
  for (let i = 0; i < 2; i++) t.equal((await browser.open(`${PAGE}/export`)).statusCode, 200)
  const page = await browser.open(`${PAGE}/export`)
  t.equal(page.statusCode, 429)
  t.match(page.headers['content-type'], 'text/html')
})

t.test("threat: somebody opens, changes or deletes another user's contact by its page", async t => {
  const [owner, stranger] = [await setUp(), await setUp()]
  const url = `${PAGE}/${await owner.add(LEIA)}`
  for (const path of [url, `${url}/delete`]) {
    t.equal((await stranger.browser.open(path)).statusCode, 404)
    t.equal((await stranger.browser.submit(path, path === url ? LEIA : {})).statusCode, 404)
  }
  t.match(await owner.saved(), [{ ...LEIA, address: 'Royal Palace\nAldera', version: 1 }])
})

t.test('threat: what is in a contact is text, whatever it looks like', async t => {
  const { browser, add } = await setUp()
  const markup = '"></textarea><script>alert(1)</script>'
  const url = `${PAGE}/${await add({ ...LEIA, first_name: markup, address: markup, notes: markup })}`
  for (const path of [PAGE, url, `${url}/delete`, `${PAGE}?q=${encodeURIComponent(markup)}`])
    t.notMatch((await browser.open(path)).body, '<script>alert')
})
