// Doses that users register and administrators approve: /vaccinations/v1/.
import t from 'tap'
import type { Vaccination } from '#schemas/vaccinations.ts'
import { administrator, build, call, codeOf, logIn, PASSWORD } from '../../support/app.ts'
import { mailsTo } from '../../support/mails.ts'
import { approved, DOSE, decide, fillIn, PERSON, person, register } from '../../support/vaccinations.ts'

const PATH = '/vaccinations/v1/'
const app = await build(t, { VACCINATIONS_MAX: '5' })
const admin = await administrator(app)

const list = async (token: string, query = '') =>
  (await call(app, 'GET', PATH + query, { token })).json<{ results: Vaccination[]; next_cursor: string | null }>()
const idsIn = ({ results }: { results: Vaccination[] }) => results.map(({ id }) => id)
const remove = (token: string, id: string) => call(app, 'DELETE', PATH + id, { token })

t.test('a dose is registered as pending, with the person of the profile, and read at its location', async t => {
  const { token, user_id } = await person(app)
  const response = await call(app, 'POST', PATH, { token, payload: DOSE })
  t.equal(response.statusCode, 201)
  t.match(response.json(), {
    ...DOSE,
    ...PERSON,
    user_id,
    vaccine_name: 'COVID-19, mRNA, 30 mcg/0.3 mL (Pfizer-BioNTech)',
    status: 'pending',
    decided: null,
  })
  const read = await call(app, 'GET', new URL(String(response.headers.location)).pathname, { token })
  t.same(read.json(), response.json())
})

t.test('without name and national id in the profile, the error says which of them are missing', async t => {
  const { token } = await logIn(app)
  const attempt = () => call(app, 'POST', PATH, { token, payload: DOSE })
  t.match((await attempt()).json(), {
    statusCode: 409,
    message: 'profile-incomplete',
    details: { missing: ['first_name', 'last_name', 'national_id'] },
  })
  await fillIn(app, token, { first_name: 'Leia', last_name: 'Organa' })
  t.same((await attempt()).json().details, { missing: ['national_id'] })
})

t.test('what no dose can be is refused by the field that is wrong', async t => {
  const { token } = await person(app)
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  const cases: [field: string, value: unknown][] = [
    ['vaccine', '999'],
    ['vaccine', '1'],
    ['dose', 0],
    ['dose', 21],
    ['given_on', '2025-02-30'],
    ['given_on', '1899-12-31'],
    ['given_on', day(2)],
    ['given_on', '25.05.2025'],
    ['country', 'XX'],
    ['country', 'no'],
    ['centre', ' '],
    ['centre', '\u200b\u3164'],
    ['centre', 'Aldera\u202e deretsnom'],
    ['lot', '\u20668311LA'],
    ['lot', '\u2800'],
    ['centre', 'a\nb'],
    ['centre', 'x'.repeat(201)],
    ['lot', ''],
  ]
  for (const [field, value] of cases) {
    const { statusCode, body } = await call(app, 'POST', PATH, { token, payload: { ...DOSE, [field]: value } })
    t.equal(statusCode, 400, `${field}: ${value}`)
    t.match(JSON.parse(body), { message: 'request-invalid', details: { field } })
  }
  t.same((await list(token)).results, [])
  t.equal((await register(app, token, { given_on: day(0) })).status, 'pending', 'today will do')
})

t.test('an account has so many doses and no more, until one is deleted', async t => {
  const { token } = await person(app)
  const attempts = await Promise.all(
    Array.from({ length: 7 }, (_, i) =>
      call(app, 'POST', PATH, { token, payload: { ...DOSE, given_on: `2025-05-1${i}` } }),
    ),
  )
  t.same(
    attempts.flatMap(response => codeOf(response) ?? []),
    ['too-many-vaccinations', 'too-many-vaccinations'],
  )
  const { results } = await list(token)
  t.equal(results.length, 5)
  t.equal((await remove(token, results[0]?.id ?? '')).statusCode, 200)
  t.ok(await register(app, token))
})

t.test('the same vaccine is registered once a day, unless the earlier dose was refused or deleted', async t => {
  const { token } = await person(app)
  const again = (dose: object = {}) => call(app, 'POST', PATH, { token, payload: { ...DOSE, ...dose } })
  const { id } = await register(app, token)
  for (const dose of [{}, { dose: 2 }, { lot: 'another' }, { centre: 'Elsewhere', country: 'DE' }])
    t.match((await again(dose)).json(), { statusCode: 409, message: 'vaccination-already-exists', details: { id } })
  await decide(app, admin.token, id)
  t.equal(codeOf(await again()), 'vaccination-already-exists', 'nor once it is approved')
  for (const other of [{ given_on: '2025-05-26' }, { vaccine: '207' }]) t.equal((await again(other)).statusCode, 201)
  await decide(app, admin.token, id, { decision: 'withdrawn', reason: 'No' })
  const second = await again()
  t.equal(second.statusCode, 201)
  await decide(app, admin.token, second.json().id, { decision: 'rejected', reason: 'No' })
  const third = await again()
  t.equal(third.statusCode, 201)
  await remove(token, third.json().id)
  await remove(token, second.json().id)
  t.equal((await again()).statusCode, 201)
  t.ok(await register(app, (await person(app)).token), "another user's is no obstacle")
})

t.test("one's own are listed page by page, newest first", async t => {
  const { token } = await person(app)
  const ids: string[] = []
  for (const dose of [1, 2, 3]) ids.push((await register(app, token, { dose })).id)
  const expected = ids.sort().reverse()
  const first = await list(token, '?limit=2')
  const second = await list(token, `?limit=2&cursor=${first.next_cursor}`)
  t.same([...idsIn(first), ...idsIn(second)], expected)
  t.equal(second.next_cursor, null)
})

t.test("threat: another user reads, deletes, lists or approves somebody's dose", async t => {
  const [owner, stranger] = [await person(app), await person(app)]
  const { id } = await register(app, owner.token)
  const { token } = stranger
  t.equal(codeOf(await call(app, 'GET', PATH + id, { token })), 'not-found')
  t.equal(codeOf(await remove(token, id)), 'not-found')
  t.equal(codeOf(await call(app, 'GET', `${PATH}?user_id=${owner.user_id}`, { token })), 'forbidden')
  t.equal(codeOf(await decide(app, token, id)), 'forbidden')
  t.same((await list(token, '?status=pending')).results, [])
  t.equal((await list(owner.token)).results[0]?.status, 'pending')
})

t.test('an administrator lists the doses of all, by status, user and time of registration', async t => {
  const { token } = admin
  const [leia, han] = [await person(app), await person(app)]
  const before = new Date().toISOString()
  const pending = await register(app, leia.token)
  const decided = await approved(app, han, admin)
  const ours = (query: string) => list(token, `${query}&from=${before}`).then(idsIn)
  t.same(await ours('?limit=100'), [decided.id, pending.id])
  t.same(await ours('?status=pending'), [pending.id])
  t.same(await ours(`?user_id=${han.user_id}`), [decided.id])
  t.same(await ours(`?user_id=${han.user_id}&status=rejected`), [])
  t.same(idsIn(await list(token, `?user_id=${leia.user_id}&to=${before}`)), [])
  t.same(idsIn(await list(token)), [], 'without a filter, their own')
  t.equal(codeOf(await call(app, 'GET', `${PATH}?from=2026-05-25T23:59:60Z`, { token })), 'request-invalid')
})

t.test('an approval is final, and is told to the owner: by whom, when, and by mail', async t => {
  const owner = await person(app)
  const { id } = await register(app, owner.token)
  const response = await decide(app, admin.token, id)
  t.match(response.json(), { id, status: 'approved', reason: null, decided_by: admin.user_id, decided: String })
  for (const payload of [{ decision: 'approved' }, { decision: 'rejected', reason: 'No' }])
    t.equal(codeOf(await decide(app, admin.token, id, payload)), 'vaccination-decided')
  t.same((await call(app, 'GET', PATH + id, { token: owner.token })).json(), response.json())

  const events = await call(app, 'GET', `/users/v1/${owner.user_id}/events`, { token: owner.token })
  t.match(events.json().results[0], { kind: 'vaccination-approved', actor_id: admin.user_id })
  const [mail] = await mailsTo(app, owner.email)
  t.equal(mail?.subject, 'A vaccination was approved')
  t.match(mail?.text, 'http://holocron.test/account/vaccinations')
  t.notMatch(mail?.text, /COVID|Aldera|AL-1138/, 'a mailbox learns nothing of the dose')
})

t.test('a rejection needs a reason, which the owner reads', async t => {
  const owner = await person(app)
  const { id } = await register(app, owner.token)
  t.match((await decide(app, admin.token, id, { decision: 'rejected' })).json(), { details: { field: 'reason' } })
  const invisible = await decide(app, admin.token, id, { decision: 'rejected', reason: '\u200b' })
  t.match(invisible.json(), { message: 'request-invalid', details: { field: 'reason', problem: /to read/ } })
  const rejected = await decide(app, admin.token, id, { decision: 'rejected', reason: 'The lot is unknown.' })
  t.match(rejected.json(), { status: 'rejected', reason: 'The lot is unknown.' })
  t.equal((await mailsTo(app, owner.email))[0]?.subject, 'A vaccination was not approved')
  t.equal(codeOf(await call(app, 'GET', `${PATH}certificate`, { token: owner.token })), 'certificate-not-found')
})

t.test('an approval is withdrawn once, with a reason, and that is told to the owner', async t => {
  const owner = await person(app)
  const { id } = await register(app, owner.token)
  const withdraw = (reason?: string) => decide(app, admin.token, id, { decision: 'withdrawn', reason })
  t.equal(codeOf(await withdraw('Too early')), 'vaccination-not-approved')
  await decide(app, admin.token, id)
  t.match((await withdraw()).json(), { statusCode: 400, details: { field: 'reason' } })
  const withdrawn = await withdraw('It was of somebody else.')
  t.match(withdrawn.json(), { id, status: 'withdrawn', reason: 'It was of somebody else.', decided_by: admin.user_id })
  t.equal(codeOf(await withdraw('Again')), 'vaccination-not-approved')
  t.equal(codeOf(await decide(app, admin.token, id)), 'vaccination-decided')
  t.same((await call(app, 'GET', PATH + id, { token: owner.token })).json(), withdrawn.json())
  t.ok(idsIn(await list(admin.token, '?status=withdrawn')).includes(id))

  const events = await call(app, 'GET', `/users/v1/${owner.user_id}/events`, { token: owner.token })
  t.match(events.json().results[0], { kind: 'vaccination-withdrawn', actor_id: admin.user_id })
  const mails = await mailsTo(app, owner.email)
  const mail = mails.find(({ subject }) => subject === 'The approval of a vaccination was withdrawn')
  t.ok(mail)
  t.notMatch(mail?.text, /COVID|somebody else/, 'a mailbox learns nothing of the dose')
})

t.test('an administrator does not decide about a dose of their own', async t => {
  const own = await administrator(app)
  await fillIn(app, own.token)
  const { id } = await register(app, own.token)
  t.equal(codeOf(await decide(app, own.token, id)), 'own-vaccination')
  t.equal((await decide(app, admin.token, id)).statusCode, 200)
  t.equal(codeOf(await decide(app, own.token, id, { decision: 'withdrawn', reason: 'No' })), 'own-vaccination')
})

t.test('threat: a stolen token of an administrator approves or withdraws nothing by itself', async t => {
  const { email } = await administrator(app)
  const { token } = await logIn(app, { email, password: PASSWORD })
  const { id } = await register(app, (await person(app)).token)
  for (const payload of [{ decision: 'approved' }, { decision: 'withdrawn', reason: 'No' }])
    t.equal(codeOf(await decide(app, token, id, payload)), 'reauthentication-required')
})

t.test('a dose that is deleted, or whose owner is, cannot be approved', async t => {
  const [keeping, leaving] = [await person(app), await person(app)]
  const deleted = await register(app, keeping.token)
  const orphan = await register(app, leaving.token)
  await remove(keeping.token, deleted.id)
  const { token, user_id } = leaving
  await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
  for (const { id } of [deleted, orphan]) t.equal(codeOf(await decide(app, admin.token, id)), 'not-found')
  t.same(await app.db.selectFrom('vaccinations').select('id').where('user_id', '=', user_id).execute(), [])
})

t.test("the export of a user's data has the doses", async t => {
  const { token, user_id } = await person(app)
  const dose = await register(app, token)
  const data = await call(app, 'GET', `/users/v1/${user_id}/export`, { token })
  t.same(data.json().vaccinations, [dose])
})

t.test('the list of vaccines has the name of each code', async t => {
  const { results } = (await call(app, 'GET', `${PATH}vaccines`, { token: admin.token })).json()
  t.ok(results.length > 140)
  t.match(results, [{ vaccine: '143', name: 'Adenovirus, types 4 and 7' }])
})
