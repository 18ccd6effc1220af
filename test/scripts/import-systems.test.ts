// What the exports of other systems really hold.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import bcrypt from 'bcryptjs'
import t, { type Test } from 'tap'
import { listForeignHashes } from '#sql/foreign-hashes.ts'
import { build, call, type Environment, environment, logIn, mailedToken, newEmail, PASSWORD } from '../support/app.ts'
import { FIREBASE, MADE } from '../support/foreign-hashes.ts'
import { run } from '../support/run-script.ts'
import { outcome } from '../support/session.ts'

// Processes start slowly on a busy machine.
t.setTimeout(300_000)

const BCRYPT = bcrypt.hashSync(PASSWORD, 4)

/** Imports these users into a service, and returns what the file of rejects says. */
async function importInto(t: Test, users: object[], settings: Environment = {}) {
  const env = await environment(t, settings)
  const app = await build(t, env)
  const file = join(env.DATA_DIR ?? '', 'users.ndjson')
  await writeFile(file, users.map(user => `${JSON.stringify(user)}\n`).join(''))
  const { code, out, err } = await run('import-users.ts', ['users.ndjson'], env)
  const text = await readFile(`${file}.rejected`, 'utf8')
  return {
    app,
    code,
    out,
    err,
    notes: text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line)),
  }
}

const usersOf = async ({ app }: Pick<Awaited<ReturnType<typeof importInto>>, 'app'>) =>
  app.db.selectFrom('users').selectAll().orderBy('email').execute()

t.test('hashes of every system come in, and open their accounts', async t => {
  const users = Object.values(MADE).map(password_hash => ({ email: newEmail(), password_hash, email_verified: true }))
  const { app, code, notes } = await importInto(t, users)
  t.same({ code, notes }, { code: 0, notes: [] })
  for (const { email } of users) await logIn(app, { email, password: PASSWORD })
})

t.test('the costliest hash of each algorithm is known from the import on, and none of its key', async t => {
  const hashes = [MADE['passlib 1.7, pbkdf2_sha256'], MADE['Django 5.2, pbkdf2_sha256'], BCRYPT, BCRYPT]
  const { app } = await importInto(
    t,
    hashes.map(password_hash => ({ email: newEmail(), password_hash })),
  )
  const kinds = await listForeignHashes(app.db)
  t.same(
    kinds.map(({ algorithm, work }) => ({ algorithm, work })).sort((a, b) => a.work - b.work),
    [
      { algorithm: 'bcrypt', work: 16 },
      { algorithm: 'pbkdf2-sha256', work: 30_000 },
    ],
  )
  for (const { sample } of kinds) for (const hash of hashes) t.notMatch(sample, hash?.slice(-12))
})

const keycloak = (algorithm: string, hashIterations: number, value: string, additionalParameters = {}) => ({
  type: 'password',
  secretData: JSON.stringify({ value, salt: 'MDEyMzQ1Njc4OWFiY2RlZg==', additionalParameters: {} }),
  credentialData: JSON.stringify({ hashIterations, algorithm, additionalParameters }),
})
const KEYCLOAK = {
  'pbkdf2-sha256': keycloak(
    'pbkdf2-sha256',
    27_500,
    'kejlMN8JribSjWgZZQiHDNFcbg6gAv7vlMQ9hSeagqf6FbquvaYu9JlwfwmKvTR+W2u9sRtFwbu+G3QnpHSbhQ==',
  ),
  'pbkdf2-sha512': keycloak(
    'pbkdf2-sha512',
    210_000,
    '6cNIGyzsax4ydsBnW53z7Ok9GXNqsbtDncK0glGeQonCrsn4yF/jYiKuNYfP2IOnXE7A097pyVE3uJ8fKLMV3w==',
  ),
  argon2: keycloak('argon2', 5, 'a0gkunGPwfl2FZBynW/9zTUpRq8FdTpMPJzFakHpwTo=', {
    hashLength: ['32'],
    memory: ['7168'],
    type: ['id'],
    version: ['1.3'],
    parallelism: ['1'],
  }),
}

t.test("Keycloak's credentials come in as its export of a realm holds them", async t => {
  const users = Object.values(KEYCLOAK).map(password_hash => ({
    email: newEmail(),
    password_hash,
    email_verified: true,
  }))
  const unknown = { email: newEmail(), password_hash: keycloak('rot13', 1, 'AAAA') }
  const { app, notes } = await importInto(t, [...users, unknown])
  t.same(notes, [{ line: 4, reason: "password_hash: Keycloak's rot13 cannot be verified" }])
  for (const { email } of users) await logIn(app, { email, password: PASSWORD })
})

t.test("Firebase's hashes need its signer key, which is in no row", async t => {
  const [one, two] = FIREBASE
  if (!one || !two) throw new Error('no vectors')
  const supabase = two.hash.replace('$', `$`).replace(',ss=Bw==', `,ss=Bw==,sk=${two.signerKey}`)
  const users = [
    { email: 'one@old.example', password_hash: one.hash, email_verified: true },
    { email: 'two@old.example', password_hash: supabase, email_verified: true },
  ]
  const { notes } = await importInto(t, users)
  t.match(notes, [
    { line: 1, reason: /set FIREBASE_SIGNER_KEY/ },
    { line: 2, reason: /set FIREBASE_SIGNER_KEY/ },
  ])
  const settings = { FIREBASE_SIGNER_KEY: `${one.signerKey},${two.signerKey}` }
  const imported = await importInto(t, users, settings)
  t.same(imported.notes, [])
  for (const { password_hash } of await usersOf(imported)) t.notMatch(password_hash, 'sk=')
  await logIn(imported.app, { email: 'one@old.example', password: one.password })
  await logIn(imported.app, { email: 'two@old.example', password: two.password })
})

t.test('users without a password come in: nobody logs in, until they reset it', async t => {
  const hashes = [null, '', '!', '!Xr5KbLP2lcdwBuEEdZzUBgGOKbvvOnGsRQGsgHfv', '*']
  const users = hashes.map((password_hash, n) => ({ email: `u${n}@old.example`, password_hash, email_verified: true }))
  const { app, code } = await importInto(t, users)
  t.equal(code, 0)
  for (const { email, password_hash } of users)
    for (const password of [PASSWORD, password_hash || 'null', '!'])
      t.match(
        outcome(await call(app, 'POST', '/users/v1/login', { payload: { email, password } })),
        /^(404|400 password-)/,
      )
  const email = 'u0@old.example'
  await call(app, 'POST', '/users/v1/password_forgotten', { payload: { email } })
  const payload = { token: await mailedToken(app, email), new_password: PASSWORD }
  t.equal((await call(app, 'POST', '/users/v1/password_reset', { payload })).statusCode, 200)
  await logIn(app, { email, password: PASSWORD })
})

const at = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
const second = at - 678
const TIMES: [spelling: unknown, time: number][] = [
  ['2024-01-02 03:04:05.678+00', at],
  ['2024-01-02 03:04:05.678901+00', at],
  ['2024-01-02 04:34:05.678+0130', at],
  ['2024-01-02 03:04:05', second],
  ['2024-01-02T03:04:05.678Z', at],
  ['2024-01-02T03:04:05.6780000+00:00', at],
  ['2024-01-02 03:04:05 UTC', second],
  ['20240102030405Z', second],
  [second / 1000, second],
  [at, at],
  [at * 1000, at],
  [String(at), at],
  [`${second / 1000}.678`, at],
]
t.test('times come in as PostgreSQL, MySQL, .NET, LDAP and Firebase write them', async t => {
  const users = TIMES.map(([created], n) => ({ email: `u${10 + n}@old.example`, password_hash: BCRYPT, created }))
  const imported = await importInto(t, users)
  t.same(imported.notes, [])
  t.same(
    (await usersOf(imported)).map(({ created_at }) => created_at),
    TIMES.map(([, time]) => time),
  )
})

const PHONES: [spelling: unknown, kept: string | null][] = [
  ['(555) 123-4567', '(555) 123-4567'],
  ['+1 (555) 123-4567', '+1 (555) 123-4567'],
  ['+(47) 22 33 44 55', '+(47) 22 33 44 55'],
  ['tel:+4722334455', '+4722334455'],
  ['+47\u00a022\u201133', '+47 22-33'],
  ['\uff15\uff15\uff15 1234', '555 1234'],
  ['555-1234 ext. 7', '555-1234 ext. 7'],
  [4722334455, '4722334455'],
  ['', null],
  [null, null],
]
t.test('phone numbers are mended, and empty ones are none', async t => {
  const users = PHONES.map(([phone_number], n) => ({ email: `u${n}@old.example`, password_hash: BCRYPT, phone_number }))
  const imported = await importInto(t, users)
  t.same(imported.notes, [])
  t.same(
    (await usersOf(imported)).map(({ phone_number }) => phone_number),
    PHONES.map(([, kept]) => kept),
  )
})

t.test('an optional field that cannot be used is left out and told, and the user comes in', async t => {
  const fields: [field: string, value: unknown][] = [
    ['phone_number', 'ask my secretary'],
    ['phone_number', { home: '555' }],
    ['created', '2020-13-45'],
    ['created', '2020-02-30'],
    ['created', '2020-02-01T25:00'],
    ['created', '0000-00-00 00:00:00'],
    ['created', true],
    ['first_name', 'x'.repeat(101)],
    ['first_name', ['Leia']],
    ['last_name', '\ud800'],
    ['national_id', 'x'.repeat(65)],
  ]
  const users = fields.map(([field, value]) => ({ email: newEmail(), password_hash: BCRYPT, [field]: value }))
  const imported = await importInto(t, users)
  t.match(imported, {
    code: 0,
    out: `${fields.length} users imported, 0 lines rejected, ${fields.length} fields left out: see users.ndjson.rejected.\n`,
  })
  t.same(
    imported.notes.map(({ line, dropped }) => [line, dropped]),
    fields.map(([field], n) => [n + 1, field]),
  )
  for (const { reason } of imported.notes) t.ok(reason)
  for (const user of await usersOf(imported))
    t.match(user, { phone_number: null, first_name: null, last_name: null, national_id: null })
})

t.test(
  'texts keep their words: control characters separate them like spaces, and postal addresses keep their lines',
  async t => {
    const user = {
      email: ' Leia@Old.example ',
      password_hash: ` ${BCRYPT}\n`,
      first_name: 'Leia\u0000',
      last_name: 'Organa\nSolo',
      address: 'Royal\tPalace\r\nAldera\n',
    }
    const imported = await importInto(t, [user])
    t.match(await usersOf(imported), [
      { email: 'leia@old.example', first_name: 'Leia', last_name: 'Organa Solo', address: 'Royal Palace\nAldera' },
    ])
  },
)

t.test(
  'flags are 0 and 1 in MySQL, t and f in PostgreSQL; what is neither rejects the line, for it decides who gets in',
  async t => {
    const user = (email_verified: unknown, disabled: unknown) => ({
      email: newEmail(),
      password_hash: BCRYPT,
      email_verified,
      disabled,
    })
    const imported = await importInto(t, [
      user(1, 0),
      user('t', 'f'),
      user('TRUE', ''),
      user(null, null),
      user(true, 'no'),
    ])
    t.match(imported.notes, [{ line: 5, reason: /disabled must be boolean/ }])
    const rows = await imported.app.db
      .selectFrom('users')
      .select(['email_verified', 'disabled'])
      .orderBy('email')
      .execute()
    t.same(
      rows.map(row => [row.email_verified, row.disabled]),
      [
        [1, 0],
        [1, 0],
        [1, 0],
        [0, 0],
      ],
    )
  },
)

t.test(
  'ids are kept where they are free; who has another, or none that fits, gets a new one, and it is told',
  async t => {
    const ids = [7, '8', 7, 'a3f1', 0, -1, 2.5, 2 ** 53, undefined, null, 1_000_000_000_000]
    const users = ids.map((id, n) => ({ email: `u${10 + n}@old.example`, password_hash: BCRYPT, id }))
    const imported = await importInto(t, users)
    t.equal(imported.code, 0)
    t.same(
      imported.notes.map(({ line, dropped, reason }) => [line, dropped, /taken/.test(reason)]),
      [
        [3, 'id', true],
        [4, 'id', false],
        [5, 'id', false],
        [6, 'id', false],
        [7, 'id', false],
        [8, 'id', false],
      ],
    )
    const kept = (await usersOf(imported)).map(({ id }) => id)
    t.same([kept[0], kept[1], kept[10]], [7, 8, 1_000_000_000_000])
    t.equal(new Set(kept).size, ids.length)
  },
)

t.test('the id of a user whose tokens may still be around is not given to another', async t => {
  const env = await environment(t)
  const app = await build(t, env)
  const { user_id, token } = await logIn(app)
  t.equal(
    (await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })).statusCode,
    200,
  )
  const file = join(env.DATA_DIR ?? '', 'users.ndjson')
  await writeFile(file, JSON.stringify({ email: 'heir@old.example', password_hash: BCRYPT, id: user_id }))
  t.match(await run('import-users.ts', ['users.ndjson'], env), { code: 0, out: /1 users imported.*1 fields left out/ })
  const [heir] = await app.db.selectFrom('users').selectAll().execute()
  t.not(heir?.id, user_id)
})
