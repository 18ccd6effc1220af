/** Steps shared by tests of second factors. One-time passwords are computed here, without the library the service uses. */
import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { call, type LoggedIn, logIn, PASSWORD, reauthenticated, type Test, verifiedUser } from './app.ts'

export const TOTP = '/users/v1/mfa/totp'
const STEP = 30_000

/** Stops the clock in the middle of a 30-second step, so that none ends between two lines of a test, and advances it. */
export function steppingClock(t: Test) {
  const real = Date.now
  let shift = (1.5 * STEP - (real() % STEP)) % STEP
  Date.now = () => Math.floor(real() + shift)
  t.teardown(() => {
    Date.now = real
  })
  return {
    /** Advances by a number of steps, until the test ends. The database's clock does not follow. */
    forward(t: Test, steps = 1) {
      shift += steps * STEP
      t.teardown(() => {
        shift -= steps * STEP
      })
    },
  }
}

/** RFC 6238 with SHA-1, six digits and 30 s, for the current step or another. */
export function otpOf(secret: string, offset = 0): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP) + offset))
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const place = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(place) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** One that is wrong now, and in the adjacent steps. */
export function wrongOtp(secret: string): string {
  const right = [-1, 0, 1].map(offset => otpOf(secret, offset))
  return ['000000', '111111', '222222', '333333'].find(otp => !right.includes(otp)) ?? ''
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}

/** Creates a secret, which waits for confirmation. */
export async function startTotp(app: FastifyInstance, token: string) {
  const response = await call(app, 'POST', TOTP, { token, payload: { password: PASSWORD } })
  if (response.statusCode !== 200) throw new Error(`no secret: ${response.body}`)
  return response.json<{ secret: string; uri: string; qr_code: string }>()
}

export interface Enrolled extends LoggedIn {
  /** For a login. */
  user: { email: string; password: string }
  secret: string
  recovery_codes: string[]
}

/** A user whose logins require one-time passwords, in a live session, which may make sensitive changes. The one of the previous step is used. */
export async function enrolled(app: FastifyInstance, user?: { email: string; password: string }): Promise<Enrolled> {
  const whose = user ?? (await verifiedUser(app))
  const session = await reauthenticated(app, await logIn(app, whose))
  const { secret } = await startTotp(app, session.token)
  const prove = () => call(app, 'POST', `${TOTP}/verify`, { token: session.token, payload: { otp: otpOf(secret, -1) } })
  // With a running clock, a step may end between computing the password and checking it.
  const first = await prove()
  const response = first.statusCode === 200 ? first : await prove()
  if (response.statusCode !== 200) throw new Error(`not enrolled: ${response.body}`)
  // Mails are sent in parallel: that of the enrollment must arrive before any other.
  await app.mailer.idle()
  return {
    ...session,
    user: whose,
    secret,
    recovery_codes: response.json<{ recovery_codes: string[] }>().recovery_codes,
  }
}

export interface Challenge {
  mfa_required: true
  mfa_token: string
  expires_in: number
  methods: string[]
}

/** The first step of a login. */
export async function challenge(app: FastifyInstance, payload: { email: string; password: string }) {
  const response = await call(app, 'POST', '/users/v1/login', { payload })
  if (response.statusCode !== 200) throw new Error(`no challenge: ${response.body}`)
  return response.json<Challenge>()
}

/** The second step. */
export function finish(app: FastifyInstance, mfa_token: string, otp: string) {
  return call(app, 'POST', '/users/v1/login/mfa', { payload: { mfa_token, otp } })
}

export function recover(app: FastifyInstance, mfa_token: string, recovery_code: string) {
  return call(app, 'POST', '/users/v1/login/recovery_code', { payload: { mfa_token, recovery_code } })
}
