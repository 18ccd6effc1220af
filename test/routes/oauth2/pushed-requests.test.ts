// Pushed authorization requests (RFC 9126).
import t from 'tap'
import { application, browser, CALLBACK, serve } from '../../support/oauth.ts'
import { answerOf, authorize, basic, challengeOf, outcome, post, redemption } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const news = await application(app, { scope: 'openid email' })
const mail = await application(app, { scope: 'openid email' })
const person = browser(issuer)
await person.signIn(app)
const verifier = 'v'.repeat(43)
const REQUEST = {
  client_id: news.id,
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid',
  state: 'pushed',
  code_challenge: challengeOf(verifier),
  code_challenge_method: 'S256',
}

async function push(changes: Record<string, string> = {}) {
  const { body } = await post(news, 'par', { ...REQUEST, ...changes })
  return String(body.request_uri)
}

const urlOf = (request_uri: string, more: Record<string, string> = {}) =>
  `/oauth2/authorize?${new URLSearchParams({ client_id: news.id, request_uri, ...more })}`

async function refusal(url: string): Promise<string> {
  const response = await person.get(url)
  const location = response.headers.get('location')
  await response.text()
  return location?.startsWith(CALLBACK)
    ? (new URL(location).searchParams.get('error') ?? 'none')
    : `page ${response.status}`
}

t.test('a pushed request leads to a code, once', async t => {
  const request_uri = await push()
  const response = await authorize(person, urlOf(request_uri))
  t.equal(response.get('state'), 'pushed')
  const code = response.get('code') ?? ''
  t.match(await refusal(urlOf(request_uri)), /^(page 400|invalid_request_uri)$/, 'RFC 9126 §7.3')
  t.equal(outcome(await post(news, 'token', redemption({ code, verifier }))), '200')
})

t.test('threat: the front channel adds to what was pushed, or replaces it', async t => {
  const added = {
    scope: 'openid email',
    state: 'evil',
    redirect_uri: 'https://evil.example/',
    code_challenge: challengeOf('x'.repeat(43)),
  }
  const response = await authorize(person, urlOf(await push(), added))
  t.equal(response.get('state'), 'pushed')
  const answer = await post(news, 'token', redemption({ code: response.get('code') ?? '', verifier }))
  t.equal(outcome(answer), '200')
  t.notMatch(answer.body.scope, /email/)
})

t.test('threat: another application uses it', async t => {
  t.match(await refusal(urlOf(await push(), { client_id: mail.id })), /^page 400|invalid_request/)
  t.match(await refusal(urlOf(await push(), { client_id: '' })), /^page 400/)
})

t.test('it is good for a minute', async t => {
  const request_uri = await push()
  const { body } = await post(news, 'par', REQUEST)
  t.ok(Number(body.expires_in) <= 60)
  await app.db
    .updateTable('oauth_records')
    .set({ expires_at: Date.now() - 1 })
    .where('model', '=', 'PushedAuthorizationRequest')
    .execute()
  t.match(await refusal(urlOf(request_uri)), /^page 400|invalid_request_uri/)
})

const REFUSED: Record<string, [Record<string, string>, string]> = {
  'a redirect URI that is not registered': [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
  'a scope that is not registered': [{ scope: 'openid films:read' }, 'invalid_scope'],
  'no PKCE': [{ code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
  'plain PKCE': [{ code_challenge_method: 'plain' }, 'invalid_request'],
  'a token response': [{ response_type: 'token' }, 'unsupported_response_type'],
  'a request_uri in it': [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'request_uri_not_supported'],
  'a request object': [{ request: 'x.y.z' }, 'request_not_supported'],
  'the id of another': [{ client_id: mail.id }, 'invalid_request'],
  'a state of 40 kB': [{ state: 'x'.repeat(40_000) }, 'invalid_request'],
}

for (const [name, [changes, error]] of Object.entries(REFUSED))
  t.test(`refused when it is pushed: ${name}`, async t => {
    const answer = await post(news, 'par', { ...REQUEST, ...changes })
    t.equal(answer.body.error, error)
  })

t.test('threat: anybody pushes requests', async t => {
  t.match(outcome(await post(news, 'par', { ...REQUEST, client_id: news.id }, {})), '401 invalid_client')
  t.match(outcome(await post(news, 'par', REQUEST, basic({ id: news.id, secret: 'x' }))), '401 invalid_client')
  t.equal((await answerOf(await fetch(`${issuer}/oauth2/par`, { headers: basic(news) }))).status, 405)
})
