// Applications that a user has given access to vaccinations: by scopes, and never to those of others.
import t from 'tap'
import { administrator, call, codeOf, PASSWORD } from '../../support/app.ts'
import { application, browser, serve } from '../../support/oauth.ts'
import { tokensFor } from '../../support/oauth-requests.ts'
import { DOSE, decide, fillIn, person, register } from '../../support/vaccinations.ts'

const READ = 'vaccinations:read'
const WRITE = 'vaccinations:write'
const { app, issuer } = await serve(t)
const health = await application(app, { scope: `openid ${READ} ${WRITE}` })
const admin = await administrator(app)
await fillIn(app, admin.token)
const somebodys = await register(app, (await person(app)).token)

const browserOfAdmin = browser(issuer)
await browserOfAdmin.signIn(app, { email: admin.email, password: PASSWORD })
const tokenFor = async (scope: string) =>
  (await tokensFor(browserOfAdmin, health, { scope: `openid ${scope}`, prompt: 'consent' })).access_token
const [reader, writer] = [await tokenFor(READ), await tokenFor(WRITE)]

t.test('an application reads or writes as its scopes say', async t => {
  const post = (token: string) => call(app, 'POST', '/vaccinations/v1/', { token, payload: DOSE })
  t.equal(codeOf(await post(reader)), 'insufficient-scope')
  const created = await post(writer)
  t.equal(created.statusCode, 201)
  const { id } = created.json()
  t.equal(codeOf(await call(app, 'GET', `/vaccinations/v1/${id}`, { token: writer })), 'insufficient-scope')
  t.equal((await call(app, 'GET', `/vaccinations/v1/${id}`, { token: reader })).statusCode, 200)
})

t.test("threat: an administrator's application reads or decides about the vaccinations of others", async t => {
  const { id, user_id } = somebodys
  t.equal(codeOf(await call(app, 'GET', `/vaccinations/v1/${id}`, { token: reader })), 'not-found')
  t.equal(codeOf(await call(app, 'GET', `/vaccinations/v1/?user_id=${user_id}`, { token: reader })), 'forbidden')
  const { results } = (await call(app, 'GET', '/vaccinations/v1/?status=pending', { token: reader })).json()
  t.notOk(results.some((each: { id: string }) => each.id === id))
  for (const token of [reader, writer]) t.equal(codeOf(await decide(app, token, id)), 'insufficient-scope')
})
