// The page on which people choose the picture that others see of them.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { download } from '../../support/avatars.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { OWN_PAGE } from '../../support/cookies.ts'
import { formWith, picture } from '../../support/pictures.ts'

const app = await build(t)
const browser = await signedInBrowser(app)
const png = await picture('png')
const PAGE = '/account/picture'

const cookie = () => `${app.sessionCookie.name}=${browser.cookie()}`
const me = async () => (await call(app, 'GET', '/users/v1/me', { headers: { cookie: cookie() } })).json()

async function choose(fields: Record<string, string | Buffer>, more: Record<string, string> = OWN_PAGE) {
  const { payload, headers } = await formWith(fields)
  return call(app, 'POST', PAGE, { payload, headers: { accept: 'text/html', cookie: cookie(), ...more, ...headers } })
}

t.test('a picture that is chosen is saved, and shown at the top of every page', async t => {
  const before = await browser.open(PAGE)
  const { id } = await me()
  t.match(before.body, `src="/avatars/default-${id}.svg"`)
  t.notMatch(before.body, '/account/picture/removal')
  const saved = await choose({ account_id: String(id), avatar: png })
  t.equal(saved.statusCode, 303, saved.body)
  t.equal(saved.headers.location, `${PAGE}?done=saved`)
  const { avatar_url } = await me()
  t.equal((await download(app, avatar_url)).statusCode, 200)
  for (const path of [`${PAGE}?done=saved`, '/account'])
    t.match((await browser.open(path)).body, new URL(avatar_url).pathname.replace('-512.', '-128.'))
})

t.test('it is removed by another form', async t => {
  await choose({ avatar: png })
  const removed = await browser.submit(`${PAGE}/removal`)
  t.equal(removed.headers.location, `${PAGE}?done=removed`)
  t.equal((await me()).avatar_url, null)
})

t.test('what is no picture comes back with the reason, at its field', async t => {
  const page = await choose({ avatar: Buffer.from('<svg/>') })
  t.equal(page.statusCode, 400)
  t.match(page.body, /href="#avatar">This is not a picture that can be read/)
  t.match((await choose({})).body, 'Choose a picture first')
})

t.test('the page says what may be chosen, and how large it may be', async t => {
  const larger = await build(t, { AVATAR_MAX_BYTES: '1600000' })
  const other = await signedInBrowser(larger)
  for (const [lang, limit, own] of [
    ['en', 'JPEG, PNG, WebP, GIF or AVIF, up to 5 MiB', 'up to 1.52 MiB'],
    ['de', 'JPEG, PNG, WebP, GIF oder AVIF, bis 5 MiB', 'bis 1,52 MiB'],
    ['es', 'JPEG, PNG, WebP, GIF o AVIF, de hasta 5 MiB', 'de hasta 1,52 MiB'],
  ] as const) {
    t.match((await browser.open(`${PAGE}?lang=${lang}`)).body, limit)
    t.match((await other.open(`${PAGE}?lang=${lang}`)).body, own)
  }
})

t.test('a file beyond the limit comes back with the reason at its field, however much of it has arrived', async t => {
  for (const beyond of [1, 2 ** 20]) {
    const page = await choose({ avatar: Buffer.alloc(app.config.AVATAR_MAX_BYTES + beyond) })
    t.equal(page.statusCode, 413)
    t.match(page.body, /href="#avatar">This file is too large/)
    t.match(page.body, 'aria-current="page">Picture</a>')
  }
})

t.test('threat: a page of another site, or of another account, sets the picture', async t => {
  const foreign = await choose({ avatar: png }, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
  t.equal(foreign.statusCode, 403)
  const switched = await choose({ account_id: '999999', avatar: png })
  t.equal(switched.statusCode, 409)
  t.equal((await me()).avatar_url, null)
})

t.test('administrators see the picture of a user', async t => {
  await choose({ avatar: png })
  const { id, avatar_url } = await me()
  const page = await (await administratorsBrowser(app)).open(`/admin/users/${id}`)
  t.match(page.body, new URL(avatar_url).pathname)
})
