// The list of revoked cards: at once where a card was revoked, elsewhere within half a minute, and not sent again to who has it.
import { mock } from 'node:test'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { administrator, build, call, environment } from '../../support/app.ts'
import { claimsIn } from '../../support/health-cards.ts'
import { approved, decide, person } from '../../support/vaccinations.ts'

const ISSUER = '/vaccinations/v1/issuer/.well-known'
const env = await environment(t)
const [app, other] = [await build(t, env), await build(t, env)]
const admin = await administrator(app)

const keyOf = async (on: FastifyInstance) =>
  (await call(on, 'GET', `${ISSUER}/jwks.json`)).json<{ keys: { kid: string; crlVersion: number }[] }>().keys[0]
const kid = (await keyOf(app))?.kid
const list = (on: FastifyInstance, headers = {}) => call(on, 'GET', `${ISSUER}/crl/${kid}.json`, { headers })
const ridsOn = async (on: FastifyInstance) => (await list(on)).json<{ rids: string[] }>().rids

/** Withdraws an approval. @returns the id of the card that was issued before */
async function revoke(): Promise<string> {
  const owner = await person(app)
  const { id } = await approved(app, owner, admin)
  const { cards } = (await call(app, 'GET', '/vaccinations/v1/certificate', { token: owner.token })).json()
  await decide(app, admin.token, id, { decision: 'withdrawn', reason: 'No' })
  return claimsIn(cards[0].jws).vc.rid
}

t.test('a revocation shows at once where it was made, and elsewhere within half a minute', async t => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  for (const on of [app, other]) t.same(await ridsOn(on), [])
  const rid = await revoke()
  t.same(await ridsOn(app), [rid])
  t.equal((await keyOf(app))?.crlVersion, 1)
  t.same(await ridsOn(other), [], 'its list is not read from the database for each request')
  mock.timers.tick(30_000)
  t.same(await ridsOn(other), [rid])
  t.equal((await keyOf(other))?.crlVersion, 1)
})

t.test('who has the list is told so, until it changes', async t => {
  const { etag } = (await list(app)).headers
  const again = await list(app, { 'if-none-match': etag })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  t.equal(again.headers['cache-control'], 'public, max-age=300')
  t.equal((await list(other)).headers.etag, etag, 'whichever instance answers')
  await revoke()
  t.equal((await list(app, { 'if-none-match': etag })).statusCode, 200)
})
