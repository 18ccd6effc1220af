// The page on which people say who they are.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { signedInBrowser } from '../../support/console.ts'
import { fieldOf } from '../../support/pages.ts'

const app = await build(t)
const browser = await signedInBrowser(app)

const PAGE = '/account/profile'
const LEIA = {
  first_name: 'Leia',
  last_name: 'Organa',
  phone_number: '(555) 123-4567 ext. 89',
  address: 'Royal Palace\r\nAldera',
  national_id: 'AL-1138',
}
const EMPTY = { first_name: '', last_name: '', phone_number: '', address: '', national_id: '' }

const me = async () => {
  const cookie = `${app.sessionCookie.name}=${browser.cookie()}`
  return (await call(app, 'GET', '/users/v1/me', { headers: { cookie } })).json()
}

t.test('what is filled in is saved, shown again, and what the API returns', async t => {
  const saved = await browser.submit(PAGE, LEIA)
  t.equal(saved.statusCode, 303)
  t.equal(saved.headers.location, `${PAGE}?done=saved`)
  const page = await browser.open(`${PAGE}?done=saved`)
  t.match(page.body, /role="status"[^<]*>Your profile is saved/)
  t.equal(fieldOf(page, 'first_name'), 'Leia')
  t.match(page.body, />Royal Palace\nAldera<\/textarea>/)
  t.match(await me(), { ...LEIA, address: 'Royal Palace\nAldera' })
})

t.test('whom another page sent here, it gets back after saving', async t => {
  const sent = `${PAGE}?redirect_to=%2Faccount%2Fvaccinations%2Fnew`
  t.match((await browser.open(sent)).body, `action="${sent}"`)
  t.equal((await browser.submit(sent, LEIA)).headers.location, '/account/vaccinations/new')
  const elsewhere = await browser.submit(`${PAGE}?redirect_to=https%3A%2F%2Fevil.example`, LEIA)
  t.equal(elsewhere.headers.location, `${PAGE}?done=saved`, 'but nobody to another site')
})

t.test('a field that is emptied is cleared, and nothing but the profile changes', async t => {
  await browser.submit(PAGE, LEIA)
  const before = await me()
  t.equal((await browser.submit(PAGE, { ...LEIA, ...EMPTY, last_name: 'Solo' })).statusCode, 303)
  const cleared = { first_name: null, phone_number: null, address: null, national_id: null }
  t.same(await me(), { ...before, ...cleared, last_name: 'Solo' })
})

t.test(
  'a phone number that is none brings the form back, as it was filled in, with the field that is wrong',
  async t => {
    const page = await browser.submit(PAGE, { ...LEIA, ...EMPTY, last_name: 'Skywalker', phone_number: 'call me' })
    t.equal(page.statusCode, 400)
    t.equal(fieldOf(page, 'last_name'), 'Skywalker')
    t.equal(fieldOf(page, 'phone_number'), 'call me')
    t.match(page.body, /<a href="#phone_number">This entry is not valid/)
    t.match(page.body, /id="phone_number"[^>]*aria-invalid="true"/)
    t.equal(fieldOf(page, 'first_name'), undefined, 'what was emptied stays empty')
    t.not((await me()).last_name, 'Skywalker')
  },
)

t.test(
  'a form that was opened before another change keeps what was typed, says so, and replaces it when asked again',
  async t => {
    await browser.submit(PAGE, LEIA)
    const version = fieldOf(await browser.open(PAGE), 'version') ?? ''
    t.equal((await browser.submit(PAGE, { ...LEIA, last_name: 'Solo', version })).statusCode, 303)
    const late = { ...LEIA, first_name: 'General', version }
    const wrong = await browser.submit(PAGE, { ...late, phone_number: 'call me' })
    t.equal(fieldOf(wrong, 'version'), version, 'another mistake does not hide it')

    const refused = await browser.submit(PAGE, late)
    t.equal(refused.statusCode, 409)
    t.match(refused.body, /role="alert"[\s\S]*Your profile was changed in the meantime/)
    t.match(refused.body, /Currently saved: <bdi>Leia<\/bdi>/)
    t.match(refused.body, /Currently saved: <bdi>Solo<\/bdi>/)
    t.match(refused.body, /id="first_name"[^>]*aria-describedby="first_name-saved"/)
    t.notMatch(refused.body, 'address-saved', 'what is the same is not shown twice')
    t.equal(fieldOf(refused, 'first_name'), 'General')
    t.match(await me(), { first_name: 'Leia', last_name: 'Solo' })

    const again = { ...late, version: fieldOf(refused, 'version') ?? '' }
    t.equal((await browser.submit(PAGE, again)).statusCode, 303)
    t.match(await me(), { first_name: 'General', last_name: 'Organa' })
  },
)

t.test('of two forms that are sent at once, one is saved; the other replaces it when asked again', async t => {
  const version = fieldOf(await browser.open(PAGE), 'version') ?? ''
  const forms = ['Han', 'Chewie'].map(first_name => ({ ...LEIA, first_name, version }))
  const sent = await Promise.all(forms.map(form => browser.submit(PAGE, form)))
  t.same(sent.map(({ statusCode }) => statusCode).sort(), [303, 409])
  const late = sent.findIndex(({ statusCode }) => statusCode === 409)
  const again = { ...LEIA, ...forms[late], version: fieldOf(sent[late] ?? { body: '' }, 'version') ?? '' }
  t.equal((await browser.submit(PAGE, again)).statusCode, 303)
  t.match(await me(), { first_name: again.first_name })
})

t.test('what was emptied elsewhere is shown as nothing, and what was emptied here by what is saved', async t => {
  await browser.submit(PAGE, LEIA)
  const version = fieldOf(await browser.open(PAGE), 'version') ?? ''
  await browser.submit(PAGE, { ...LEIA, last_name: '' })
  const { body } = await browser.submit(PAGE, { ...LEIA, national_id: '', version })
  t.match(body, 'id="last_name-saved">Currently saved: <bdi>nothing</bdi>')
  t.match(body, 'id="national_id-saved">Currently saved: <bdi>AL-1138</bdi>')
})

t.test('a form without a version that comes back with a mistake is saved once it is corrected', async t => {
  const wrong = await browser.submit(PAGE, { ...LEIA, phone_number: 'call me' })
  const corrected = { ...LEIA, version: fieldOf(wrong, 'version') ?? '' }
  t.equal((await browser.submit(PAGE, corrected)).statusCode, 303)
})

t.test('threat: a form sets more than the profile, such as the role', async t => {
  for (const more of [{ access_role: 'admin' }, { email_verified: 'true' }, { locale: 'de' }])
    t.equal((await browser.submit(PAGE, { ...LEIA, ...more } as Record<string, string>)).statusCode, 400)
  t.match(await me(), { access_role: 'basic', locale: null })
})

t.test('threat: a name and an address are text, whatever they look like', async t => {
  const markup = '"></textarea><script>alert(1)</script>'
  await browser.submit(PAGE, { ...LEIA, first_name: markup, address: markup })
  const { body } = await browser.open(PAGE)
  t.notMatch(body, '<script>alert')
  t.match(body, /value="&quot;&gt;&lt;\/textarea&gt;/)
  t.match(body, />&quot;&gt;&lt;\/textarea&gt;[^<]*<\/textarea>/)
})
