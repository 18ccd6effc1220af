import { createHash, randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { transaction } from '#sql/connection/transaction.ts'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  mintOneTimeToken,
  type OneTimeTokenPurpose,
} from '#sql/one-time-tokens.ts'
import { insertUser } from '#sql/users.ts'
import { build, newEmail, type Test } from '../support/app.ts'

const PURPOSE = 'password-reset'

async function setUp(t: Test) {
  const app = await build(t)
  const user_id = await addUser(app)
  return { app, user_id }
}

const addUser = ({ db }: FastifyInstance) =>
  transaction(db, tx => insertUser(tx, { email: newEmail(), password_hash: '', access_role: 'basic' }))

/** Ids of mails, the oldest first. */
function mailIds(count: number): string[] {
  return Array.from({ length: count }, () => randomUUIDv7()).sort()
}

function mint(app: FastifyInstance, user_id: number, outbox_id: string = randomUUIDv7(), lifetime = 60_000) {
  const request = { user_id, purpose: PURPOSE, outbox_id, expires_at: Date.now() + lifetime } as const
  return transaction(app.db, tx => mintOneTimeToken(tx, request))
}

function consume(app: FastifyInstance, token = '', purpose: OneTimeTokenPurpose = PURPOSE) {
  return transaction(app.db, tx => consumeOneTimeToken(tx, token, purpose))
}

t.test('a token is valid once, for its user', async t => {
  const { app, user_id } = await setUp(t)
  const token = await mint(app, user_id)
  t.equal(await consume(app, token), user_id)
  t.equal(await consume(app, token), undefined, 'it is used up')
})

t.test('of 20 parallel uses of one token, one succeeds', async t => {
  const { app, user_id } = await setUp(t)
  const token = await mint(app, user_id)
  const uses = await Promise.all(Array.from({ length: 20 }, () => consume(app, token)))
  t.same(uses.filter(Boolean), [user_id])
})

t.test('only the hash of a token is stored', async t => {
  const { app, user_id } = await setUp(t)
  const token = (await mint(app, user_id)) ?? ''
  t.equal(Buffer.from(token, 'base64url').length, 32, '256 random bits')
  const [row] = await app.db.selectFrom('one_time_tokens').selectAll().execute()
  t.equal(row?.token_hash, createHash('sha256').update(token).digest('hex'))
  t.notMatch(JSON.stringify(row), token)
})

t.test('a token that is expired, of another kind or unknown is rejected, and not consumed', async t => {
  const { app, user_id } = await setUp(t)
  const mail = randomUUIDv7()
  const expired = await mint(app, user_id, mail, -1)
  t.equal(await consume(app, expired), undefined, 'expired')
  const token = await mint(app, user_id, mail)
  t.equal(await consume(app, token, 'email-change'), undefined, 'another purpose')
  t.equal(await consume(app, `${token}x`), undefined, 'unknown')
  t.equal(await consume(app, token), user_id)
})

t.test("a newer mail's token invalidates those of older mails", async t => {
  const { app, user_id } = await setUp(t)
  const [olderMail, newerMail] = mailIds(2)
  const older = await mint(app, user_id, olderMail)
  const newer = await mint(app, user_id, newerMail)
  t.equal(await consume(app, older), undefined)
  t.equal(await consume(app, newer), user_id)
})

t.test('links that verify an address work whichever mail they are in', async t => {
  const { app, user_id } = await setUp(t)
  const tokens = []
  for (const outbox_id of mailIds(3).toReversed())
    tokens.push(
      await transaction(app.db, tx =>
        mintOneTimeToken(tx, {
          user_id,
          purpose: 'email-verification',
          outbox_id,
          expires_at: Date.now() + 60_000,
        }),
      ),
    )
  for (const token of tokens) t.match(await findOneTimeToken(app.db, token ?? ''), { user_id })
})

t.test('an older mail that comes late gets no token, and the newer one keeps its own', async t => {
  const { app, user_id } = await setUp(t)
  const [olderMail, newerMail] = mailIds(2)
  const newer = await mint(app, user_id, newerMail)
  t.equal(await mint(app, user_id, olderMail), undefined)
  t.equal(await consume(app, newer), user_id)
})

t.test('a mail sent twice has two valid tokens; using one invalidates the other', async t => {
  const { app, user_id } = await setUp(t)
  const mail = randomUUIDv7()
  const first = await mint(app, user_id, mail)
  const second = await mint(app, user_id, mail)
  t.not(first, second)
  t.equal(await consume(app, first), user_id)
  t.equal(await consume(app, second), undefined)
})

t.test('20 mails created at once leave one valid token: that of the newest', async t => {
  const { app, user_id } = await setUp(t)
  const mails = mailIds(20)
  const tokens = await Promise.all(mails.toReversed().map(mail => mint(app, user_id, mail)))
  const rows = await app.db.selectFrom('one_time_tokens').select('outbox_id').execute()
  t.same(rows, [{ outbox_id: mails.at(-1) }])
  t.equal(await consume(app, tokens[0]), user_id)
})

t.test('two copies of a mail, both clicked at the same moment: one succeeds, none deadlocks', async t => {
  const { app, user_id } = await setUp(t)
  const mail = randomUUIDv7()
  const tokens = await Promise.all(Array.from({ length: 10 }, () => mint(app, user_id, mail)))
  const uses = await Promise.all(tokens.map(token => consume(app, token)))
  t.same(uses.filter(Boolean), [user_id])
})

t.test("another user's tokens are unaffected", async t => {
  const { app, user_id } = await setUp(t)
  const other = await addUser(app)
  const token = await mint(app, user_id)
  const theirs = await mint(app, other)
  t.equal(await consume(app, theirs), other)
  t.equal(await consume(app, token), user_id)
})

t.test('a rolled-back use does not count', async t => {
  const { app, user_id } = await setUp(t)
  const token = (await mint(app, user_id)) ?? ''
  const failing = transaction(app.db, async tx => {
    await consumeOneTimeToken(tx, token, PURPOSE)
    throw new Error('the rest failed')
  })
  await t.rejects(failing)
  t.equal(await consume(app, token), user_id)
})
