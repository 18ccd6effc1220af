/** A service on servers that its test may break, and requests sent meanwhile. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { build, call, type Environment, environment, type LoggedIn, newEmail, PASSWORD, type Test } from './app.ts'
import type { Server } from './servers/server.ts'
import { logOut, outcome, readFilms, rotate } from './session.ts'
import { until } from './until.ts'

/** Limits whatever the fault: a response within 5 s, recovery within 10 s (ms). */
export const ANSWERED = 5000
export const RECOVERED = 10_000

let databases = 0

/** The environment of a service with an empty database on this server; without Redis unless `overrides` names one. */
export async function environmentOn(t: Test, mysql: Server, overrides: Environment = {}): Promise<Environment> {
  const name = `holocron_test_faults_${++databases}`
  const root = await admin(t, mysql)
  await root.query(`CREATE DATABASE ${name}`)
  return environment(t, {
    DATABASE_URL: `${mysql.url}${name}`,
    MIGRATE_ON_START: 'true',
    REDIS_URL: '',
    REVOCATION_SYNC_SECONDS: '1',
    ...overrides,
  })
}

export async function serviceOn(t: Test, mysql: Server, overrides: Environment = {}): Promise<FastifyInstance> {
  return build(t, await environmentOn(t, mysql, overrides))
}

/** A connection beside the service's, with all rights. */
export async function admin(t: Test, mysql: Server): Promise<Connection> {
  const connection = await createConnection({ uri: mysql.url, multipleStatements: true })
  // The server may be gone already.
  connection.on('error', () => {})
  t.teardown(() => connection.destroy())
  return connection
}

/** Freezes the server. When this resolves, all of its threads have stopped. */
export async function freeze(mysql: Server, root: Connection): Promise<void> {
  mysql.pause()
  await until(() => Promise.race([root.query('SELECT 1').then(() => false), pause(50, true)]))
}

/** The ids of the service's connections, as the server counts them. */
export async function connectionsOf(app: FastifyInstance, root: Connection): Promise<number[]> {
  const database = new URL(app.config.DATABASE_URL).pathname.slice(1)
  const [rows] = await root.query<RowDataPacket[]>('SELECT id FROM information_schema.processlist WHERE db = ?', [
    database,
  ])
  return rows.map(row => Number(row.id ?? row.ID))
}

/** Transactions that wait for a lock, on the whole server. (The table of them, innodb_trx, is as it was 100 ms ago.) */
export async function lockWaits(root: Connection): Promise<number> {
  const [rows] = await root.query<RowDataPacket[]>('SHOW ENGINE INNODB STATUS')
  const [, now = ''] = String(rows[0]?.Status).split('LIST OF TRANSACTIONS')
  return now.match(/^LOCK WAIT \d+ lock struct/gm)?.length ?? 0
}

export interface Person {
  email: string
  password: string
}

type Requests = (readonly [name: string, answer: Promise<LightMyRequestResponse>])[]

/** One request of each kind that writes, all at once. */
export function writes(app: FastifyInstance, person: Person, { token, refresh_token }: LoggedIn): Requests {
  const { email } = person
  return [
    ['sign-up', call(app, 'POST', '/users/v1/signup', { payload: { email: newEmail(), password: PASSWORD } })],
    ['login', call(app, 'POST', '/users/v1/login', { payload: person })],
    ['mail again', call(app, 'POST', '/users/v1/resend_verification_email', { payload: { email } })],
    ['verification', call(app, 'POST', '/users/v1/email_verification', { payload: { token: 'x'.repeat(43) } })],
    ['rotation', rotate(app, refresh_token)],
    ['logout', logOut(app, token)],
  ]
}

/** Waits for the responses: each one must be a 503 with Retry-After, in time. */
export async function allRefused(t: Tap, requests: Requests): Promise<void> {
  const startedAt = performance.now()
  for (const [name, answer] of requests) {
    const response = await answer
    t.equal(outcome(response), '503 service-unavailable', `${name} is refused`)
    t.match(response.headers['retry-after'], /^[1-9]\d*$/, `${name} is told when to try again`)
  }
  t.ok(performance.now() - startedAt < ANSWERED, 'within 5 s')
}

interface Tap {
  equal(found: unknown, wanted: unknown, message: string): unknown
  match(found: unknown, wanted: RegExp, message: string): unknown
  ok(value: unknown, message: string): unknown
}

export const status = async (app: FastifyInstance, url: string) => (await call(app, 'GET', url)).statusCode
export const films = async (app: FastifyInstance, { token }: { token: string }) => outcome(await readFilms(app, token))
export const login = async (app: FastifyInstance, person: Person) =>
  outcome(await call(app, 'POST', '/users/v1/login', { payload: person }))
