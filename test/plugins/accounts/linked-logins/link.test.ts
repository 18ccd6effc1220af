// Linking an identity to an account that is logged in.
import t from 'tap'
import { logIn, NO_CLIENT, newEmail, verifiedUser } from '../../../support/app.ts'
import {
  buildWithProvider,
  callerOf,
  identity,
  linkTo,
  logInBy,
  refusal,
  tokensBy,
} from '../../../support/linked-logins.ts'
import { eventKinds, subjectsTo } from '../../../support/mails.ts'
import { dead, logOut, outcome, readFilms } from '../../../support/session.ts'

const app = await buildWithProvider(t)

t.test(
  'an identity is linked to the caller, whatever its address; other sessions end, and the owner is told',
  async t => {
    const user = await verifiedUser(app)
    const [session, other] = [await logIn(app, user), await logIn(app, user)]
    const who = identity({ email: newEmail(), emailVerified: false })
    await linkTo(app, session, who)
    t.equal((await tokensBy(app, who)).user_id, session.user_id)
    t.equal(outcome(await readFilms(app, session.token)), '200')
    t.ok(await dead(app, other))
    t.ok((await subjectsTo(app, user.email)).includes('A provider was linked to your account'))
    t.ok((await eventKinds(app, session.user_id)).includes('login-linked'))
  },
)

t.test('linking it again changes nothing', async t => {
  const user = await verifiedUser(app)
  const session = await logIn(app, user)
  const who = identity()
  await linkTo(app, session, who)
  const other = await logIn(app, user)
  await linkTo(app, session, who)
  t.equal(outcome(await readFilms(app, other.token)), '200')
  t.equal((await app.linkedLogins.list(session.user_id)).length, 2)
})

t.test('notices name a provider as people do, not by its key', async t => {
  const session = await logIn(app)
  const who = identity({ email: 'leia@github.example', emailVerified: false })
  await linkTo(app, session, who)
  const [linked] = (await app.linkedLogins.list(session.user_id)).filter(({ provider }) => provider === 'github')
  await app.linkedLogins.remove(linked?.id ?? '', callerOf(session), NO_CLIENT, null)
  const details = app.db.selectFrom('outbox').select(['template', 'details']).where('user_id', '=', session.user_id)
  const mails = (await details.execute()).filter(({ template }) => template.startsWith('login-'))
  t.same(
    mails.map(mail => mail.details),
    ['GitHub (leia@github.example)', 'GitHub (leia@github.example)'],
  )
})

t.test('threat: a table is filled with identities: an account has twenty at most, however they are linked', async t => {
  const user = await verifiedUser(app)
  const session = await logIn(app, user)
  const all = Array.from({ length: 20 }, () => identity())
  for (const who of all) await linkTo(app, session, who)
  t.equal(await refusal(linkTo(app, session, identity())), 'too-many-linked-logins')
  t.equal(await refusal(logInBy(app, identity({ email: user.email }))), 'too-many-linked-logins', 'by its address')
  await linkTo(app, session, all[0] ?? identity())
  t.equal((await app.linkedLogins.list(session.user_id)).length, 21, 'with the password')
})

t.test('threat: an identity is taken from its account', async t => {
  const who = identity({ email: newEmail() })
  const { user_id } = await tokensBy(app, who)
  t.equal(await refusal(linkTo(app, await logIn(app), who)), 'login-method-taken')
  t.equal((await tokensBy(app, who)).user_id, user_id)
})

t.test('of two users who link one identity at once, one gets it', async t => {
  for (let round = 0; round < 5; round++) {
    const who = identity()
    const sessions = [await logIn(app), await logIn(app)]
    const outcomes = await Promise.all(sessions.map(session => refusal(linkTo(app, session, who))))
    t.same(outcomes.sort(), ['login-method-taken', undefined])
    t.equal(new Set(sessions.map(({ user_id }) => user_id)).has((await tokensBy(app, who)).user_id), true)
  }
})

t.test('threat: a session that has ended, or an authentication that is too old, links an identity', async t => {
  const [session, who] = [await logIn(app), identity()]
  const stepUp = {
    amr: [],
    async confirm() {
      throw Object.assign(new Error('too old'), { code: 'reauthentication-required' })
    },
  }
  const late = app.linkedLogins.link(who, callerOf(session), NO_CLIENT, stepUp, async () => {})
  t.equal(await refusal(late), 'reauthentication-required')
  await logOut(app, session.token)
  t.equal(await refusal(linkTo(app, session, who)), 'token-invalid')
  t.equal(await refusal(logInBy(app, who)), 'email-required')
})
