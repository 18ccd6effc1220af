// The sections about vaccinations: that of the account, and that of the administration.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { administratorsBrowser, type SignedInBrowser, signedInBrowser } from '../../support/console.ts'
import { fieldOf } from '../../support/pages.ts'
import { DOSE, PERSON } from '../../support/vaccinations.ts'

const PATH = '/account/vaccinations'
const QUEUE = '/admin/vaccinations'
const app = await build(t, { VACCINATIONS_PDF_RATE_LIMIT_MAX: '1' })
const admin = await administratorsBrowser(app)

const FORM = { ...DOSE, dose: '1', lot: '' }

const idOf = (browser: SignedInBrowser) => app.tokens.cookie.verifyIgnoringExpiry(browser.cookie()).user_id

async function personsBrowser(profile: object = PERSON) {
  const browser = await signedInBrowser(app)
  const headers = { cookie: `${app.sessionCookie.name}=${browser.cookie()}`, 'sec-fetch-site': 'same-origin' }
  await call(app, 'PATCH', `/users/v1/${idOf(browser)}`, { headers, payload: profile })
  return browser
}

/** The id of the newest dose on the page. */
async function newest(browser: SignedInBrowser): Promise<string> {
  return /id="vaccination-([0-9a-f-]{36})"/.exec((await browser.open(PATH)).body)?.[1] ?? ''
}

t.test('without a name in the profile, the page leads to it', async t => {
  const browser = await signedInBrowser(app)
  t.match((await browser.open(PATH)).body, 'No vaccination is registered.')
  const { body } = await browser.open(`${PATH}/new`)
  t.match(
    body,
    /It lacks:[\s\S]*First name[\s\S]*National identification number[\s\S]*href="\/account\/profile\?redirect_to=%2Faccount%2Fvaccinations%2Fnew"/,
  )
  t.notMatch(body, 'name="vaccine"')
  const refused = await browser.submit(`${PATH}/new`, FORM)
  t.equal(refused.statusCode, 409)
  t.match(refused.body, 'Your profile does not say who you are yet.')
})

t.test('a dose goes from the form to the queue, is approved there, and is in the certificate', async t => {
  const browser = await personsBrowser()
  const saved = await browser.submit(`${PATH}/new`, FORM)
  t.equal(saved.headers.location, `${PATH}?done=registered`)
  t.match(
    (await browser.open(PATH)).body,
    /COVID-19[\s\S]*Waiting for approval[\s\S]*Dose 1, given on May 25, 2025[\s\S]*Norway/,
  )
  const id = await newest(browser)
  t.notMatch((await browser.open(PATH)).body, `${PATH}/certificate`)

  t.match((await admin.open(QUEUE)).body, `href="${QUEUE}/${id}"`)
  t.match((await admin.open(`${QUEUE}/${id}`)).body, /Leia Organa[\s\S]*AL-1138/)
  const approval = await admin.submit(`${QUEUE}/${id}`, { decision: 'approved', reason: '' })
  t.equal(approval.headers.location, `${QUEUE}?done=approved`)
  t.notMatch((await admin.open(QUEUE)).body, id)
  t.match((await admin.open(`${QUEUE}?status=approved`)).body, id)

  t.match((await browser.open(PATH)).body, /<strong class="badge">Approved</)
  const { body } = await browser.open(`${PATH}/certificate`)
  t.match(body, 'Leia Organa')
  t.notMatch(body, 'AL-1138')
  t.match(body, /role="img" aria-label="QR code of a SMART Health Card[^"]*"><svg [^>]*>(?:<path [^>]*>)+<\/svg>/)
  const types = { pdf: 'application/pdf', file: 'application/smart-health-card' }
  for (const [name, type] of Object.entries(types))
    t.equal((await browser.open(`${PATH}/certificate/${name}`)).headers['content-type'], type)
  t.equal((await browser.open(`${PATH}/certificate/pdf`)).statusCode, 429, 'drawn only so often')
  const headers = { cookie: `${app.sessionCookie.name}=${browser.cookie()}`, 'sec-fetch-site': 'same-origin' }
  t.equal(
    (await call(app, 'GET', '/vaccinations/v1/certificate?format=pdf', { headers })).statusCode,
    429,
    'nor by the API',
  )
})

t.test('threat: Enter in the field of the reason decides', async t => {
  const browser = await personsBrowser()
  await browser.submit(`${PATH}/new`, FORM)
  const path = `${QUEUE}/${await newest(browser)}`
  const [, form = ''] = (await admin.open(path)).body.split(`action="${path}"`)
  t.match(/<button[^>]*>/.exec(form)?.[0], ' disabled', 'the first button is what Enter presses')
})

t.test('a rejection without a reason comes back; with one, the owner reads it', async t => {
  const browser = await personsBrowser()
  await browser.submit(`${PATH}/new`, FORM)
  const id = await newest(browser)
  const refused = await admin.submit(`${QUEUE}/${id}`, { decision: 'rejected', reason: '' })
  t.equal(refused.statusCode, 400)
  t.match(refused.body, 'href="#reason">Say why it is not approved.')
  await admin.submit(`${QUEUE}/${id}`, { decision: 'rejected', reason: 'The <lot> is unknown.' })
  t.match((await browser.open(PATH)).body, /Not approved[\s\S]*The &lt;lot&gt; is unknown\./)
  const again = await admin.submit(`${QUEUE}/${id}`, { decision: 'approved', reason: '' })
  t.equal(again.statusCode, 409)
  t.match(again.body, 'This was decided in the meantime.')
})

t.test('the same dose twice is refused in words', async t => {
  const browser = await personsBrowser()
  await browser.submit(`${PATH}/new`, FORM)
  const again = await browser.submit(`${PATH}/new`, { ...FORM, dose: '2' })
  t.equal(again.statusCode, 409)
  t.match(again.body, 'You have registered this vaccine for this day before.')
  t.match(again.body, '<option value="208" selected>')
})

t.test('an approval is withdrawn with a reason, which the owner reads', async t => {
  const browser = await personsBrowser()
  await browser.submit(`${PATH}/new`, FORM)
  const id = await newest(browser)
  t.notMatch((await admin.open(`${QUEUE}/${id}`)).body, 'value="withdrawn"')
  await admin.submit(`${QUEUE}/${id}`, { decision: 'approved', reason: '' })
  t.match((await admin.open(`${QUEUE}/${id}`)).body, 'value="withdrawn"')
  const refused = await admin.submit(`${QUEUE}/${id}`, { decision: 'withdrawn', reason: '' })
  t.equal(refused.statusCode, 400)
  t.match(refused.body, 'href="#reason">')
  const withdrawal = await admin.submit(`${QUEUE}/${id}`, { decision: 'withdrawn', reason: 'Of somebody else' })
  t.equal(withdrawal.headers.location, `${QUEUE}?done=withdrawn`)
  t.match((await admin.open(`${QUEUE}?done=withdrawn&status=withdrawn`)).body, id)
  t.match((await browser.open(PATH)).body, /Approval withdrawn[\s\S]*Of somebody else/)
  const again = await admin.submit(`${QUEUE}/${id}`, { decision: 'withdrawn', reason: 'Again' })
  t.equal(again.statusCode, 409)
  t.match(again.body, 'This is not approved any more.')
})

t.test('what was typed comes back with what is wrong with it', async t => {
  const browser = await personsBrowser()
  const cases: [change: object, field: string, text: string][] = [
    [{ dose: '0' }, 'dose', 'Enter a number from 1 to 20.'],
    [{ given_on: '2099-01-01' }, 'given_on', 'Enter a day that is not in the future.'],
    [{ centre: ' ' }, 'centre', 'Enter who gave it.'],
    [{ country: 'XX' }, 'country', 'Choose a country from the list.'],
    [{ vaccine: '' }, 'vaccine', 'Choose a vaccine from the list.'],
  ]
  for (const [change, field, text] of cases) {
    const page = await browser.submit(`${PATH}/new`, { ...FORM, lot: 'AL7', ...change })
    t.equal(page.statusCode, 400)
    t.match(page.body, `<a href="#${field}">${text}</a>`)
    t.equal(fieldOf(page, 'lot'), 'AL7')
    if (field !== 'vaccine') t.match(page.body, '<option value="208" selected>')
  }
})

t.test('a deletion is asked about once more, and says what becomes invalid', async t => {
  const browser = await personsBrowser()
  await browser.submit(`${PATH}/new`, FORM)
  const id = await newest(browser)
  t.notMatch((await browser.open(`${PATH}/${id}/deletion`)).body, 'become invalid')
  await admin.submit(`${QUEUE}/${id}`, { decision: 'approved', reason: '' })
  t.match((await browser.open(`${PATH}/${id}/deletion`)).body, 'become invalid')
  const deletion = await browser.submit(`${PATH}/${id}/deletion`)
  t.equal(deletion.headers.location, `${PATH}?done=deleted`)
  t.match((await browser.open(PATH)).body, 'No vaccination is registered.')
  for (const document of ['', '/pdf', '/file']) {
    const gone = await browser.open(`${PATH}/certificate${document}`)
    t.equal(gone.statusCode, 404)
    t.match(gone.body, 'There is no certificate before a vaccination is approved.')
    t.match(gone.body, `href="${PATH}/new"`)
  }
  t.equal((await browser.open(`${PATH}/${id}/deletion`)).statusCode, 404)
})

t.test('threat: the pages show or delete what is of another user', async t => {
  const [owner, stranger] = [await personsBrowser(), await personsBrowser()]
  await owner.submit(`${PATH}/new`, FORM)
  const id = await newest(owner)
  t.equal((await stranger.open(`${PATH}/${id}/deletion`)).statusCode, 404)
  t.equal((await stranger.submit(`${PATH}/${id}/deletion`)).statusCode, 404)
  t.equal(
    (await admin.open(`${PATH}/${id}/deletion`)).statusCode,
    404,
    'nor an administrator by the page of the account',
  )
  t.equal((await stranger.open(`${QUEUE}/${id}`)).statusCode, 403)
  t.equal(await newest(owner), id)
})

t.test("an administrator sees that a dose of their own is another's to decide", async t => {
  const own = await administratorsBrowser(app)
  const headers = { cookie: `${app.sessionCookie.name}=${own.cookie()}`, 'sec-fetch-site': 'same-origin' }
  await call(app, 'PATCH', `/users/v1/${idOf(own)}`, { headers, payload: PERSON })
  await own.submit(`${PATH}/new`, FORM)
  const id = await newest(own)
  const { body } = await own.open(`${QUEUE}/${id}`)
  t.match(body, 'Another administrator has to.')
  t.notMatch(body, 'value="approved"')
  t.equal((await own.submit(`${QUEUE}/${id}`, { decision: 'approved', reason: '' })).statusCode, 403)
})

t.test('the pages speak German and Spanish', async t => {
  const browser = await personsBrowser()
  await browser.submit(`${PATH}/new`, FORM)
  t.match((await browser.open(`${PATH}?lang=de`)).body, /Wartet auf Bestätigung[\s\S]*25\. Mai 2025[\s\S]*Norwegen/)
  t.match(
    (await browser.open(`${PATH}?lang=es`)).body,
    /Pendiente de aprobación[\s\S]*25 de mayo de 2025[\s\S]*Noruega/,
  )
})
