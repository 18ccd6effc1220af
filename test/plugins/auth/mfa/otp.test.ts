import t from 'tap'
import { otpAt, stepOf } from '../../../../plugins/auth/mfa/otp.ts'

/** The ASCII letters 12345678901234567890, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** RFC 6238, appendix B: seconds since 1970, and the last six of the eight digits for SHA-1. */
const VECTORS: [seconds: number, otp: string][] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
]

for (const [seconds, otp] of VECTORS)
  t.test(`RFC 6238: at ${seconds} s it is ${otp}`, async t => {
    const step = Math.floor(seconds / 30)
    t.equal(otpAt(SECRET, step), otp)
    t.equal(stepOf(SECRET, otp, seconds * 1000), step)
  })

t.test('one step either way is accepted, two are not', async t => {
  const now = 1_234_567_890_000
  const step = Math.floor(now / 30_000)
  t.same(
    [-2, -1, 0, 1, 2].map(offset => stepOf(SECRET, otpAt(SECRET, step + offset), now)),
    [undefined, step - 1, step, step + 1, undefined],
  )
})

t.test('only six digits are a one-time password', async t => {
  for (const otp of ['', '28708', '0287082', '２８７０８２']) t.equal(stepOf(SECRET, otp, 59_000), undefined, otp)
})
