import { scryptSync } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hash as argon2 } from '@node-rs/argon2'
import bcrypt from 'bcryptjs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  build,
  call,
  codeOf,
  type Environment,
  environment,
  logIn,
  newEmail,
  PASSWORD,
  unmigratedEnvironment,
  verifiedUser,
} from '../support/app.ts'
import { eventKinds } from '../support/mails.ts'
import { run, start } from '../support/run-script.ts'
import { until } from '../support/until.ts'

const BCRYPT = bcrypt.hashSync(PASSWORD, 4)

/** A service, and an import beside it. */
async function service(t: Parameters<typeof environment>[0]) {
  const env = await environment(t)
  const app = await build(t, env)
  const file = join(env.DATA_DIR ?? '', 'users.ndjson')
  return {
    env,
    app,
    file,
    importFile: (flags: string[] = []) => run('import-users.ts', ['users.ndjson'], env, '', flags),
  }
}

const ndjson = (lines: unknown[]) =>
  lines
    .map(line => (typeof line === 'string' ? line : JSON.stringify(line)))
    .join('\n')
    .concat('\n')

async function rejectsOf(file: string): Promise<{ line: number; reason: string }[]> {
  const text = await readFile(`${file}.rejected`, 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
}

const count = async (app: FastifyInstance, table: 'users' | 'audit_events') =>
  (
    await app.db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
  ).n

function scryptPhc(): string {
  const salt = Buffer.from('0123456789abcdef')
  const b64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$scrypt$ln=10,r=8,p=1$${b64(salt)}$${b64(scryptSync(PASSWORD, salt, 32, { N: 1024, r: 8, p: 1 }))}`
}

const argon2Hash = (cost: string) => `$argon2id$v=19$${cost}$${'A'.repeat(22)}$${'A'.repeat(43)}`

t.test('hashes of each kind open their accounts, and are argon2id by our parameters after the first login', async t => {
  const { app, file, importFile } = await service(t)
  const hashes: Record<string, string> = {
    bcrypt: BCRYPT,
    scrypt: scryptPhc(),
    argon2i: await argon2(PASSWORD, { algorithm: 1, memoryCost: 64, timeCost: 2 }),
    argon2id: await argon2(PASSWORD, { algorithm: 2, memoryCost: 32, timeCost: 1 }),
  }
  const users = Object.entries(hashes).map(([name, password_hash]) => ({
    email: `${name}@old.example`,
    password_hash,
    email_verified: true,
  }))
  await writeFile(file, ndjson(users))
  const { code, out } = await importFile()
  t.same({ code, out }, { code: 0, out: '4 users imported, 0 lines rejected.\n' })
  t.same(await rejectsOf(file), [])
  for (const { email } of users) {
    const wrong = await call(app, 'POST', '/users/v1/login', { payload: { email, password: 'Coruscant19BBY' } })
    t.equal(codeOf(wrong), 'not-found', email)
    const { user_id } = await logIn(app, { email, password: PASSWORD })
    const row = await app.db.selectFrom('users').select('password_hash').where('id', '=', user_id).executeTakeFirst()
    t.match(row?.password_hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/, email)
    await logIn(app, { email, password: PASSWORD })
    t.equal((await eventKinds(app, user_id))[0], 'imported')
  }
})

t.test('known fields are imported, and others are as after a sign-up', async t => {
  const { app, file, importFile } = await service(t)
  const known = {
    first_name: 'Leia',
    last_name: 'Organa',
    phone_number: '+47 22 33 44 55',
    address: 'Royal Palace, Aldera',
    national_id: 'AL-1138',
    access_role: 'admin',
    disabled: false,
    email_verified: true,
  }
  const created = '1977-05-25T00:00:00.000Z'
  await writeFile(
    file,
    ndjson([
      { email: 'LEIA@Old.example', password_hash: BCRYPT, created, ...known },
      { email: 'han@old.example', password_hash: BCRYPT },
    ]),
  )
  t.equal((await importFile()).code, 0)
  const { token } = await logIn(app, { email: 'leia@old.example', password: PASSWORD })
  const { results } = (await call(app, 'GET', '/users/v1/', { token })).json<{ results: { email: string }[] }>()
  t.match(
    results.find(user => user.email === 'leia@old.example'),
    { created, ...known },
  )
  t.match(
    results.find(user => user.email === 'han@old.example'),
    {
      access_role: 'basic',
      email_verified: false,
      disabled: false,
      first_name: null,
    },
  )
})

t.test('rejected lines are written to a file with number and reason, and the rest is imported', async t => {
  const { app, file, importFile } = await service(t)
  const existing = await verifiedUser(app)
  const good = () => ({ email: newEmail(), password_hash: BCRYPT })
  const twice = good()
  const bad: [line: unknown, reason: RegExp][] = [
    ['{"email":', /JSON/],
    ['[]', /object/],
    ['null', /object/],
    [{ email: newEmail() }, /password_hash/],
    [{ ...good(), email: 'nobody' }, /email is not well-formed/],
    [{ ...good(), email: 'a@1.2' }, /email/],
    [{ ...good(), password_hash: PASSWORD }, /not of a kind that can be verified/],
    [{ ...good(), password_hash: '$2b$99$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy' }, /not of a kind/],
    [{ ...good(), access_role: 'root' }, /access_role/],
    [{ ...good(), disabled: 'no' }, /disabled/],
    [{ ...good(), password_hash: argon2Hash('m=4194304,t=1,p=1') }, /costs more than a login may: argon2/],
    [{ ...good(), password_hash: argon2Hash('m=65536,t=0,p=1') }, /not of a kind/],
    [{ ...good(), password_hash: argon2Hash('m=65536,t=100000,p=1') }, /costs more/],
    [
      { ...good(), password_hash: BCRYPT.replace('$04$', '$17$') },
      /costs more than a login may: bcrypt with a cost of more than 14/,
    ],
    [
      { ...good(), password_hash: 'pbkdf2_sha256$9000000$salt$MVFG+OepWjbcJbTMtzmnNIJDiZtROaJuOp8zFQT5j4M=' },
      /costs more.*PBKDF2/,
    ],
    [{ ...good(), password_hash: 7 }, /password_hash must be string/],
    [{ ...good(), uuid: 'x' }, /uuid is an unknown property/],
    [{ ...good(), password_hash: 'x'.repeat(70_000) }, /longer than 65536/],
    [{ ...good(), email: existing.email.toUpperCase() }, /user-already-exists/],
    [{ ...twice, email: twice.email.toUpperCase() }, /user-already-exists/],
  ]
  await writeFile(file, ndjson([twice, ...bad.map(([line]) => line), '', good()]))
  const { code, out } = await importFile()
  t.equal(code, 2)
  t.match(out, `2 users imported, ${bad.length} lines rejected: see users.ndjson.rejected.`)
  const rejects = await rejectsOf(file)
  t.same(
    rejects.map(({ line }) => line),
    bad.map((_, index) => index + 2),
  )
  for (const [index, [, reason]] of bad.entries()) t.match(rejects[index]?.reason, reason)
  t.equal(await count(app, 'users'), 3)
})

t.test('bytes that are no UTF-8 are refused, and not spoilt; a byte order mark is none of the text', async t => {
  const { app, file, importFile } = await service(t)
  const line = (email: string, name: string) =>
    `${JSON.stringify({ email, password_hash: BCRYPT, email_verified: true, first_name: name })}\n`
  const latin1 = Buffer.from(line('andre@old.example', 'André'), 'latin1')
  await writeFile(file, Buffer.concat([Buffer.from(`\ufeff${line('lea@old.example', 'Léa')}`), latin1]))
  t.equal((await importFile()).code, 2)
  t.same(await rejectsOf(file), [{ line: 2, reason: 'the line must be UTF-8' }])
  const rows = await app.db.selectFrom('users').select(['email', 'first_name']).execute()
  t.same(rows, [{ email: 'lea@old.example', first_name: 'Léa' }])
})

t.test('a time without an offset is UTC, wherever the machine stands', async t => {
  const { env, app, file } = await service(t)
  const created = ['1977-05-25', '1977-05-25T00:00', '1977-05-25T02:00:00+02:00']
  await writeFile(file, ndjson(created.map(time => ({ email: newEmail(), password_hash: BCRYPT, created: time }))))
  t.equal((await run('import-users.ts', ['users.ndjson'], { ...env, TZ: 'America/New_York' })).code, 0)
  const rows = await app.db.selectFrom('users').select('created_at').execute()
  t.same(
    rows.map(row => row.created_at),
    created.map(() => Date.UTC(1977, 4, 25)),
  )
})

t.test('a file that was imported is not imported again', async t => {
  const { app, file, importFile } = await service(t)
  await writeFile(file, ndjson([{ email: newEmail(), password_hash: BCRYPT }, 'x']))
  const first = await importFile()
  const again = await importFile()
  t.equal(again.out, `This file was imported before.\n${first.out}`)
  t.equal((await rejectsOf(file)).length, 1)
  t.equal(await count(app, 'users'), 1)
})

const USERS = 20_000
const many = (env: Environment) =>
  writeFile(
    join(env.DATA_DIR ?? '', 'users.ndjson'),
    ndjson(
      Array.from({ length: USERS }, (_, n) =>
        n % 1000 === 999 ? 'x' : { email: `user${n}@old.example`, password_hash: BCRYPT, email_verified: true },
      ),
    ),
  )

t.test('killed again and again it goes on where it was: nothing is lost, and nothing comes twice', async t => {
  const { env, app, file, importFile } = await service(t)
  await many(env)
  for (let kills = 0, seen = 0; kills < 4; kills++) {
    const child = start('import-users.ts', ['users.ndjson'], env)
    const ended = once(child, 'close')
    await until(async () => child.exitCode !== null || (await count(app, 'users')) > seen)
    child.kill('SIGKILL')
    await ended
    seen = await count(app, 'users')
  }
  const { code, out } = await importFile()
  t.equal(code, 2)
  t.match(out, /^Resuming after line \d+\.\n/)
  t.match(out, `${USERS - USERS / 1000} users imported, ${USERS / 1000} lines rejected`)
  t.equal(await count(app, 'users'), USERS - USERS / 1000)
  t.equal(await count(app, 'audit_events'), USERS - USERS / 1000)
  t.same(
    (await rejectsOf(file)).map(({ line }) => line),
    Array.from({ length: USERS / 1000 }, (_, n) => (n + 1) * 1000),
  )
})

t.test('two parallel imports of one file import everybody once', async t => {
  const { env, app, file, importFile } = await service(t)
  await many(env)
  const outcomes = await Promise.all([importFile(), importFile(), importFile()])
  for (const { code, err } of outcomes) t.same({ code, err }, { code: 2, err: '' })
  t.equal(await count(app, 'users'), USERS - USERS / 1000)
  t.same(
    (await rejectsOf(file)).map(({ line }) => line),
    Array.from({ length: USERS / 1000 }, (_, n) => (n + 1) * 1000),
  )
})

t.test('a large file needs little memory', async t => {
  const { env, importFile } = await service(t)
  await many(env)
  // Of 100 MB and more of objects, were all the lines kept as such.
  const { code } = await importFile(['--max-old-space-size=32', '--max-semi-space-size=1'])
  t.equal(code, 2)
})

t.test('wrong arguments print the usage', async t => {
  const { env, importFile } = await service(t)
  t.match(await run('import-users.ts', [], env), { code: 1, err: 'Usage: npm run import-users -- users.ndjson\n' })
  t.match(await run('import-users.ts', ['--helq'], env), {
    code: 1,
    err: 'Usage: npm run import-users -- users.ndjson\n',
  })
  t.match(await run('import-users.ts', ['--help'], env), { code: 0, out: /^Usage: /, err: '' })
  t.match(await importFile(), { code: 1, err: /^[^\n]+: no such file\n$/ })
})

t.test('a database that lacks migrations is left alone', async t => {
  const env = await unmigratedEnvironment(t)
  const { code, err } = await run('import-users.ts', ['users.ndjson'], env)
  t.equal(code, 1)
  t.match(err, /lacks 001-users.*npm run migrate/)
})
