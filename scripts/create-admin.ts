// npm run create-admin -- email: creates an administrator, or promotes an existing account. The password is typed twice, or read from standard input.
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { PASSWORD_MIN_LENGTH } from '#schemas/credentials.ts'
import { Email } from '#schemas/email.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { findUserByEmail, insertUser, resetPassword, updateUser } from '#sql/users.ts'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'
import { deviceOf } from '../plugins/http/client.ts'
import { readArguments } from './arguments.ts'
import { validator } from './validator.ts'

const DETAILS = `Creates an administrator. The password is typed, or piped to standard input.
An existing account is promoted and gets the new password; its sessions end, its second factors, passkeys and linked providers are removed,
and a mail says so. On a terminal you are asked first.`

/** Instead of a request's. */
const CLIENT = { userAgent: 'create-admin', ip: null, limitKey: '' }

/** Reads a line without echo, which is off before the question appears. */
function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, terminal: true })
  process.stderr.write(question)
  return new Promise((resolve, reject) => {
    terminal.once('line', answer => {
      resolve(answer)
      terminal.close()
    })
    terminal.once('close', () => {
      process.stderr.write('\n')
      reject(new Error('No password given'))
    })
  })
}

async function readPassword(): Promise<string> {
  if (!process.stdin.isTTY) {
    const password = (await text(process.stdin)).replace(/\r?\n$/, '')
    if (password === '')
      throw new Error(
        'No password given. Run it on a terminal (with Docker: docker run -it …), or pipe the password: npm run create-admin -- email < password-file',
      )
    return password
  }
  const password = await ask('Password: ')
  if ((await ask('Repeat the password: ')) !== password) throw new Error('The passwords differ')
  return password
}

/** Says what happens to an existing account. On a terminal only: what is piped is meant. @throws Error if that is not wanted */
async function confirmPromotion(app: FastifyInstance, email: string): Promise<void> {
  if (!process.stdin.isTTY || !(await findUserByEmail(app.db, email))) return
  process.stderr.write(
    `${email} has an account. It becomes an administrator account with a new password; its sessions end, and its second factors, passkeys and linked providers are removed.\n`,
  )
  if ((await ask('Type yes to go on: ')) !== 'yes') throw new Error('Nothing was changed')
}

/** In one transaction. An existing account gets the new password and loses whatever else opened it: its former holder is out. */
async function makeAdministrator(
  app: FastifyInstance,
  email: string,
  password: string,
): Promise<'created' | 'promoted'> {
  const password_hash = await app.passwords.hash(password)
  const existing = await findUserByEmail(app.db, email)
  if (!existing) {
    await transaction(app.db, async tx => {
      const user_id = await insertUser(tx, { email, password_hash, access_role: 'admin' })
      await resetPassword(tx, user_id, password_hash)
      await addAuditEvent(tx, { kind: 'signed-up', user_id, session_id: null, ...deviceOf(CLIENT) })
    })
    return 'created'
  }
  await app.accounts.change(existing.id, CLIENT, async (tx, user, effects) => {
    const { id, access_role, disabled } = user
    await app.earlierHolder.evictSilently(tx, user, effects)
    await updateUser(tx, id, { access_role: 'admin', disabled: 0 })
    await resetPassword(tx, id, password_hash)
    await effects.auditEvent('password-reset')
    await effects.mail('made-administrator')
    if (access_role !== 'admin') await effects.auditEvent('promoted')
    if (disabled) await effects.auditEvent('enabled')
  })
  return 'promoted'
}

/** In lower case. @throws Error before the password is asked for */
function readEmail(typed: string): string {
  try {
    return validator(Type.Object({ email: Email }))({ email: typed }).email
  } catch {
    throw new Error(`${typed} is not an e-mail address`)
  }
}

/** As at sign-up, and in the words of its page. @throws Error */
async function check(app: FastifyInstance, password: string): Promise<void> {
  const { PASSWORD_MAX_LENGTH: max } = app.config
  const say = app.languages.translator('en', 'problems')
  const length = { min: PASSWORD_MIN_LENGTH, max }
  if (!app.passwords.followsRule(password)) throw new Error(say('password-invalid', length))
  await app.passwords.rejectCommon(password).catch(() => {
    throw new Error(say('password-too-common'))
  })
}

async function main(): Promise<void> {
  const [typed = ''] = readArguments(
    'Usage: npm run create-admin -- email',
    args => args.length === 1 && args[0] !== '' && !args[0]?.startsWith('-'),
    DETAILS,
  )
  const email = readEmail(typed)
  const config = readConfig()
  const app = build({ ...config, LOG_LEVEL: 'silent' }, undefined, { worksInBackground: false })
  try {
    await app.ready()
    await confirmPromotion(app, email)
    const chosen = await readPassword()
    await check(app, chosen)
    const outcome = await makeAdministrator(app, email, chosen)
    console.log(
      outcome === 'created'
        ? `${email} is an administrator.`
        : `${email} is an administrator now; all its sessions ended, and its second factors, passkeys and linked providers are removed.`,
    )
  } finally {
    await app.close()
  }
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
