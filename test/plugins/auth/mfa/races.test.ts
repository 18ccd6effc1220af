// Two that were both found good before either was used: what the database decides, in the order in which only chance would bring it.
import t from 'tap'
import { sessionOpener } from '../../../../plugins/auth/login/open-session.ts'
import { build, environment, logIn, NO_CLIENT, verifiedUser } from '../../../support/app.ts'
import { challenge, enrolled, otpOf, startTotp, steppingClock } from '../../../support/mfa.ts'
import { sessionId } from '../../../support/session.ts'

steppingClock(t)
const env = await environment(t)
const [here, there] = [await build(t, env), await build(t, env)]
const openSession = sessionOpener(here)

/** Uses both proofs up, one after the other, on two instances. */
async function useBoth(proofs: Awaited<ReturnType<typeof here.mfa.totp.verify>>[]) {
  const [first, second] = proofs
  if (!first || !second) throw new Error('two proofs are wanted')
  await here.db.transaction().execute(first)
  return there.db.transaction().execute(second)
}

t.test('one one-time password, verified twice: the second use is rejected', async t => {
  const { user_id, secret } = await enrolled(here)
  const proofs = [
    await here.mfa.totp.verify(user_id, otpOf(secret), NO_CLIENT),
    await there.mfa.totp.verify(user_id, otpOf(secret), NO_CLIENT),
  ]
  await t.rejects(useBoth(proofs), { code: 'otp-invalid' })
})

t.test('the one-time password of an earlier step, verified before a later one was used, is rejected', async t => {
  const { user_id, secret } = await enrolled(here)
  const proofs = [
    await here.mfa.totp.verify(user_id, otpOf(secret, 1), NO_CLIENT),
    await there.mfa.totp.verify(user_id, otpOf(secret), NO_CLIENT),
  ]
  await t.rejects(useBoth(proofs), { code: 'otp-invalid' })
})

t.test('one recovery code, verified twice: the second use is rejected', async t => {
  const { user_id: id, email, recovery_codes } = await enrolled(here)
  const prove = (app: typeof here) => app.mfa.recoveryCodes.verify({ id, email }, recovery_codes[0] ?? '', NO_CLIENT)
  await t.rejects(useBoth([await prove(here), await prove(there)]), { code: 'recovery-code-invalid' })
})

t.test('one mfa_token, verified twice: the second use is rejected', async t => {
  const { mfa_token } = await challenge(here, (await enrolled(here)).user)
  const proofs = [
    (await here.mfa.challenges.resume(mfa_token)).consume,
    (await there.mfa.challenges.resume(mfa_token)).consume,
  ]
  await t.rejects(useBoth(proofs), { code: 'token-invalid' })
})

t.test('one secret, confirmed twice: the second confirmation is rejected', async t => {
  const { token, user_id } = await logIn(here)
  const { secret } = await startTotp(here, token)
  const caller = { user_id, sid: sessionId(token) }
  const proofs = [
    await here.mfa.totp.verifyPending(caller, otpOf(secret)),
    await there.mfa.totp.verifyPending(caller, otpOf(secret)),
  ]
  await t.rejects(useBoth(proofs), { code: 'otp-invalid' })
})

t.test('a secret replaced before its confirmation has no effect', async t => {
  const { token, user_id } = await logIn(here)
  const { secret } = await startTotp(here, token)
  const proof = await here.mfa.totp.verifyPending({ user_id, sid: sessionId(token) }, otpOf(secret))
  await startTotp(here, token)
  await t.rejects(here.db.transaction().execute(proof), { code: 'otp-invalid' })
})

t.test('an enrollment between password check and session: no session', async t => {
  const user = await verifiedUser(here)
  const read = () => here.db.selectFrom('users').selectAll().where('email', '=', user.email).executeTakeFirstOrThrow()
  const before = await read()
  const { user_id } = await enrolled(there, user)
  t.equal(await openSession(before, NO_CLIENT, []), undefined)
  const now = await read()
  t.match(await openSession(now, NO_CLIENT, []), { user_id, mfa_enabled: 1 }, 'as it is now, the same call opens one')
})
