/** Builds the application on a database of its own, with accounts and logins as most tests need them. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { build as buildApp } from '../../app.ts'
import { readConfig } from '../../plugins/config/index.ts'
import { emptyDatabase, testDatabase } from './databases.ts'

/** The part of a tap test that this needs. */
export interface Test {
  teardown(cleanUp: () => unknown): void
}

export type Environment = Record<string, string>

/** 32 characters. */
export const SECRET = 'correct-horse-battery-staple-0123'
export const PASSWORD = 'Alderaan1977'

/** On the real profile, see `run-real.ts`. */
export const REAL = process.env.TEST_DATABASE_URL !== undefined

/**
 * The environment of a service with a database and a Redis prefix of its own; both are gone when the test ends.
 * Give the same one to several `build` calls, and they are instances of one service.
 */
export async function environment(t: Test, overrides: Environment = {}): Promise<Environment> {
  const folder = await temporaryFolder(t)
  const DATABASE_URL = overrides.DATABASE_URL ?? (await testDatabase(t, folder))
  return { ...settingsIn(folder), ...overrides, DATABASE_URL }
}

/** The same with a database that nothing has migrated. */
export async function unmigratedEnvironment(t: Test, overrides: Environment = {}): Promise<Environment> {
  const folder = await temporaryFolder(t)
  return { ...settingsIn(folder), DATABASE_URL: await emptyDatabase(t, folder), ...overrides }
}

/** A folder that is gone when the test ends. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const settingsIn = (folder: string): Environment => ({
  NODE_ENV: 'test',
  SECRET,
  DATA_DIR: folder,
  LOG_LEVEL: 'silent',
  PUBLIC_URL: 'http://holocron.test',
  ARGON2_MEMORY_KIB: '64',
  ARGON2_ITERATIONS: '1',
  RATE_LIMIT_MAX: '1000000',
  AUTH_RATE_LIMIT_MAX: '1000000',
  ACCOUNT_ATTEMPTS_MAX: '1000000',
  ADDRESS_ATTEMPTS_MAX: '1000000',
  // Mails are sent when something wakes the worker: by the instance that has queued them, not by the one that polls first.
  MAIL_POLL_SECONDS: '3600',
  // A busy machine must not cause 503s.
  EVENT_LOOP_DELAY_MAX_MS: '0',
  ...(REAL && { MIGRATE_ON_START: 'true' }),
  ...(process.env.TEST_REDIS_URL && {
    REDIS_URL: process.env.TEST_REDIS_URL,
    REDIS_PREFIX: `holocron_test_${randomBytes(6).toString('hex')}:`,
  }),
})

/**
 * Builds the application, ready for `inject`; it is closed when the test ends.
 * @param env overrides on a fresh environment, or a whole one made by `environment`, to start a second instance of a service
 * @param log destination of log lines (LOG_LEVEL is `silent` unless overridden)
 */
export async function build(
  t: Test,
  env: Environment = {},
  log?: { write(line: string): void },
): Promise<FastifyInstance> {
  const whole = env.DATA_DIR ? env : await environment(t, env)
  const app = endInjectedStreams(buildApp(readConfig(whole), log))
  // Closed before its database is dropped: clean-ups run in the order opposite to their registration.
  t.teardown(() => app.close())
  await app.ready()
  return app
}

/** `inject` waits for the end of a response, and a stream of events has none: there it ends after its beginning. */
export function endInjectedStreams(app: FastifyInstance): FastifyInstance {
  return app.addHook('onSend', async (request, reply, payload) => {
    const isInjected = !(request.socket instanceof Socket)
    if (!isInjected || reply.getHeader('content-type') !== 'text/event-stream') return payload
    for await (const chunk of payload as Readable) return chunk
  })
}

/** Listens on a free port of the loopback address. Resolves to the base URL. */
export function listen(app: FastifyInstance): Promise<string> {
  return app.listen({ host: '127.0.0.1', port: 0 })
}

interface Call extends Omit<InjectOptions, 'headers'> {
  /** An access or refresh token. */
  token?: string
  headers?: Record<string, string>
}

/** Calls a route: `call(app, 'POST', '/users/v1/login', { payload, token })`. */
export function call(
  app: FastifyInstance,
  method: NonNullable<InjectOptions['method']>,
  url: string,
  options: Call = {},
) {
  const { token, headers, ...rest } = options
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return app.inject({ ...rest, method, url, headers: { ...authorization, ...headers } })
}

/** The `message` code of an error, or undefined for a success. */
export function codeOf(response: LightMyRequestResponse): string | undefined {
  return response.statusCode < 400 ? undefined : response.json<{ message: string }>().message
}

let users = 0

/** An e-mail address that no other test uses. */
export function newEmail(): string {
  return `user${++users}-${randomBytes(4).toString('hex')}@alderaan.example`
}

/** Signs up and verifies the address by the mailed link, together with the password. */
export async function verifiedUser(app: FastifyInstance, email = newEmail(), password = PASSWORD) {
  const signup = await call(app, 'POST', '/users/v1/signup', { payload: { email, password } })
  if (signup.statusCode !== 200) throw new Error(`sign-up failed: ${signup.body}`)
  const token = await mailedToken(app, email)
  const verification = await call(app, 'POST', '/users/v1/email_verification', { payload: { token, password } })
  if (verification.statusCode !== 200) throw new Error(`verification failed: ${verification.body}`)
  return { email, password }
}

/** The token in the newest mail to this address, once it has arrived. Only with the development mailbox, and one instance. */
export async function mailedToken(app: FastifyInstance, email: string): Promise<string> {
  await app.mailer.idle()
  const token = /[?&]token=([\w-]+)/.exec(app.mailbox?.list(email)[0]?.text ?? '')?.[1]
  if (!token) throw new Error(`no mail with a link to ${email}`)
  return token
}

export interface LoggedIn {
  token: string
  refresh_token: string
  user_id: number
  email: string
  expires_in: number
}

/** Logs in; signs up first if no user is given. */
export async function logIn(app: FastifyInstance, user?: { email: string; password: string }): Promise<LoggedIn> {
  const payload = user ?? (await verifiedUser(app))
  const response = await call(app, 'POST', '/users/v1/login', { payload })
  if (response.statusCode !== 200) throw new Error(`login failed: ${response.body}`)
  return response.json<LoggedIn>()
}

/** An administrator who may make sensitive changes. Made by SQL: the first one is made by a script, not by a request. */
export async function administrator(app: FastifyInstance): Promise<LoggedIn> {
  const user = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
  return reauthenticated(app, await logIn(app, user))
}

/** The same session, whose user has just authenticated again. */
export async function reauthenticated<Session extends { token: string }>(
  app: FastifyInstance,
  session: Session,
  proof: object = { password: PASSWORD },
): Promise<Session & LoggedIn> {
  const { token } = session
  const response = await call(app, 'POST', '/users/v1/reauthenticate', { token, payload: proof })
  if (response.statusCode !== 200) throw new Error(`not reauthenticated: ${response.body}`)
  return { ...session, ...response.json<LoggedIn>() }
}

/** The client of a call that comes from no request. */
export const NO_CLIENT = { ip: null, userAgent: null, limitKey: '' }
