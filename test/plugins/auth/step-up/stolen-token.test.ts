// Threat: an access token is stolen, from a log, a resource server or a script, right after a login. Whatever the document calls sensitive wants more.
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import {
  administrator,
  build,
  call,
  codeOf,
  type LoggedIn,
  logIn,
  newEmail,
  verifiedUser,
} from '../../../support/app.ts'
import { documentOf, type Operation, operationsOf, type Schema } from '../../../support/document.ts'
import { enrolled, otpOf, startTotp, steppingClock, TOTP } from '../../../support/mfa.ts'
import { holder } from '../../../support/passkeys.ts'
import { OFFLINE_PROVIDER } from '../../../support/providers/offline.ts'

steppingClock(t)

const app = await build(t, OFFLINE_PROVIDER)
const document = await documentOf(app)

/** They begin with a login at a provider, which the thief's token is not: tests of social login attack them. */
const AT_A_PROVIDER = ['completeProviderLogin', 'reauthenticateByProvider']

/** By the document, which has it from `config.stepUp`. */
const sensitive = operationsOf(document)
  .filter(({ operation }) => !AT_A_PROVIDER.includes(operation.operationId))
  .filter(({ operation }) =>
    Object.values(operation.responses).some(({ content }) =>
      Object.hasOwn(content?.['application/json']?.examples ?? {}, 'reauthentication-required'),
    ),
  )

const SENSITIVE = [
  'changeEmail',
  'changePassword',
  'changeUser',
  'createOAuthClient',
  'createWebhook',
  'decideVaccination',
  'deleteOAuthClient',
  'deleteUser',
  'deleteWebhook',
  'disableTotp',
  'endUserSession',
  'endUserSessions',
  'getPasskeyCreationOptions',
  'getTotpQrCode',
  'linkProvider',
  'loginByProvider',
  'reauthenticate',
  'removeLoginMethod',
  'removePasskey',
  'removeSecondFactors',
  'renewRecoveryCodes',
  'replaceUser',
  'rotateClientSecret',
  'rotateWebhookSecret',
  'signup',
  'startTotp',
  'updateOAuthClient',
  'updateWebhook',
]

t.test('what is sensitive is known, and nothing else changes factors, addresses, passwords or roles', async t => {
  t.same(sensitive.map(({ operation }) => operation.operationId).sort(), SENSITIVE)
  const declared = new Set(sensitive.map(({ operation }) => operation.operationId))
  const changes = operationsOf(document).filter(
    ({ path, method, operation }) =>
      method !== 'GET' && operation.security.length > 0 && /mfa|password|email/.test(path),
  )
  // Confirmations of what was begun with a proof, which show a secret that only its beginner knows; the end of one; and a label.
  const others = ['cancelEmailChange', 'enableTotp', 'registerPasskey', 'renamePasskey']
  t.same(
    changes
      .map(({ operation }) => operation.operationId)
      .filter(id => !declared.has(id))
      .sort(),
    others,
  )
})

/** What a thief sends who knows everything that the token can read, and guesses the rest. */
function payloadOf({ operationId, requestBody }: Operation): object | undefined {
  const ref = Object.values(requestBody?.content ?? {})[0]
    ?.schema?.$ref?.split('/')
    .at(-1)
  const { examples = [] } = (ref ? document.components.schemas[ref] : {}) as Schema & { examples?: object[] }
  const known: Record<string, unknown> = {
    email: newEmail(),
    new_password: 'Thief12345x',
    redirect_uri: 'https://thief.example/callback',
    code_verifier: 'x'.repeat(43),
    redirect_to: '/',
    ...(operationId === 'signup' && { password: 'Thief12345x' }),
    ...(['signup', 'changeUser', 'replaceUser'].includes(operationId) && { access_role: 'admin' }),
  }
  const proofs = ['password', 'old_password', 'otp', 'recovery_code', 'credential']
  const names = Object.keys(examples[0] ?? {}).filter(name => !proofs.includes(name) || name in known)
  if (!requestBody) return undefined
  return Object.fromEntries(
    [...names, ...(known.access_role ? ['access_role'] : [])].map(name => [name, known[name] ?? 'x']),
  )
}

interface Victim extends LoggedIn {
  passkey_id?: string
}

const stateOf = async (app: FastifyInstance) => ({
  users: await app.db
    .selectFrom('users')
    .select(['id', 'email', 'password_hash', 'access_role', 'disabled', 'mfa_enabled'])
    .execute(),
  passkeys: await app.db.selectFrom('passkeys').select(['id', 'user_id']).execute(),
  totp: await app.db.selectFrom('totp_secrets').select(['user_id', 'ciphertext']).execute(),
  codes: await app.db.selectFrom('recovery_codes').selectAll().execute(),
  changes: await app.db.selectFrom('email_changes').selectAll().execute(),
})

async function attempt(t: Test, thief: Victim, target: number): Promise<void> {
  for (const { path, method, operation } of sensitive) {
    const url = path
      .replace('{user_id}', String(target))
      .replace('{passkey_id}', thief.passkey_id ?? newId())
      .replace('{login_method_id}', 'password')
      .replace('{provider}', 'github')
    const payload = payloadOf(operation)
    const response = await call(app, method as 'POST', url, { token: thief.token, ...(payload && { payload }) })
    t.equal(codeOf(response), 'reauthentication-required', `${method} ${url}: ${response.body.slice(0, 300)}`)
    t.equal(
      response.headers['www-authenticate'],
      'Bearer error="insufficient_user_authentication", error_description="reauthentication-required", max_age="900"',
    )
  }
}

const newId = () => crypto.randomUUID()

/** Logged in a moment ago: that is no reauthentication. */
const VICTIMS: Record<string, () => Promise<Victim>> = {
  'an administrator': async () => {
    const user = await verifiedUser(app)
    await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
    return logIn(app, user)
  },
  'an administrator with an authenticator app': async () => {
    const { user, secret } = await enrolled(app)
    await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
    const { mfa_token } = (await call(app, 'POST', '/users/v1/login', { payload: user })).json()
    return (await call(app, 'POST', '/users/v1/login/mfa', { payload: { mfa_token, otp: otpOf(secret) } })).json()
  },
}

for (const [whose, victim] of Object.entries(VICTIMS))
  t.test(`threat: a stolen access token of ${whose} changes something that matters`, async t => {
    const thief = await victim()
    const other = await holder(app)
    const before = await stateOf(app)
    for (const target of [other.user_id, thief.user_id]) await attempt(t, thief, target)
    t.same(await stateOf(app), before)
  })

t.test('threat: a stolen token reads the secret that its owner is about to confirm, and enrolls an app', async t => {
  const { token } = await logIn(app)
  await startTotp(app, token)
  t.equal(codeOf(await call(app, 'GET', `${TOTP}/qrcode`, { token })), 'reauthentication-required')
  t.equal(codeOf(await call(app, 'POST', `${TOTP}/verify`, { token, payload: { otp: '000000' } })), 'otp-invalid')
})

t.test('threat: a token stolen before its owner reauthenticated makes use of it', async t => {
  const { token: stolen, user_id } = await logIn(app)
  const { token: fresh } = await administrator(app)
  t.equal((await call(app, 'DELETE', `/users/v1/${user_id}`, { token: fresh })).statusCode, 200)
  const owner = await logIn(app)
  const { token } = await call(app, 'POST', '/users/v1/reauthenticate', {
    token: owner.token,
    payload: { password: 'Alderaan1977' },
  }).then(response => response.json())
  t.equal(codeOf(await call(app, 'DELETE', `/users/v1/${owner.user_id}`, { token: owner.token })), 'token-invalid')
  t.equal(codeOf(await call(app, 'GET', '/users/v1/me', { token: stolen })), 'token-invalid')
  t.equal((await call(app, 'DELETE', `/users/v1/${owner.user_id}`, { token })).statusCode, 200)
})
