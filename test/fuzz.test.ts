/** Random requests generated from the OpenAPI document: none may crash the service, and every response must be one that the document declares. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import {
  administrator,
  build,
  call,
  type Environment,
  logIn,
  mailedToken,
  newEmail,
  PASSWORD,
  REAL,
  type Test,
  verifiedUser,
} from './support/app.ts'
import { documentOf, type OpenApi, operationsOf } from './support/document.ts'
import { type Drawn, type Lookup, materialise, owned, requestsTo } from './support/fuzz.ts'
import { challenge, enrolled, otpOf } from './support/mfa.ts'
import { startGithub } from './support/providers/github.ts'
import { sessionId } from './support/session.ts'

/** `FUZZ_SEED` and `FUZZ_RUNS` repeat or lengthen a run, `FUZZ_PATHS` (a regular expression) narrows it. */
const SEED = Number(process.env.FUZZ_SEED ?? 19_770_525)
const PATHS = new RegExp(process.env.FUZZ_PATHS ?? '')
const RUNS = Number(process.env.FUZZ_RUNS ?? (REAL ? 2_000 : 10_000))

// On a busy machine.
t.setTimeout(900_000)

/** Random codes and tokens are refused by a provider that responds. */
async function providerOf(t: Test): Promise<Environment> {
  const { clientId, clientSecret, url, apiUrl } = await startGithub(t, {
    callback: 'http://holocron.test/social/v1/github/callback',
  })
  return {
    GITHUB_CLIENT_ID: clientId,
    GITHUB_CLIENT_SECRET: clientSecret,
    GITHUB_BASE_URL: url,
    GITHUB_API_URL: apiUrl,
  }
}

/** Fewer random requests say little about whether any could succeed. */
const TRIES_MIN = 35

type Asked = ReturnType<typeof operationsOf>[number]

/** @returns a function that throws if the document does not declare the response */
function checker(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'openapi')

  return (
    { path, method, operation }: Asked,
    { statusCode, headers, body }: Pick<LightMyRequestResponse, 'statusCode' | 'headers' | 'body'>,
  ): void => {
    const declared = operation.responses[statusCode]
    if (statusCode >= 500 || !declared) throw new Error(`undeclared: ${statusCode} ${body}`)
    for (const name of Object.keys(declared.headers ?? {}))
      if (headers[name.toLowerCase()] === undefined) throw new Error(`${statusCode} lacks ${name}`)
    if (!declared.content) {
      if (body !== '') throw new Error(`${statusCode} has a body: ${body}`)
      return
    }
    const [type = ''] = String(headers['content-type']).split(';')
    const { 200: ok, 302: found, 303: seeOther } = operation.responses
    // Errors are pages for browsers, and so is what they are led through.
    const isPage = type === 'text/html' && (statusCode >= 400 || (ok?.content?.[type] ?? found ?? seeOther))
    if (isPage) return
    if (!declared.content[type]) throw new Error(`undeclared: ${statusCode} as ${type}`)
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(statusCode), 'content', type, 'schema']
    const fragment = pointer.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    const validate = ajv.getSchema(`openapi#/${fragment.join('/')}`)
    if (!validate) throw new Error(`no schema at ${pointer.join(' ')}`)
    if (!validate(type === 'application/json' ? JSON.parse(body) : body))
      throw new Error(`${statusCode} differs from its schema, ${ajv.errorsText(validate.errors)}: ${body}`)
  }
}

/** Operations that take a mailed token, a signature, or two values that belong together: random requests rarely succeed. They have tests of their own. */
const BY_LUCK = new Set([
  ...[
    'cancelEmailChange',
    'deleteUser',
    'endSession',
    'reauthenticate',
    'resetPassword',
    'showPasswordReset',
    'validateCode',
  ],
  // Its redirect URIs, grants and scopes belong together.
  'createOAuthClient',
  // Its id is 128 random bits.
  'getAvatar',
  ...['enableTotp', 'getTotpQrCode', 'disableTotp', 'renewRecoveryCodes', 'removeSecondFactors'],
  ...['finishLogin', 'finishLoginByRecoveryCode', 'finishBrowserLogin', 'finishBrowserLoginByRecoveryCode'],
  ...['completeProviderLogin', 'loginByProvider', 'reauthenticateByProvider', 'signupByProvider'],
  ...['registerPasskey', 'renamePasskey', 'removePasskey', 'loginByPasskey', 'openBrowserSessionByPasskey'],
  'listRevokedCards',
  // Of a token that an application has for itself.
  'followRevocations',
  // Of an enabled webhook, and of a delivery that failed.
  ...['testWebhook', 'retryWebhookDelivery'],
  // Of a user with a dose that somebody else has approved.
  'getVaccinationCertificate',
])

t.test(`none of ${RUNS} random requests gets an undeclared response (seed ${SEED})`, async t => {
  // In memory: thousands of commits need not wait for a disk.
  const app = await build(t, { ...(REAL ? {} : { DATABASE_URL: 'sqlite::memory:' }), ...(await providerOf(t)) })
  const document = await documentOf(app)
  const operations = operationsOf(document).filter(({ path }) => PATHS.test(path))
  const check = checker(document)

  /** Real values, the latest few of each kind, so that many requests succeed. */
  const pool: Record<string, string[]> = {}
  function keep(kind: string, value: string): void {
    pool[kind] = [value, ...(pool[kind] ?? [])].slice(0, 4)
  }
  /**
   * Where the path names a user, half of the access tokens are an administrator's: another user's is rejected before anything else is looked at.
   * Where it names what a user owns, half are its owner's.
   */
  const lookupFor = (path: string): Lookup => {
    const namesUser = path.includes('{user_id}')
    const namesOwned = [...owned.keys()].some(param => path.includes(`{${param}}`))
    return (kind, pick) => {
      if (namesOwned && pick % 2 === 1 && (kind === 'access' || owned.has(kind)))
        return pool[kind === 'access' ? 'owner' : kind]?.[0] ?? ''
      const values = pool[namesUser && kind === 'access' && pick % 2 === 1 ? 'admin' : kind] ?? []
      return values[pick % values.length] ?? ''
    }
  }

  /** A verified account with two sessions, an administrator, an account with a second factor and a pending login, and an unverified account: requests use them up. */
  async function replenish(): Promise<void> {
    const user = await verifiedUser(app)
    const [session, other, admin] = [await logIn(app, user), await logIn(app, user), await administrator(app)]
    const unproved = newEmail()
    await call(app, 'POST', '/users/v1/signup', { payload: { email: unproved, password: PASSWORD } })
    const held = await enrolled(app)
    keep('mfa', (await challenge(app, held.user)).mfa_token)
    keep('otp', otpOf(held.secret))
    keep('recovery', held.recovery_codes[0] ?? '')
    keep('email', user.email)
    keep('email', held.email)
    keep('email', unproved)
    keep('user', String(session.user_id))
    keep('session', sessionId(other.token))
    keep('admin', admin.token)
    keep('access', admin.token)
    keep('access', held.token)
    keep('access', session.token)
    keep('refresh', session.refresh_token)
    keep('mail', await mailedToken(app, unproved))
    keep('owner', session.token)
    for (const [param, make] of owned) keep(param, String(await make(app, session.token)))
  }

  const statuses: Record<string, Record<number, number>> = {}
  const requests = operations.map(asked => ({
    id: asked.operation.operationId,
    arbitrary: requestsTo(document, asked.operation).map(drawn => ({ id: asked.operation.operationId, drawn })),
    // Operations with input have more to try.
    weight: asked.operation.parameters || asked.operation.requestBody ? 6 : 1,
  }))
  let runs = 0
  const request = async ({ id, drawn }: { id: string; drawn: Drawn }): Promise<void> => {
    if (runs++ % 20 === 0) await replenish()
    const asked = operations.find(({ operation }) => operation.operationId === id) as Asked
    const response = await app.inject(materialise(drawn, asked.path, asked.method, lookupFor(asked.path)))
    check(asked, response)
    const seen = statuses[id] ?? {}
    statuses[id] = { ...seen, [response.statusCode]: (seen[response.statusCode] ?? 0) + 1 }
    if (response.statusCode !== 200 || !/^(login|generateTokens)/.test(id)) return
    const tokens = response.json<{ token?: string; refresh_token: string }>()
    // A login may wait for its second factor.
    if (!tokens.token) return
    keep('access', tokens.token)
    keep('refresh', tokens.refresh_token)
  }
  await fc.assert(fc.asyncProperty(fc.oneof(...requests), request), { seed: SEED, numRuns: RUNS })
  // Those that chance left out.
  for (const { id, arbitrary } of requests)
    if (!statuses[id]) await fc.assert(fc.asyncProperty(arbitrary, request), { seed: SEED, numRuns: 1 })

  for (const [id, seen] of Object.entries(statuses)) {
    const tried = Object.values(seen).reduce((sum, count) => sum + count, 0)
    const succeeded = Object.keys(seen).some(status => Number(status) < 400)
    t.ok(succeeded || tried < TRIES_MIN || BY_LUCK.has(id), `${id}: ${JSON.stringify(seen)}`)
  }
  t.equal((await call(app, 'GET', '/health/ready')).statusCode, 200, 'and the service is well')
})
