// npm run bench:users [-- --real] [-- --users 1000000]: does page 10,000 of the users cost what page 1 costs?
import { randomUUIDv7 } from 'node:crypto'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import type { FastifyInstance } from 'fastify'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'
import { median } from './measure.ts'
import { cleanUp, temporaryFolder } from './processes.ts'
import { real } from './real-profile.ts'

const { values } = parseArgs({
  options: { real: { type: 'boolean', default: false }, users: { type: 'string', default: '1000000' } },
})
const USERS = Number(values.users)
const PAGE = 20
const TRIES = 200
/** Rows an INSERT. */
const BATCH = 2000

const folder = temporaryFolder()
const profile = values.real ? await real(process.env) : undefined
const app = build(
  readConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATA_DIR: folder,
    SECRET: 'a-secret-of-the-bench-0123456789',
    RATE_LIMIT_MAX: '1000000000',
    DATABASE_URL: `sqlite:${folder}/holocron.db`,
    ...profile?.env,
    MIGRATE_ON_START: 'true',
  }),
)
try {
  await app.ready()
  const ids = await fill(app)
  const token = administrator(app, ids[0] as string)
  const pages = { 'page 1': undefined, 'page 100': 100, 'page 10,000': Math.min(10_000, Math.floor(USERS / PAGE) - 1) }
  const times = new Map<string, number[]>(Object.keys(pages).map(name => [name, []]))
  for (let i = 0; i < TRIES; i++) {
    for (const [name, page] of Object.entries(pages)) {
      times.get(name)?.push(await measure(app, token, page === undefined ? undefined : ids[(page - 1) * PAGE - 1]))
    }
  }
  console.log(
    `\nGET /users/v1/?limit=${PAGE} on ${USERS.toLocaleString('en')} users (${profile ? 'MySQL' : 'SQLite'}), ms, median of ${TRIES} alternating tries`,
  )
  for (const [name, milliseconds] of times) console.log(`  ${name.padEnd(12)} ${median(milliseconds).toFixed(2)}`)
} finally {
  await app.close()
  await cleanUp()
}

/** Fills the table in the order of ids; answers these. */
async function fill({ db }: FastifyInstance): Promise<string[]> {
  const bar = new SingleBar({ format: '{bar} {value} of {total} users, {eta} s left' })
  bar.start(USERS, 0)
  const ids: string[] = []
  while (ids.length < USERS) {
    const rows = Array.from({ length: Math.min(BATCH, USERS - ids.length) }, (_, i) => ({
      id: randomUUIDv7(),
      email: `user${ids.length + i}@bench.example`,
      password_hash: 'x',
      access_role: ids.length + i === 0 ? ('admin' as const) : ('basic' as const),
      email_verified: 1 as const,
      created_at: Date.now(),
      updated_at: Date.now(),
      last_login_at: null,
    })).sort((a, b) => (a.id < b.id ? -1 : 1))
    await db.insertInto('users').values(rows).execute()
    ids.push(...rows.map(row => row.id))
    bar.update(ids.length)
  }
  bar.stop()
  return ids.sort()
}

function administrator({ tokens }: FastifyInstance, user_id: string): string {
  const iat = Math.floor(Date.now() / 1000)
  return tokens.access.sign({
    sub: user_id,
    user_id,
    access_role: 'admin',
    sid: 'bench',
    gen: 1,
    jti: 'bench',
    iat,
    exp: iat + 900,
  })
}

async function measure(app: FastifyInstance, token: string, after: string | undefined): Promise<number> {
  const cursor = after === undefined ? '' : `&cursor=${Buffer.from(after).toString('base64url')}`
  const start = performance.now()
  const answer = await app.inject({
    url: `/users/v1/?limit=${PAGE}${cursor}`,
    headers: { authorization: `Bearer ${token}` },
  })
  const milliseconds = performance.now() - start
  if (answer.statusCode !== 200 || answer.json().results.length !== PAGE)
    throw new Error(`unexpected answer: ${answer.body}`)
  return milliseconds
}
