// Decisions, deletions and certificates at the same time.
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import type { VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import { administrator, build, call, codeOf, environment } from '../../support/app.ts'
import { approved, DOSE, decide, person, register } from '../../support/vaccinations.ts'

// A mail is sent by the instance that its request went to, whose mailbox the tests read.
const env = await environment(t)
const app = await build(t, env)
const other = await build(t, env)
const [first, second] = [await administrator(app), await administrator(app)]

const remove = (token: string, id: string) => call(app, 'DELETE', `/vaccinations/v1/${id}`, { token })
const certificate = (token: string) => call(other, 'GET', '/vaccinations/v1/certificate', { token })

/** The revocation id in a card. */
function ridsIn({ cards }: VaccinationCertificate): string[] {
  return cards.map(({ jws }) => {
    const payload = Buffer.from(jws.split('.')[1] ?? '', 'base64url')
    return JSON.parse(inflateRawSync(payload).toString()).vc.rid
  })
}

async function revoked(): Promise<string[]> {
  const issuer = '/vaccinations/v1/issuer/.well-known'
  const { keys } = (await call(app, 'GET', `${issuer}/jwks.json`)).json<{ keys: { kid: string }[] }>()
  return (await call(app, 'GET', `${issuer}/crl/${keys[0]?.kid}.json`)).json<{ rids: string[] }>().rids
}

t.test('of two decisions at once, one counts, and one mail is sent', async t => {
  for (let i = 0; i < 5; i++) {
    const owner = await person(app)
    const { id } = await register(app, owner.token)
    const responses = await Promise.all([
      decide(app, first.token, id),
      decide(other, second.token, id, { decision: 'rejected', reason: 'No' }),
    ])
    t.same(responses.map(codeOf).sort(), ['vaccination-decided', undefined])
    const winner = responses.find(({ statusCode }) => statusCode === 200)?.json()
    const now = await call(app, 'GET', `/vaccinations/v1/${id}`, { token: owner.token })
    t.same(now.json(), winner)
    const mails = await app.db
      .selectFrom('outbox')
      .select('template')
      .where('user_id', '=', owner.user_id)
      .where('template', 'in', ['vaccination-approved', 'vaccination-rejected'])
      .execute()
    t.same(mails, [{ template: `vaccination-${winner?.status}` }])
  }
})

t.test('the same dose registered at once is in the account once', async t => {
  for (let i = 0; i < 5; i++) {
    const { token } = await person(app)
    const attempts = [app, other, app, other].map(on => call(on, 'POST', '/vaccinations/v1/', { token, payload: DOSE }))
    t.same((await Promise.all(attempts)).map(({ statusCode }) => statusCode).sort(), [201, 409, 409, 409])
    t.equal((await call(app, 'GET', '/vaccinations/v1/', { token })).json().results.length, 1)
  }
})

t.test('of two withdrawals at once, one counts, and one mail is sent', async t => {
  for (let i = 0; i < 5; i++) {
    const owner = await person(app)
    const { id } = await approved(app, owner, first)
    const responses = await Promise.all([
      decide(app, first.token, id, { decision: 'withdrawn', reason: 'One' }),
      decide(other, second.token, id, { decision: 'withdrawn', reason: 'Two' }),
    ])
    t.same(responses.map(codeOf).sort(), ['vaccination-not-approved', undefined])
    const { count } = await app.db
      .selectFrom('outbox')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', owner.user_id)
      .where('template', '=', 'vaccination-withdrawn')
      .executeTakeFirstOrThrow()
    t.equal(Number(count), 1)
  }
})

t.test('a withdrawal and a deletion at once leave no dose, and revoke the certificate', async t => {
  for (let i = 0; i < 5; i++) {
    const owner = await person(app)
    const { id } = await approved(app, owner, first)
    const [rid = ''] = ridsIn((await certificate(owner.token)).json())
    const [withdrawal, deletion] = await Promise.all([
      decide(app, first.token, id, { decision: 'withdrawn', reason: 'No' }),
      remove(owner.token, id),
    ])
    t.ok([undefined, 'not-found'].includes(codeOf(withdrawal)))
    t.equal(deletion.statusCode, 200)
    t.equal(codeOf(await certificate(owner.token)), 'certificate-not-found')
    t.ok((await revoked()).includes(rid))
  }
})

t.test('an approval and a deletion at once leave no dose, and no certificate', async t => {
  for (let i = 0; i < 5; i++) {
    const owner = await person(app)
    const { id } = await register(app, owner.token)
    const [decision, deletion] = await Promise.all([decide(other, first.token, id), remove(owner.token, id)])
    t.ok([undefined, 'not-found'].includes(codeOf(decision)))
    t.equal(deletion.statusCode, 200)
    t.equal(codeOf(await certificate(owner.token)), 'certificate-not-found')
  }
})

t.test('a certificate and a rejection at once: what was not approved is in no certificate', async t => {
  for (let i = 0; i < 5; i++) {
    const owner = await person(app)
    await approved(app, owner, first, { dose: 1 })
    const { id } = await register(app, owner.token, { dose: 2 })
    const [issued, rejection] = await Promise.all([
      certificate(owner.token),
      decide(app, first.token, id, { decision: 'rejected', reason: 'No' }),
    ])
    t.equal(rejection.statusCode, 200)
    const { cards } = issued.json<VaccinationCertificate>()
    t.same(
      cards.flatMap(({ vaccinations }) => vaccinations.map(({ dose }) => dose)),
      [1],
    )
  }
})

const waysToLose = {
  deletion: (token: string, id: string) => remove(token, id),
  withdrawal: (_token: string, id: string) => decide(app, first.token, id, { decision: 'withdrawn', reason: 'No' }),
}
for (const [way, lose] of Object.entries(waysToLose))
  t.test(`a certificate and a ${way} at once: it is without the dose, or it is revoked`, async t => {
    for (let i = 0; i < 10; i++) {
      const owner = await person(app)
      await approved(app, owner, first, { dose: 1 })
      const { id } = await approved(app, owner, first, { dose: 2 })
      const [issued, loss] = await Promise.all([certificate(owner.token), lose(owner.token, id)])
      t.equal(loss.statusCode, 200)
      const body = issued.json<VaccinationCertificate>()
      const doses = body.cards.flatMap(({ vaccinations }) => vaccinations.map(({ dose }) => dose))
      const [rid = ''] = ridsIn(body)
      t.equal((await revoked()).includes(rid), doses.includes(2), `doses ${doses}`)
    }
  })

t.test('two first certificates at once have the same revocation id', async t => {
  const owner = await person(app)
  await approved(app, owner, first)
  const both = await Promise.all([certificate(owner.token), certificate(owner.token)])
  const rids = both.map(response => ridsIn(response.json()))
  t.same(rids[0], rids[1])
})
