/** From the end of a session until every other instance rejects its token, under load: our own logins', and those of applications. */
import type { Kysely } from 'kysely'
import { openDatabase } from '../../sql/connection/database.ts'
import type { Tables } from '../../sql/tables.ts'
import { call } from '../harness/client.ts'
import { fill, sessionId, userId } from '../harness/fill.ts'
import { describeGoal, type Goal } from '../harness/goals.ts'
import { drive, startLoadGenerator } from '../harness/load.ts'
import { FILMS } from '../harness/peers.ts'
import { cores } from '../harness/processes.ts'
import type { Profile } from '../harness/profiles.ts'
import { type Service, startService } from '../harness/service.ts'
import { median, percentile } from '../harness/statistics.ts'
import { APPLICATION, type Signer, strangerSession } from '../harness/tokens.ts'

const INSTANCES = 4
/** Protected reads per second on each instance meanwhile. */
const READS_PER_SECOND = 250
const GOAL = { atMost: 10 }
const MAX_LOAD_SECONDS = 600

export async function measureLogouts(profile: Profile, signer: Signer, logouts: number) {
  // The first one migrates.
  const first = await startService({ profile, core: cores.any })
  const others = Array.from({ length: INSTANCES - 1 }, () => startService({ profile, core: cores.any }))
  const services = [first, ...(await Promise.all(others))]
  const db = await openDatabase(profile.env.DATABASE_URL ?? '')
  await fill(db, logouts)
  await addApplicationSessions(db, logouts).finally(() => db.destroy())

  const load = startReads(services, signer)
  const rejections: Rejections = { own: [], application: [] }
  for (let index = 0; index < logouts; index++) {
    const own = { sid: sessionId(index), user_id: userId(index) }
    const token = signer.access(own)
    const application = { sid: applicationSessionId(index), user_id: own.user_id }
    const here = services[index % INSTANCES] ?? first
    const elsewhere = services.filter(service => service !== here)
    const end = { application: ['DELETE', `/users/v1/sessions/${application.sid}`], own: ['POST', '/users/v1/logout'] }
    const tokens = { application: signer.application(application), own: token }
    for (const kind of ['application', 'own'] as const) {
      const [method = '', path = ''] = end[kind]
      for (const service of elsewhere) await expect200(service, 'GET', FILMS, tokens[kind])
      await expect200(here, method, path, token)
      rejections[kind].push(...(await rejectedBy(elsewhere, tokens[kind])))
    }
  }
  const reads = await load.stop()
  await Promise.all(services.map(service => service.stop()))
  const result = {
    instances: INSTANCES,
    logouts,
    ...summary(rejections.own),
    /** Of tokens that an application was given, when its session is ended in the device list. */
    application: summary(rejections.application),
    /** Medians over the instances. */
    reads: {
      p50: median(reads.map(({ p50 = Number.NaN }) => p50)),
      p90: median(reads.map(({ p90 = Number.NaN }) => p90)),
      p99: median(reads.map(({ p99 = Number.NaN }) => p99)),
      p999: median(reads.map(({ p999 = Number.NaN }) => p999)),
    },
  }
  console.log(
    `\n${logouts} of each, rejected by ${INSTANCES - 1} other instances, with ${READS_PER_SECOND} reads/s on each:`,
  )
  print('logouts', result)
  print("applications' sessions ended in the device list", result.application)
  return result
}

export function summary(rejections: Rejection[]) {
  const at = (part: number) =>
    percentile(
      rejections.map(({ delay }) => delay),
      part,
    )
  return {
    rejections: rejections.length,
    rejectedAtOnce: rejections.filter(({ attempts }) => attempts === 1).length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
  }
}

type Reachable = Pick<Service, 'url'>

type Rejections = Record<'own' | 'application', Rejection[]>

export interface Rejection {
  /** From the logout's response to the rejecting response (ms). */
  delay: number
  attempts: number
}

/** Since now, when the response to whatever ended its session has arrived. */
export async function rejectedBy(services: Reachable[], token: string): Promise<Rejection[]> {
  const answered = performance.now()
  return Promise.all(
    services.map(async service => {
      let attempts = 1
      while ((await call(service, 'GET', FILMS, { token })).status !== 401) attempts++
      return { delay: performance.now() - answered, attempts }
    }),
  )
}

const applicationSessionId = (index: number) => sessionId(index).replace('-72', '-75')

/** For each user one that an application has, besides their own. */
async function addApplicationSessions(db: Kysely<Tables>, users: number): Promise<void> {
  for (let index = 0; index < users; index++) {
    const own = await db.selectFrom('sessions').selectAll().where('id', '=', sessionId(index)).executeTakeFirstOrThrow()
    const session = { ...own, id: applicationSessionId(index), client_id: APPLICATION }
    await db.insertInto('sessions').values(session).execute()
  }
}

export async function expect200(service: Reachable, method: string, path: string, token: string): Promise<void> {
  const { status } = await call(service, method, path, { token })
  if (status !== 200) throw new Error(`${method} ${path} responded ${status} instead of 200`)
}

/** Keeps every instance busy with protected reads. */
export function startReads(services: Reachable[], signer: Signer) {
  const generators = services.map(() => startLoadGenerator(cores.any))
  const loads = generators.map((generator, index) => {
    const authorization = `Bearer ${signer.access(strangerSession())}`
    const read = drive(generator, {
      url: `${services[index]?.url}${FILMS}`,
      method: 'GET',
      headers: { authorization },
      connections: 8,
      amount: READS_PER_SECOND * MAX_LOAD_SECONDS,
      rate: READS_PER_SECOND,
      expect: { status: 200 },
      maxSeconds: MAX_LOAD_SECONDS,
      timeoutSeconds: MAX_LOAD_SECONDS,
    })
    // Awaited at the end; until then a failure elsewhere is the one to report.
    read.catch(() => {})
    return read
  })
  return {
    async stop() {
      for (const generator of generators) generator.kill('SIGUSR2')
      return Promise.all(loads)
    },
  }
}

export function print(
  what: string,
  { rejections, rejectedAtOnce, p50, p90, p99, max }: ReturnType<typeof summary>,
  goal: Goal = GOAL,
): void {
  const ms = (value: number) => `${value.toFixed(2)} ms`
  console.log(`  ${what}: p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)} after the response`)
  console.log(
    `    p99: ${describeGoal(goal, p99, ms)}; the very first request was rejected in ${rejectedAtOnce} of ${rejections} cases`,
  )
}
