// What opens an account whose second factor is lost: once each, and never unnoticed.
import t from 'tap'
import { build, call, environment } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds, subjectsTo } from '../../../support/mails.ts'
import { challenge, enrolled, otpOf, recover, steppingClock } from '../../../support/mfa.ts'
import { outcome, readFilms } from '../../../support/session.ts'

steppingClock(t)
const app = await build(t)

type Held = Awaited<ReturnType<typeof enrolled>>

/** Logs in with one of the codes. */
async function use({ user, recovery_codes }: Held, place: number) {
  return recover(app, (await challenge(app, user)).mfa_token, recovery_codes[place] ?? '')
}

t.test('a recovery code opens a session, is consumed, and its owner notified', async t => {
  const held = await enrolled(app)
  const response = await use(held, 0)
  t.equal(response.headers['cache-control'], 'no-store')
  t.match(response.json(), { user_id: held.user_id, email: held.email, token_type: 'Bearer' })
  t.equal(outcome(await readFilms(app, response.json().token)), '200')
  t.equal((await subjectsTo(app, held.email)).at(-1), 'A recovery code was used')
  t.same((await eventKinds(app, held.user_id)).slice(-2).sort(), ['logged-in', 'recovery-code-used'])
  expectError(t, await use(held, 0), 400, 'recovery-code-invalid')
  t.equal((await eventKinds(app, held.user_id)).at(-1), 'second-factor-failed')
  t.equal(outcome(await use(held, 1)), '200')
})

t.test('it may be typed in either case, with or without dashes', async t => {
  const held = await enrolled(app)
  const [first = '', second = '', third = ''] = held.recovery_codes
  for (const typed of [first.toLowerCase(), second.replaceAll('-', ''), third.replaceAll('-', '').toLowerCase()]) {
    const { mfa_token } = await challenge(app, held.user)
    t.equal(outcome(await recover(app, mfa_token, typed)), '200', typed)
    const again = await challenge(app, held.user)
    t.equal(outcome(await recover(app, again.mfa_token, typed)), '400 recovery-code-invalid')
  }
})

t.test('an invalid cursor is rejected', async t => {
  const { user } = await enrolled(app)
  for (const typed of [
    '',
    'AAAA',
    'AAAA-AAAA-AAAA-AAA1',
    'AAAA-AAAA-AAAA-AAAAA',
    "AAAA-AAAA-AAAA-AAA'",
    'ＡAAA-AAAA-AAAA-AAAA',
  ]) {
    const { mfa_token } = await challenge(app, user)
    t.equal(outcome(await recover(app, mfa_token, typed)), '400 recovery-code-invalid', typed)
  }
})

t.test('guessing: an mfa_token allows five attempts', async t => {
  const held = await enrolled(app)
  const { mfa_token } = await challenge(app, held.user)
  const guesses = await Promise.all(Array.from({ length: 20 }, () => recover(app, mfa_token, 'AAAA-AAAA-AAAA-AAAA')))
  t.equal(guesses.filter(guess => outcome(guess) === '400 recovery-code-invalid').length, 5)
  expectError(t, await recover(app, mfa_token, held.recovery_codes[0] ?? ''), 401, 'token-invalid', {
    reason: 'attempts',
  })
  t.equal(outcome(await use(held, 0)), '200', 'and it was not used up')
})

t.test('when two codes are left their owner is warned, once', async t => {
  const held = await enrolled(app)
  const warnings = async () =>
    (await subjectsTo(app, held.email)).filter(subject => subject === 'You have two recovery codes left').length
  for (let place = 0; place < 7; place++) await use(held, place)
  t.equal(await warnings(), 0)
  await use(held, 7)
  t.equal(await warnings(), 1)
  await use(held, 8)
  await use(held, 9)
  t.equal(await warnings(), 1)
  t.same((await challenge(app, held.user)).methods, ['totp'], 'the last is gone')
  const { token } = (
    await call(app, 'POST', '/users/v1/login/mfa', {
      payload: { mfa_token: (await challenge(app, held.user)).mfa_token, otp: otpOf(held.secret) },
    })
  ).json()
  t.same((await call(app, 'GET', '/users/v1/mfa/recovery_codes', { token })).json(), { left: 0 })
})

t.test('one code, twenty times at once over two instances: one session, one mail, one event', async t => {
  const env = await environment(t)
  const [here, there] = [await build(t, env), await build(t, env)]
  const held = await enrolled(here)
  const tokens: string[] = []
  for (let i = 0; i < 20; i++) tokens.push((await challenge(here, held.user)).mfa_token)
  const answers = await Promise.all(
    tokens.map((token, i) => recover(i % 2 ? there : here, token, held.recovery_codes[0] ?? '')),
  )
  t.equal(answers.filter(answer => outcome(answer) === '200').length, 1)
  t.equal(answers.filter(answer => outcome(answer) === '400 recovery-code-invalid').length, 19)
  const kinds = await eventKinds(here, held.user_id)
  t.equal(kinds.filter(kind => kind === 'recovery-code-used').length, 1)
  const mails = here.db.selectFrom('outbox').select('id').where('template', '=', 'recovery-code-used')
  t.equal((await mails.execute()).length, 1)
})
