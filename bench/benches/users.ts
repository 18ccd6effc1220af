/** Whether page 10,000 of the user list costs what page 1 costs [--users 1000000] [--real] */
import { parseArgs } from 'node:util'
import { openDatabase } from '../../sql/connection/database.ts'
import { logIn, openAccount } from '../harness/account.ts'
import { call } from '../harness/client.ts'
import { fill } from '../harness/fill.ts'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { embedded, real } from '../harness/profiles.ts'
import { type Service, startService } from '../harness/service.ts'
import { median } from '../harness/statistics.ts'
import { temporaryFolder } from '../harness/teardown.ts'

const PAGE_SIZE = 20
const TRIES = 200

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { real: { type: 'boolean', default: false }, users: { type: 'string', default: '1000000' } },
  })
  const users = wholeNumber('--users', values.users, 100_000_000)
  pinThisProcess()
  const profile = values.real ? await real() : embedded()
  const folder = temporaryFolder()
  const service = await startService({ profile, folder })
  const account = await openAccount(service)
  const db = await openDatabase(profile.env.DATABASE_URL ?? `sqlite:${folder}/holocron.db`)
  try {
    await db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', account.email).execute()
    await fill(db, users)
  } finally {
    await db.destroy()
  }
  const { token } = await logIn(service, account)
  const pages = [1, 100, Math.min(10_000, Math.floor(users / PAGE_SIZE) - 1)]
  const cursors = await cursorsOf(service, token, pages)
  const times = new Map(pages.map(page => [page, [] as number[]]))
  for (let i = 0; i < TRIES; i++) {
    for (const page of pages) times.get(page)?.push((await getPage(service, token, cursors.get(page))).milliseconds)
  }
  console.log(
    `\nGET /users/v1/?limit=${PAGE_SIZE} on ${users.toLocaleString('en')} users (${profile.name} profile), ms, median of ${TRIES} alternating tries`,
  )
  for (const [page, milliseconds] of times)
    console.log(`  page ${page.toLocaleString('en').padEnd(8)} ${median(milliseconds).toFixed(2)}`)
}

/** Walks through the list once. */
async function cursorsOf(service: Service, token: string, pages: number[]): Promise<Map<number, string | undefined>> {
  const cursors = new Map<number, string | undefined>()
  let cursor: string | undefined
  for (let page = 1; page <= Math.max(...pages); page++) {
    if (pages.includes(page)) cursors.set(page, cursor)
    cursor = (await getPage(service, token, cursor)).next
  }
  return cursors
}

async function getPage(service: Service, token: string, cursor: string | undefined) {
  const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
  const { status, body, milliseconds } = await call(service, 'GET', `/users/v1/?limit=${PAGE_SIZE}${query}`, { token })
  const { results, next_cursor: next } = JSON.parse(body) as { results?: object[]; next_cursor?: string }
  if (status !== 200 || results?.length !== PAGE_SIZE) throw new Error(`unexpected response: ${status} ${body}`)
  return { milliseconds, next }
}
