// npm run revoke -- --all | --user ID|EMAIL: ends every session, or those of one user, in the database and in all running processes.
import { setTimeout as pause } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Email } from '#schemas/email.ts'
import { readClock } from '#sql/connection/clock.ts'
import { findUser, findUserByEmail, type User } from '#sql/users.ts'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'
import { readArguments } from './arguments.ts'
import { validator } from './validator.ts'

const DETAILS = `Ends every session (--all), or all sessions of one user. Their access tokens, refresh tokens and cookies are rejected from then on.
Running processes are notified through Redis; without it they notice within REVOCATION_SYNC_SECONDS.`

/** Instead of a request's. */
const CLIENT = { userAgent: 'revoke', ip: null, limitKey: '' }

/** Returns once new sessions are valid: those opened up to two seconds after the revocation are revoked as well. */
async function revokeAll(app: FastifyInstance): Promise<string> {
  const notBefore = await app.revocations.revokeAll()
  await pause(notBefore - (await readClock(app.db)))
  return 'All sessions are revoked.'
}

async function revokeUser(app: FastifyInstance, name: string): Promise<string> {
  const user = await findByName(app, name)
  if (!user) throw new Error(`There is no user ${name}`)
  await app.accounts.change(user.id, CLIENT, (_tx, _user, effects) => effects.endSessions())
  return `All sessions of ${user.email} are revoked.`
}

async function findByName({ db }: FastifyInstance, name: string): Promise<User | undefined> {
  if (/^\d{1,15}$/.test(name)) return findUser(db, Number(name))
  return findUserByEmail(db, normalizedEmail(name))
}

function normalizedEmail(text: string): string {
  try {
    return validator(Type.Object({ email: Email }))({ email: text }).email
  } catch {
    throw new Error(`${text} is neither an id nor an e-mail address`)
  }
}

function areValid([option, name, ...others]: string[]): boolean {
  if (others.length > 0) return false
  return option === '--all' ? name === undefined : option === '--user' && Boolean(name)
}

async function main(): Promise<void> {
  const [, name] = readArguments('Usage: npm run revoke -- --all | --user ID|EMAIL', areValid, DETAILS)
  const app = build({ ...readConfig(), LOG_LEVEL: 'silent' }, undefined, { worksInBackground: false })
  try {
    await app.ready()
    console.log(name === undefined ? await revokeAll(app) : await revokeUser(app, name))
  } finally {
    await app.close()
  }
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
