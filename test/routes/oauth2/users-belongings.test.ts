// Tokens of applications at what belongs to users: contacts, vaccinations, pictures. Each opens what its scopes say, to nobody but its user.
import t from 'tap'
import { administrator, call, codeOf, PASSWORD } from '../../support/app.ts'
import { GOOGLE } from '../../support/cards.ts'
import { hash, newKey, prove } from '../../support/dpop.ts'
import { application, browser, serve } from '../../support/oauth.ts'
import { answerOf, basic, codeFor, outcome, post, redemption, tokensFor } from '../../support/oauth-requests.ts'
import { picture } from '../../support/pictures.ts'
import { DOSE, fillIn, register } from '../../support/vaccinations.ts'

const SCOPES = ['contacts:read', 'contacts:write', 'vaccinations:read', 'vaccinations:write']
const { app, issuer } = await serve(t, { CONTACTS_RATE_LIMIT_MAX: '1000', AVATAR_RATE_LIMIT_MAX: '1000' })
// Who may do the most.
const owner = await administrator(app)
await fillIn(app, owner.token)
const person = browser(issuer)
await person.signIn(app, { email: owner.email, password: PASSWORD })

const scope = ['openid', 'films:read', ...SCOPES].join(' ')
const news = await application(app, { scope })
const png = await picture('png')
const contact = async () =>
  (await call(app, 'POST', '/contacts/v1/', { token: owner.token, payload: { first_name: 'Leia' } })).json().id
let days = 0
/** Another each time: one dose a day is all that can be registered. */
const aDay = () => new Date(Date.UTC(2025, 0, ++days)).toISOString().slice(0, 10)
const dose = async () => (await register(app, owner.token, { given_on: aDay() })).id
const [aContact, aDose] = [await contact(), await dose()]

interface Attempt {
  scope?: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  payload?: object | Buffer
  type?: string
}

const avatar = `/users/v1/${owner.user_id}/avatar`
const attempts = async (): Promise<Attempt[]> => [
  ...['', 'birthdays', 'export', aContact].map(
    path => ({ scope: 'contacts:read', method: 'GET', path: `/contacts/v1/${path}` }) as const,
  ),
  { scope: 'contacts:write', method: 'POST', path: '/contacts/v1/', payload: { first_name: 'Han' } },
  { scope: 'contacts:write', method: 'POST', path: '/contacts/v1/import', payload: GOOGLE, type: 'text/vcard' },
  { scope: 'contacts:write', method: 'PUT', path: `/contacts/v1/${aContact}`, payload: { first_name: 'Ben' } },
  { scope: 'contacts:write', method: 'PATCH', path: `/contacts/v1/${aContact}`, payload: { first_name: 'Rey' } },
  { scope: 'contacts:write', method: 'DELETE', path: `/contacts/v1/${await contact()}` },
  ...['', aDose].map(
    path => ({ scope: 'vaccinations:read', method: 'GET', path: `/vaccinations/v1/${path}` }) as const,
  ),
  { scope: 'vaccinations:write', method: 'POST', path: '/vaccinations/v1/', payload: { ...DOSE, given_on: aDay() } },
  { scope: 'vaccinations:write', method: 'DELETE', path: `/vaccinations/v1/${await dose()}` },
  { method: 'POST', path: `/vaccinations/v1/${aDose}/approval`, payload: { decision: 'approved' } },
  { method: 'PUT', path: avatar, payload: png, type: 'image/png' },
  { method: 'DELETE', path: avatar },
  { method: 'GET', path: `/users/v1/${owner.user_id}/export` },
]

const send = (token: string, { method, path, payload, type }: Attempt) =>
  call(app, method, path, { token, ...(payload && { payload }), ...(type && { headers: { 'content-type': type } }) })

for (const granted of ['films:read', ...SCOPES])
  t.test(`a token for ${granted} opens what is named so, and nothing else`, async t => {
    const { access_token } = await tokensFor(person, news, { scope: `openid ${granted}`, prompt: 'consent' })
    for (const attempt of await attempts()) {
      const response = await send(access_token, attempt)
      const name = `${attempt.method} ${attempt.path}`
      if (attempt.scope === granted) t.ok(response.statusCode < 300, `${name}: ${response.statusCode}`)
      else t.equal(codeOf(response), 'insufficient-scope', name)
    }
  })

t.test('a token without a scope of a resource opens none of it', async t => {
  const { access_token } = await tokensFor(person, news, { scope: 'openid', prompt: 'consent' })
  for (const attempt of await attempts())
    t.match(codeOf(await send(access_token, attempt)), /^(token-invalid|insufficient-scope)$/, attempt.path)
})

t.test('whatever refuses a token without a scope is documented', async t => {
  const { access_token: token } = await tokensFor(person, news, { scope: 'openid films:read', prompt: 'consent' })
  const { paths } = (await call(app, 'GET', '/openapi.json')).json()
  const operations = Object.entries<Record<string, { security: object[]; responses: object }>>(paths).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  let refused = 0
  for (const { path, method, responses } of operations) {
    const response = await call(app, method.toUpperCase() as 'GET', path.replaceAll(/{\w+}/g, '1'), { token })
    if (response.statusCode !== 403 || codeOf(response) !== 'insufficient-scope') continue
    refused++
    t.match(JSON.stringify(responses), /403\.[\w.-]*insufficient-scope/, `${method} ${path}`)
  }
  t.ok(refused > 50, `${refused}`)
})

t.test('threat: an application without a user reads or writes what belongs to somebody', async t => {
  const metadata = { redirect_uris: [], grant_types: ['client_credentials' as const], scope: SCOPES.join(' ') }
  const scanner = await application(app, metadata)
  const answer = await post(scanner, 'token', { grant_type: 'client_credentials', scope: SCOPES.join(' ') })
  t.equal(outcome(answer), '200')
  for (const attempt of await attempts())
    t.equal(codeOf(await send(String(answer.body.access_token), attempt)), 'insufficient-scope', attempt.path)
})

t.test(
  'threat: a stolen token that is bound to a key is used without it, or its proof for another request',
  async t => {
    const key = newKey()
    const bound = await application(app, { scope, dpop_bound_access_tokens: true })
    const code = await codeFor(person, bound, { scope, prompt: 'consent' })
    const dpop = await prove(key, { htm: 'POST', htu: `${issuer}/oauth2/token` })
    const init = { method: 'POST', body: new URLSearchParams(redemption(code)), headers: { ...basic(bound), dpop } }
    const token = String((await answerOf(await fetch(`${issuer}/oauth2/token`, init))).body.access_token)
    const ath = hash(token)
    const sendBound = ({ method, path, payload, type }: Attempt, proof: string) =>
      call(app, method, path, {
        ...(payload && { payload }),
        headers: { authorization: `DPoP ${token}`, dpop: proof, ...(type && { 'content-type': type }) },
      })
    for (const attempt of await attempts()) {
      const name = `${attempt.method} ${attempt.path}`
      const proof = await prove(key, { htm: attempt.method, htu: issuer + attempt.path, ath })
      const ofAnother = await prove(key, { htm: attempt.method, htu: `${issuer}/films/v1/`, ath })
      t.equal(codeOf(await send(token, attempt)), 'token-invalid', `${name} as a bearer`)
      t.equal(codeOf(await sendBound(attempt, ofAnother)), 'token-invalid', `${name} by the proof of another`)
      const response = await sendBound(attempt, proof)
      if (attempt.scope) t.ok(response.statusCode < 300, `${name}: ${response.statusCode}`)
      else t.equal(codeOf(response), 'insufficient-scope', name)
      t.equal(codeOf(await sendBound(attempt, proof)), 'token-invalid', `${name} once more`)
    }
  },
)

t.test("threat: an application opens its user's pages by its token", async t => {
  const { access_token } = await tokensFor(person, news, { scope, prompt: 'consent' })
  for (const path of ['/account/contacts', '/account/contacts/export', '/account/picture', '/account/vaccinations']) {
    const { statusCode } = await call(app, 'GET', path, { token: access_token, headers: { accept: 'text/html' } })
    t.ok([303, 401, 403].includes(statusCode), `${path}: ${statusCode}`)
  }
})
