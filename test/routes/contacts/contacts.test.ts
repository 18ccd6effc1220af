// A user's address book: what is kept, how it is found, and that no change is lost.
import t from 'tap'
import type { Contact, Contacts } from '#schemas/contacts.ts'
import { build, call, codeOf, logIn, PASSWORD } from '../../support/app.ts'

const app = await build(t, { CONTACTS_RATE_LIMIT_MAX: '1000000', CONTACTS_MAX: '40' })
const { token } = await logIn(app)

const LEIA = {
  first_name: 'Leia',
  last_name: 'Organa',
  email: 'leia@alderaan.example',
  phone_number: '+47 22 33 44 55',
  birthday: '1956-10-21',
  address: 'Royal Palace\nAldera',
  notes: 'Met at the cantina',
}
const EMPTY = Object.fromEntries(Object.keys(LEIA).map(name => [name, null]))

const create = (payload: object, as = token) => call(app, 'POST', '/contacts/v1/', { token: as, payload })
const created = async (payload: object, as = token) => (await create(payload, as)).json<Contact>()
const urlOf = ({ id }: Pick<Contact, 'id'>) => `/contacts/v1/${id}`
const list = async (query = '', as = token) =>
  (await call(app, 'GET', `/contacts/v1/${query}`, { token: as })).json<Contacts>()
const names = ({ results }: Contacts) => results.map(({ first_name }) => first_name)

/** Changes a contact, for a version if one is given. */
const change = (
  method: 'PUT' | 'PATCH' | 'DELETE',
  contact: Pick<Contact, 'id'>,
  { ifMatch, payload }: { ifMatch?: string; payload?: object } = {},
) =>
  call(app, method, urlOf(contact), {
    token,
    ...(payload && { payload }),
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
  })

t.test('a contact is created, and is at its location, in the version of its ETag', async t => {
  const response = await create(LEIA)
  t.equal(response.statusCode, 201)
  t.match(response.json(), { ...LEIA, version: 1 })
  t.equal(response.headers.etag, '"1"')
  const read = await call(app, 'GET', new URL(String(response.headers.location)).pathname, { token })
  t.same(read.json(), response.json())
  t.equal(read.headers.etag, '"1"')
})

t.test('PATCH keeps what it does not name and clears what is null; PUT clears what it does not name', async t => {
  const contact = await created(LEIA)
  const patched = await change('PATCH', contact, { payload: { last_name: 'Solo', notes: null } })
  t.match(patched.json(), { ...LEIA, last_name: 'Solo', notes: null, version: 2 })
  t.equal(patched.headers.etag, '"2"')
  const put = await change('PUT', contact, { payload: { first_name: 'Ben' } })
  t.match(put.json(), { ...EMPTY, first_name: 'Ben', version: 3 })
  t.same((await call(app, 'GET', urlOf(contact), { token })).json(), put.json())
})

t.test('a change that is meant for another version is refused, and changes nothing', async t => {
  const contact = await created(LEIA)
  await change('PATCH', contact, { payload: { notes: 'second' }, ifMatch: '"1"' })
  for (const ifMatch of ['"1"', 'W/"2"', '2', '"x"', '"1", "3"', ''])
    for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
      const late = await change(method, contact, {
        ifMatch,
        ...(method !== 'DELETE' && { payload: { first_name: 'x' } }),
      })
      t.equal(late.statusCode, 412, `${method} ${ifMatch}`)
      t.equal(codeOf(late), 'precondition-failed')
    }
  t.match((await call(app, 'GET', urlOf(contact), { token })).json(), { ...LEIA, notes: 'second', version: 2 })
  t.equal((await change('PATCH', contact, { payload: { notes: '3' }, ifMatch: '"1", "2"' })).statusCode, 200)
  t.equal((await change('PATCH', contact, { payload: { notes: '4' }, ifMatch: '*' })).statusCode, 200)
  t.equal((await change('DELETE', contact, { ifMatch: '"4"' })).statusCode, 200)
  t.equal(codeOf(await change('DELETE', contact, { ifMatch: '"4"' })), 'not-found')
})

t.test('race: of two edits of one version, one is made, and the other learns of it', async t => {
  const contact = await created(LEIA)
  const edits = ['one', 'two', 'three'].map(notes => change('PATCH', contact, { payload: { notes }, ifMatch: '"1"' }))
  t.same((await Promise.all(edits)).map(({ statusCode }) => statusCode).sort(), [200, 412, 412])
})

t.test('race: edits of different fields that name no version are all made', async t => {
  const contact = await created(LEIA)
  const fields = [{ first_name: 'a' }, { last_name: 'b' }, { notes: 'c' }, { email: 'd@e.example' }]
  for (const { statusCode } of await Promise.all(fields.map(payload => change('PATCH', contact, { payload }))))
    t.equal(statusCode, 200)
  t.match((await call(app, 'GET', urlOf(contact), { token })).json(), { ...Object.assign({}, ...fields), version: 5 })
})

t.test('race: an edit against a deletion: either it is made first, or there is nothing left to edit', async t => {
  for (let i = 0; i < 5; i++) {
    const contact = await created(LEIA)
    const [edit, deletion] = await Promise.all([
      change('PATCH', contact, { payload: { notes: 'x' }, ifMatch: '"1"' }),
      change('DELETE', contact, { ifMatch: '"1"' }),
    ])
    t.ok(
      [
        [200, 412],
        [404, 200],
      ].some(([a, b]) => edit.statusCode === a && deletion.statusCode === b),
      `${edit.statusCode} and ${deletion.statusCode}`,
    )
    const left = await call(app, 'GET', urlOf(contact), { token })
    t.equal(left.statusCode, edit.statusCode)
    await change('DELETE', contact)
  }
})

t.test('a contact has a name, an address or a number', async t => {
  for (const payload of [{}, { notes: 'x' }, { first_name: ' ' }, { first_name: null, birthday: '--02-29' }])
    t.equal(codeOf(await create(payload)), 'contact-empty')
  for (const payload of [{ last_name: 'x' }, { email: 'a@b' }, { phone_number: '1' }]) {
    const contact = await created(payload)
    t.match(contact, payload)
    const [name = ''] = Object.keys(payload)
    t.equal(codeOf(await change('PATCH', contact, { payload: { [name]: null } })), 'contact-empty')
    t.equal(codeOf(await change('PUT', contact, { payload: {} })), 'contact-empty')
    await change('DELETE', contact)
  }
})

t.test('what nobody would see is as good as nothing', async t => {
  const invisible = ['\u200b', '\u3164', '\u2800', '\u202e\u2069', '\ufeff \u00ad', '\u{e0020}\ufe0f', '\u115f\uffa0']
  for (const text of invisible)
    t.equal(codeOf(await create({ first_name: text, last_name: text, phone_number: text })), 'contact-empty', text)
  const contact = await created({ first_name: '\u3164', last_name: ' ', email: 'a@b.example', notes: '\u200b' })
  t.match(contact, { first_name: null, last_name: null, notes: null })
  t.match((await change('PATCH', contact, { payload: { first_name: '\u202eLeia' } })).json(), {
    first_name: '\u202eLeia',
  })
  t.equal(codeOf(await change('PATCH', contact, { payload: { first_name: '\u200d', email: null } })), 'contact-empty')
  await change('DELETE', contact)
})

t.test('a birthday is a day of the calendar, with or without a year', async t => {
  const contact = await created({ first_name: 'x' })
  for (const birthday of ['2000-02-29', '2024-02-29', '--02-29', '--12-31', '1900-02-28'])
    t.match((await change('PATCH', contact, { payload: { birthday } })).json(), { birthday })
  for (const birthday of [
    '1900-02-29',
    '2023-02-29',
    '--02-30',
    '--13-01',
    '1956-04-31',
    '0000-01-01',
    '--00-10',
    '21.10.1956',
    '-02-29',
  ])
    t.match((await change('PATCH', contact, { payload: { birthday } })).json(), {
      message: 'request-invalid',
      details: { field: 'birthday', problem: /^must be a day of the calendar: YYYY-MM-DD/ },
    })
})

t.test('an e-mail address has an @, and a phone number is whatever was typed', async t => {
  const contact = await created({ phone_number: 'abc' })
  t.equal(contact.phone_number, 'abc')
  for (const email of ['leia', '@alderaan.example', 'leia organa@alderaan.example', `${'a'.repeat(250)}@b.example`])
    t.match((await change('PATCH', contact, { payload: { email } })).json(), {
      message: 'request-invalid',
      details: { field: 'email', problem: 'must be an e-mail address of at most 254 characters' },
    })
})

t.test(
  'a search finds names, addresses and numbers, whatever their case and accents, and takes wildcards as they are',
  async t => {
    const { token } = await logIn(app)
    const add = (payload: object) => created(payload, token)
    await add({ first_name: 'José', last_name: 'Müller-Straße' })
    await add({ first_name: 'Łukasz', last_name: 'Ångström', email: 'Luk_asz@Example.org' })
    await add({ first_name: 'Δημήτρης', phone_number: '+47 22-33 44 55' })
    await add({ first_name: '100%', notes: 'jose' })
    const found: Record<string, string[]> = {
      jose: ['José'],
      'MULLER josé': ['José'],
      strasse: ['José'],
      'lukasz ang': ['Łukasz'],
      'luk_asz@example': ['Łukasz'],
      lukXasz: [],
      ΔΗΜΗΤΡΗΣ: ['Δημήτρης'],
      '22 33 44': ['Δημήτρης'],
      '(22) 33-44.55': ['Δημήτρης'],
      '%': ['100%'],
      _: ['Łukasz'],
      '!': [],
      'jose 100': [],
    }
    for (const [q, expected] of Object.entries(found))
      t.same(names(await list(`?q=${encodeURIComponent(q)}`, token)), expected, q)
  },
)

t.test('lists are sorted by name or time, and come page by page, whatever is in them', async t => {
  const { token } = await logIn(app)
  const people = [
    ['Zoë', 'Ångström'],
    ['anna', 'Zimmer'],
    ['Åsa', 'zimmer'],
    ['明', '王'],
    ['', ''],
    ['李', '王'],
  ]
  for (const [first_name, last_name] of people)
    await created(first_name ? { first_name, last_name } : { email: 'm@example.org', notes: 'no name' }, token)
  const byName = ['Zoë', null, 'anna', 'Åsa', '明', '李']
  const byTime = ['Zoë', 'anna', 'Åsa', '明', null, '李']
  const orders = { name: byName, '-name': byName.toReversed(), created: byTime, '-created': byTime.toReversed() }
  for (const [sort, expected] of Object.entries(orders)) {
    const seen: (string | null)[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Contacts = await list(`?limit=2&sort=${sort}${cursor && `&cursor=${cursor}`}`, token)
      t.ok(page.results.length <= 2)
      seen.push(...names(page))
      cursor = page.next_cursor
    }
    t.same(seen, expected, sort)
  }
})

t.test('a cursor of another list is refused', async t => {
  const { token } = await logIn(app)
  for (const first_name of ['a', 'b']) await created({ first_name }, token)
  const { next_cursor } = await list('?limit=1&sort=created', token)
  for (const query of [`?cursor=${next_cursor}`, '?cursor=x', '?sort=created&cursor=bm90IG9uZQ'])
    t.equal(codeOf(await call(app, 'GET', `/contacts/v1/${query}`, { token })), 'request-invalid')
})

t.test('a user has at most CONTACTS_MAX contacts, however many are created at once', async t => {
  const { token } = await logIn(app)
  for (let i = 0; i < 38; i++) await created({ first_name: `${i}` }, token)
  const all = await Promise.all(Array.from({ length: 6 }, () => create({ first_name: 'x' }, token)))
  t.same(all.map(({ statusCode }) => statusCode).sort(), [201, 201, 409, 409, 409, 409])
  t.ok(all.every(response => response.statusCode === 201 || codeOf(response) === 'too-many-contacts'))
  t.equal((await list('?limit=100', token)).results.length, 40)
})

t.test("threat: somebody searches, reads, changes or deletes another user's contacts", async t => {
  const stranger = await logIn(app)
  const contact = await created({ first_name: 'Secret' })
  t.same(await list('?q=secret', stranger.token), { results: [], next_cursor: null })
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    const payload = method === 'PUT' || method === 'PATCH' ? { payload: { first_name: 'mine' } } : {}
    const foreign = await call(app, method, urlOf(contact), { token: stranger.token, ...payload })
    t.equal(codeOf(foreign), 'not-found', method)
  }
  t.match(await list('?q=secret'), { results: [{ first_name: 'Secret', version: 1 }] })
})

t.test('contacts are in the export of the data of their owner, and go with the account', async t => {
  const { token, user_id } = await logIn(app)
  const contact = await created(LEIA, token)
  t.same((await call(app, 'GET', `/users/v1/${user_id}/export`, { token })).json().contacts, [contact])
  await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
  t.same(await app.db.selectFrom('contacts').select('id').where('user_id', '=', user_id).execute(), [])
})
