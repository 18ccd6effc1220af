// Contacts from files, as address books export them, and back.
import { sql } from 'kysely'
import t from 'tap'
import type { Contact, Contacts, ImportedContacts } from '#schemas/contacts.ts'
import { build, call, codeOf, logIn, REAL } from '../../support/app.ts'
import { ANDROID, GOOGLE, IOS, manyCards, OUTLOOK, VERSION_4, WITHOUT_NAMES } from '../../support/cards.ts'
import { until } from '../../support/until.ts'

const app = await build(t, {
  CONTACTS_RATE_LIMIT_MAX: '1000000',
  CONTACTS_MAX: '300',
  CONTACTS_IMPORT_MAX_BYTES: '1000000',
})

const upload = (token: string, payload: string | Buffer, type = 'text/vcard') =>
  call(app, 'POST', '/contacts/v1/import', { token, payload, headers: { 'content-type': type } })
const imported = async (token: string, file: string | Buffer) => (await upload(token, file)).json<ImportedContacts>()
const download = async (token: string, version = '4.0') =>
  (await call(app, 'GET', `/contacts/v1/export?version=${version}`, { token })).body
const list = async (token: string) =>
  (await call(app, 'GET', '/contacts/v1/?limit=100', { token })).json<Contacts>().results
/** What was kept, without what the service adds. */
const kept = async (token: string) =>
  (await list(token)).map(({ id: _id, version: _version, created: _created, updated: _updated, ...fields }) => fields)
const card = (...lines: string[]) => ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n')
/** In whatever order. */
const cardsIn = (file: string) => file.split('END:VCARD\r\n').sort()
const NOTHING = { created: 0, updated: 0, unchanged: 0, failed: 0, problems: [] }

const SAMPLES: Record<string, { file: Buffer; contact: Partial<Contact> }> = {
  iOS: {
    file: IOS,
    contact: {
      first_name: 'Leia Amidala',
      last_name: 'Organa',
      email: 'leia@alliance.example',
      phone_number: '+47 22 33 44 55',
      birthday: '--10-21',
      address: 'Royal Palace\n1st floor\n12345 Aldera\nAlderaan',
      notes: 'Likes: caf, hope; and\nnew lines, too',
    },
  },
  Android: {
    file: ANDROID,
    contact: {
      first_name: 'Björn',
      last_name: 'Ångström',
      email: 'bjorn@example.se',
      phone_number: '08-123 456',
      birthday: '1975-03-08',
      address: 'Storgatan 1\nuppgång B\n90325 Umeå\nSverige',
      notes: 'åäö and a long line, and\nanother one',
    },
  },
  Google: {
    file: GOOGLE,
    contact: {
      first_name: 'Obi-Wan',
      last_name: 'Kenobi',
      email: 'ben@tatooine.example',
      phone_number: '5551234567',
      birthday: '--05-04',
      address: 'Cave 7\nJundland Wastes\nTatooine',
      notes: 'This is a long note, which is folded in the middle of a word.',
    },
  },
  Outlook: {
    file: OUTLOOK,
    contact: {
      first_name: 'Jürgen',
      last_name: 'Müller',
      email: 'juergen@example.de',
      phone_number: '+49 (30) 1234-5',
      birthday: '1970-01-01',
      address: 'Straße 1\n50667 Köln\nDeutschland',
      notes: 'naïve “quotes”',
    },
  },
  'version 4.0': {
    file: VERSION_4,
    contact: {
      first_name: 'Han',
      last_name: 'Solo',
      email: 'solo@falcon.example',
      phone_number: '+1-555-555-5555',
      birthday: '1942-07-13',
      address: 'Docking Bay 94\nMos Eisley\nTatooine',
      notes: null,
    },
  },
}

for (const [name, { file, contact }] of Object.entries(SAMPLES))
  t.test(`a card as of ${name} is read, and a second import changes nothing`, async t => {
    const { token } = await logIn(app)
    t.same(await imported(token, file), { ...NOTHING, created: 1 })
    t.same(await kept(token), [contact])
    t.same(await imported(token, file), { ...NOTHING, unchanged: 1 })
  })

t.test('an organization has its name for a last name, and a card without N has what it is called', async t => {
  const { token } = await logIn(app)
  t.same(await imported(token, WITHOUT_NAMES), { ...NOTHING, created: 2 })
  t.match(await list(token), [
    { first_name: 'Chewbacca', last_name: null },
    { first_name: null, last_name: 'Sienar Fleet Systems' },
  ])
})

t.test('a card with an empty N has its FN for a name, and its organization only if that names nobody', async t => {
  const { token } = await logIn(app)
  await imported(
    token,
    card('FN:Acme Support', 'N:;;;;', 'ORG:Acme') +
      card('FN:ben@empire.example', 'EMAIL:ben@empire.example', 'ORG:Empire'),
  )
  t.match(await list(token), [
    { first_name: 'Acme Support', last_name: null },
    { first_name: null, last_name: 'Empire' },
  ])
})

t.test('a file in UTF-16, with line ends of any kind or lines folded within a character is read, too', async t => {
  const { token } = await logIn(app)
  const text = GOOGLE.toString().replace('Obi-Wan Kenobi', 'Öbi').replace('Obi-Wan;', 'Öbi 王;')
  const le = Buffer.from(`\ufeff${text}`, 'utf16le')
  const be = Buffer.from(le).swap16()
  const [before, after] = text.split('Öbi 王')
  const [first = 0, ...rest] = Buffer.from('Öbi 王')
  const divided = Buffer.concat([
    Buffer.from(`${before}`),
    Buffer.from([first]),
    Buffer.from('\r\n '),
    Buffer.from(rest),
    Buffer.from(`${after}`),
  ])
  const forms = [text, `\ufeff${text}`, text.replaceAll('\r\n', '\n'), text.replaceAll('\r\n', '\r'), le, be, divided]
  for (const [i, form] of forms.entries())
    t.same(await imported(token, form), { ...NOTHING, ...(i === 0 ? { created: 1 } : { unchanged: 1 }) }, `form ${i}`)
  t.match(await list(token), [{ first_name: 'Öbi 王' }])
})

t.test('a quoted-printable value ends before an empty line, and beyond what is kept', async t => {
  const { token } = await logIn(app)
  const file = [
    card('FN:a', 'NOTE;CHARSET=UTF-8;', ' ENCODING=QUOTED-PRINTABLE:caf=C3=', '=A9'),
    card('FN:b', 'NOTE;ENCODING=QUOTED-PRINTABLE:caf=C3=A9=', '', 'BDAY:1980-01-01'),
    card('FN:c', 'X-LONG;ENCODING=QUOTED-PRINTABLE:=', ...Array<string>(300).fill(`${'x'.repeat(70)}=`), 'x', 'TEL:1'),
  ]
  t.same(await imported(token, file.join('')), { ...NOTHING, created: 3 })
  t.match(await list(token), [
    { first_name: 'a', notes: 'café' },
    { first_name: 'b', notes: 'café', birthday: '1980-01-01' },
    { first_name: 'c', phone_number: '1' },
  ])
})

t.test('what is exported and imported again is all that it was, in both versions', async t => {
  const { token } = await logIn(app)
  for (const { file } of Object.values(SAMPLES)) await upload(token, file)
  await upload(token, WITHOUT_NAMES)
  const awkward = {
    first_name: 'a,b;c\\n "d" ^n',
    last_name: 'é'.repeat(90),
    email: 'x+y@example.org',
    phone_number: '+1;ext=2,3',
    birthday: '--02-29',
    address: 'one\n\ntwo; three, four \\ five',
    notes: `😀${'long 王 '.repeat(200)}end\n\ttab: ;,\\`,
  }
  for (const payload of [
    awkward,
    { email: 'only@mail.example' },
    { phone_number: '112' },
    { last_name: 'Only', birthday: '1980-01-01' },
  ])
    await call(app, 'POST', '/contacts/v1/', { token, payload })
  const all = await kept(token)
  for (const version of ['4.0', '3.0']) {
    const file = await download(token, version)
    t.ok(
      file.split('\r\n').every(line => Buffer.byteLength(line) <= 75),
      'lines are folded',
    )
    t.same(await imported(token, file), { ...NOTHING, unchanged: all.length }, `${version}, the same user`)
    const other = await logIn(app)
    t.same(await imported(other.token, file), { ...NOTHING, created: all.length }, `${version}, another user`)
    t.same(await kept(other.token), all, version)
    t.same(cardsIn(await download(other.token, version)), cardsIn(file))
  }
})

t.test('a card with the UID of a contact updates it, and what it does not say is kept', async t => {
  const { token } = await logIn(app)
  await upload(token, VERSION_4)
  const [before] = await list(token)
  const uid = 'UID:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1'
  t.same(await imported(token, card(uid, 'N:Solo;Ben;;;', 'NOTE:new')), { ...NOTHING, updated: 1 })
  const [after] = await list(token)
  t.match(after, { ...before, first_name: 'Ben', notes: 'new', version: 2, updated: String })
})

t.test('a card without a UID that was imported before does not take back what was changed since', async t => {
  const { token } = await logIn(app)
  await upload(token, IOS)
  const [contact] = await list(token)
  await call(app, 'PATCH', `/contacts/v1/${contact?.id}`, { token, payload: { notes: 'mine' } })
  t.same(await imported(token, IOS), { ...NOTHING, unchanged: 1 })
  t.match(await list(token), [{ notes: 'mine' }])
})

t.test('a card that is in a file twice is one contact', async t => {
  const { token } = await logIn(app)
  const first = card('UID:1', 'N:Fett;Boba;;;')
  const second = card('UID:1', 'N:Fett;Jango;;;')
  t.same(await imported(token, first + first + second + IOS + IOS), {
    ...NOTHING,
    created: 2,
    updated: 1,
    unchanged: 2,
  })
  t.equal((await list(token)).length, 2)
})

t.test('cards that cannot be read are named by their line, and the others are in', async t => {
  const { token } = await logIn(app)
  const file = [
    'this is no card',
    card('N:Good;One;;;').trimEnd(),
    card('N:Bad;;;;', 'what is this').trimEnd(),
    card('N:;;;;', 'NOTE:nobody').trimEnd(),
    'BEGIN:VCARD',
    'N:Unfinished;;;;',
    card('N:Good;Two;;;', 'EMAIL:none', 'BDAY:yesterday', `NOTE:${'x'.repeat(2001)}`).trimEnd(),
    card('N:Large;;;;', ...Array.from({ length: 700 }, () => `X-LARGE:${'x'.repeat(100)}`)).trimEnd(),
    'BEGIN:VCARD',
    'N:Good;Three;;;',
  ].join('\r\n')
  const { created, failed, problems } = await imported(token, file)
  t.same([created, failed], [2, 5])
  t.same(problems, [
    { line: 9, problem: 'unreadable' },
    { line: 11, problem: 'empty' },
    { line: 16, problem: 'unfinished' },
    { line: 21, problem: 'left-out', field: 'email' },
    { line: 22, problem: 'left-out', field: 'birthday' },
    { line: 23, problem: 'left-out', field: 'notes' },
    { line: 25, problem: 'too-large' },
    { line: 729, problem: 'unfinished' },
  ])
  t.same(
    (await list(token)).map(({ first_name }) => first_name),
    ['One', 'Two'],
  )
})

t.test(
  'a card of more than a thousand lines is too large: what was best of so many took a third of a second to choose',
  async t => {
    const { token } = await logIn(app)
    const phones = (count: number) => Array.from({ length: count }, () => 'TEL:1')
    const file = card('N:Many;;;;', ...phones(2000)) + card('N:Good;;;;', ...phones(900))
    t.same(await imported(token, file), {
      ...NOTHING,
      created: 1,
      failed: 1,
      problems: [{ line: 1, problem: 'too-large' }],
    })
  },
)

t.test('a card with nothing but invisible characters for a name has none', async t => {
  const { token } = await logIn(app)
  const file = card('N:\u200b;\u3164;;;', 'FN:Finn') + card('N:\u202e;\u2066;;;', 'FN:\u2800')
  t.match(await imported(token, file), { created: 1, failed: 1, problems: [{ line: 6, problem: 'empty' }] })
  t.match(await list(token), [{ first_name: 'Finn', last_name: null }])
})

t.test('a file with no card, or of another kind, is refused', async t => {
  const { token } = await logIn(app)
  for (const file of ['', 'name;phone\r\nLeia;1', '\0\0\0']) t.equal(codeOf(await upload(token, file)), 'vcard-invalid')
  t.equal(codeOf(await upload(token, IOS, 'text/csv')), 'media-type-unsupported')
  for (const type of ['text/x-vcard', 'text/directory', 'text/vcard; charset=utf-8'])
    t.equal((await upload(token, IOS, type)).statusCode, 200)
})

t.test('a file that is too large is refused, whether it says its size or not', async t => {
  const { token } = await logIn(app)
  const response = await upload(token, manyCards(1, 1_000_000))
  t.equal(response.statusCode, 413)
  t.equal(codeOf(response), 'contacts-file-too-large')
  t.same(await list(token), [])
})

t.test('beyond CONTACTS_MAX cards are named, and those that the user has are updated', async t => {
  const { token } = await logIn(app)
  t.same(await imported(token, manyCards(290)), { ...NOTHING, created: 290 })
  const { created, unchanged, failed, problems } = await imported(token, manyCards(305))
  t.same([created, unchanged, failed], [10, 290, 5])
  t.same(
    problems.map(({ problem }) => problem),
    Array(5).fill('limit-reached'),
  )
  t.same(await imported(token, card('UID:card-1', 'N:Trooper;Finn;;;')), { ...NOTHING, updated: 1 })
})

t.test('race: one file, imported several times at once, is in once', async t => {
  const { token } = await logIn(app)
  const file = Buffer.concat([manyCards(120), manyCards(120, 0, () => undefined).subarray(0)])
  const all = await Promise.all([1, 2, 3].map(() => imported(token, file)))
  t.equal(
    all.reduce((sum, { created }) => sum + created, 0),
    240,
  )
  for (const { created, unchanged, failed } of all) t.same([created + unchanged, failed], [240, 0])
})

t.test('race: imports and creations at the limit leave no more than CONTACTS_MAX', async t => {
  const { token, user_id } = await logIn(app)
  await upload(token, manyCards(250))
  const create = () => call(app, 'POST', '/contacts/v1/', { token, payload: { first_name: 'x' } })
  const file = (name: string) => manyCards(60, 0, n => `${name}-${n}`)
  await Promise.all([upload(token, file('a')), create(), upload(token, file('b')), create(), create()])
  const { count } = await app.db
    .selectFrom('contacts')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  t.equal(Number(count), 300)
})

t.test('race: an import against edits and deletions loses neither, and fails in nothing', async t => {
  const { token } = await logIn(app)
  await upload(token, manyCards(20))
  const contacts = await list(token)
  const newer = Buffer.from(manyCards(20).toString().replaceAll('1977-05-25', '1980-05-21'))
  const [outcome] = await Promise.all([
    upload(token, newer),
    ...contacts.map(({ id }, i) =>
      call(app, i % 2 ? 'DELETE' : 'PATCH', `/contacts/v1/${id}`, {
        token,
        ...(i % 2 === 0 && { payload: { notes: 'x' } }),
      }),
    ),
  ])
  t.equal(outcome?.statusCode, 200)
  for (const contact of await list(token)) {
    t.equal(contact.birthday, '1980-05-21')
    t.ok(contact.notes === 'x' || contact.version === 1)
  }
})

t.test(
  'race: a contact that is deleted before its card could update it counts as created, which it is',
  { skip: !REAL && 'nothing comes between the statements of a transaction of SQLite' },
  async t => {
    const { token, user_id } = await logIn(app)
    await upload(token, manyCards(300))
    const isWaiting = async () => {
      const waiting = sql`select 1 from information_schema.processlist where db = database() and info like 'update %contacts%'`
      return (await waiting.execute(app.db)).rows.length > 0
    }
    let report: Promise<ImportedContacts> | undefined
    await app.db.transaction().execute(async tx => {
      await tx.deleteFrom('contacts').where('user_id', '=', user_id).where('uid', '=', 'card-1').execute()
      report = imported(token, card('UID:card-1', 'N:Trooper;Finn;;;'))
      await until(isWaiting)
    })
    t.same(await report, { ...NOTHING, created: 1 })
    t.match(
      (await list(token)).find(({ first_name }) => first_name === 'Finn'),
      { version: 1, birthday: null },
    )
  },
)

t.test("threat: a card names the UID of somebody else's contact", async t => {
  const [owner, thief] = [await logIn(app), await logIn(app)]
  await upload(owner.token, VERSION_4)
  const before = await list(owner.token)
  t.same(await imported(thief.token, VERSION_4.toString().replaceAll('Han', 'Mine')), { ...NOTHING, created: 1 })
  t.same(await list(owner.token), before)
})
