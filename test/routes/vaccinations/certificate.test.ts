// The certificate of approved doses, as an independent implementation of SMART Health Cards verifies it.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { calculateJwkThumbprint } from 'jose'
import jsQR from 'jsqr'
import { SHCIssuer } from 'kill-the-clipboard'
import { PNG } from 'pngjs'
import t from 'tap'
import type { VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import { VACCINES } from '#schemas/vaccines.ts'
import { administrator, build, call, codeOf, environment, PASSWORD, SECRET } from '../../support/app.ts'
import { freePort } from '../../support/free-port.ts'
import { claimsIn, verifierOf } from '../../support/health-cards.ts'
import { approved, decide, fillIn, PERSON, person, register } from '../../support/vaccinations.ts'

const PATH = '/vaccinations/v1/certificate'
const port = await freePort()
const env = await environment(t, {
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  VACCINATIONS_PDF_RATE_LIMIT_MAX: '1',
})
const app = await build(t, env)
await app.listen({ host: '127.0.0.1', port })
const admin = await administrator(app)
const issuer = `${env.PUBLIC_URL}/vaccinations/v1/issuer`

const get = (token: string, query = '') => call(app, 'GET', PATH + query, { token })
const certificateOf = async (token: string) => (await get(token)).json<VaccinationCertificate>()
const remove = (token: string, id: string) => call(app, 'DELETE', `/vaccinations/v1/${id}`, { token })

/** Somebody with one approved dose, and their card. */
async function holder() {
  const user = await person(app)
  const { id } = await approved(app, user, admin)
  const { cards } = await certificateOf(user.token)
  return { ...user, id, jws: cards[0]?.jws ?? '' }
}

t.test('a certificate is verified offline, whichever way it comes', async t => {
  const { token, jws } = await holder()
  const verifier = await verifierOf(issuer)
  t.match((await (await verifier.fromJWS(jws)).asBundle()).entry, [
    { resource: { resourceType: 'Patient', name: [{ family: 'Organa', given: ['Leia'] }] } },
    {
      resource: {
        resourceType: 'Immunization',
        status: 'completed',
        vaccineCode: { coding: [{ system: 'http://hl7.org/fhir/sid/cvx', code: '208' }] },
        occurrenceDateTime: '2025-05-25',
        performer: [{ actor: { display: 'Aldera Medical Center, NO' } }],
        lotNumber: 'AL1138',
      },
    },
  ])

  const { cards } = await certificateOf(token)
  t.ok(await verifier.fromQRNumeric(cards[0]?.qr ?? ''), 'the text of the QR code')
  const picture = PNG.sync.read((await get(token, '?format=png')).rawPayload)
  const scanned = jsQR.default(new Uint8ClampedArray(picture.data), picture.width, picture.height)?.data ?? ''
  t.ok(await verifier.fromQRNumeric(scanned), 'the picture, scanned')
  const file = await get(token, '?format=card')
  t.equal(file.headers['content-type'], 'application/smart-health-card')
  t.ok(await verifier.fromFileContent(file.body), 'the file for wallets')
})

t.test('a certificate says nothing of the national id, the account or who approved it', async t => {
  const { jws } = await holder()
  const claims = claimsIn(jws)
  t.same(Object.keys(claims).sort(), ['iss', 'nbf', 'vc'])
  t.notMatch(JSON.stringify(claims), /AL-1138|@|user_id|decided/)
})

t.test('threat: a forged or altered certificate is refused', async t => {
  const { jws } = await holder()
  const verifier = await verifierOf(issuer)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const foreign = new SHCIssuer({
    issuer,
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
  })
  const bundle = await (await verifier.fromJWS(jws)).asBundle()
  await t.rejects(verifier.fromJWS((await foreign.issue(bundle)).asJWS()), "a stranger's key")

  const [header, payload, signature] = jws.split('.')
  const resign = sign('sha256', Buffer.from(`${header}.${payload}`), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  await t.rejects(verifier.fromJWS(`${header}.${payload}.${resign.toString('base64url')}`), "a stranger's signature")

  const claims = JSON.stringify(claimsIn(jws))
  for (const [from, to] of [
    ['Organa', 'Skywalker'],
    ['2025-05-25', '2025-06-25'],
    ['"208"', '"207"'],
  ] as const) {
    const altered = deflateRawSync(claims.replace(from, to)).toString('base64url')
    await t.rejects(verifier.fromJWS(`${header}.${altered}.${signature}`), `${to} instead of ${from}`)
  }
})

t.test('a deleted dose revokes the certificates that have it; the next one is good, and without it', async t => {
  const { token, jws, ...user } = await holder()
  const { id } = await approved(app, { token }, admin, { dose: 2 })
  const [both] = (await certificateOf(token)).cards
  t.ok(await (await verifierOf(issuer)).fromJWS(both?.jws ?? ''))
  await remove(token, id)
  const verifier = await verifierOf(issuer)
  for (const old of [jws, both?.jws ?? '']) await t.rejects(verifier.fromJWS(old), /revoked/)

  const { cards } = await certificateOf(token)
  t.same(
    cards.map(({ vaccinations }) => vaccinations.map(({ dose }) => dose)),
    [[1]],
  )
  t.ok(await (await verifierOf(issuer)).fromJWS(cards[0]?.jws ?? ''))
  await remove(token, user.id)
  t.equal(codeOf(await get(token)), 'certificate-not-found')
  await t.rejects((await verifierOf(issuer)).fromJWS(cards[0]?.jws ?? ''), /revoked/)
})

t.test(
  'a withdrawn approval revokes the certificates that have the dose; the next one is good, and without it',
  async t => {
    const { token, jws, id } = await holder()
    await approved(app, { token }, admin, { dose: 2 })
    t.ok(await (await verifierOf(issuer)).fromJWS(jws))
    const withdrawal = await decide(app, admin.token, id, { decision: 'withdrawn', reason: 'It was of somebody else.' })
    t.equal(withdrawal.statusCode, 200)
    const verifier = await verifierOf(issuer)
    await t.rejects(verifier.fromJWS(jws), /revoked/)

    const { cards } = await certificateOf(token)
    t.same(
      cards.flatMap(({ vaccinations }) => vaccinations.map(({ dose }) => dose)),
      [2],
    )
    t.ok(await verifier.fromJWS(cards[0]?.jws ?? ''))
  },
)

t.test('deleting what was never approved revokes nothing', async t => {
  const { token, jws } = await holder()
  await remove(token, (await register(app, token, { dose: 2 })).id)
  t.ok(await (await verifierOf(issuer)).fromJWS(jws))
})

t.test("a deleted account's certificates are revoked, and nothing but their id remains", async t => {
  const { token, user_id, jws } = await holder()
  await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
  await t.rejects((await verifierOf(issuer)).fromJWS(jws), /revoked/)
  const { rid } = claimsIn(jws).vc
  t.same(await app.db.selectFrom('health_cards').selectAll().where('rid', '=', rid).execute(), [{ rid, user_id: null }])
})

t.test("threat: the profile is changed, so that one person's doses become another's", async t => {
  const { token } = await holder()
  await fillIn(app, token, { first_name: 'Han', last_name: 'Solo', national_id: 'CO-1977' })
  t.match(await certificateOf(token), { first_name: 'Leia', last_name: 'Organa' })
  await approved(app, { token }, admin, { dose: 2 })
  const { cards, ...solo } = await certificateOf(token)
  t.match(solo, { first_name: 'Han', last_name: 'Solo' })
  t.same(
    cards.flatMap(({ vaccinations }) => vaccinations.map(({ dose }) => dose)),
    [2],
    'what was approved for Leia is not his',
  )
})

t.test('after a change of name, the next approved dose says what the person is called', async t => {
  const { token } = await holder()
  await fillIn(app, token, { ...PERSON, last_name: 'Organa Solo' })
  await approved(app, { token }, admin, { dose: 2, given_on: '2024-01-02' })
  const { cards, last_name } = await certificateOf(token)
  t.equal(last_name, 'Organa Solo')
  t.same(
    cards.flatMap(({ vaccinations }) => vaccinations.map(({ given_on }) => given_on)),
    ['2024-01-02', '2025-05-25'],
  )
})

t.test('more doses than a QR code holds make more cards, each valid by itself', async t => {
  const { token } = await holder()
  const codes = [...VACCINES.keys()]
  for (let dose = 2; dose <= 14; dose++)
    await approved(app, { token }, admin, {
      dose,
      vaccine: codes[dose * 7] ?? '',
      given_on: `20${10 + dose}-0${1 + (dose % 9)}-11`,
      centre: createHash('sha256').update(`${dose}`).digest('base64'),
      lot: `L${dose * 104_729}`,
    })
  const { cards } = await certificateOf(token)
  t.ok(cards.length > 1)
  const verifier = await verifierOf(issuer)
  const doses: unknown[] = []
  for (const [i, { jws, qr, vaccinations }] of cards.entries()) {
    t.ok(jws.length <= 1195, `${jws.length} characters`)
    const bundle = await (await verifier.fromQRNumeric(qr ?? '')).asBundle()
    t.equal(bundle.entry?.length, vaccinations.length + 1)
    doses.push(...vaccinations.map(({ dose }) => dose))
    t.equal((await get(token, `?format=svg&card=${i + 1}`)).statusCode, 200)
  }
  t.same(
    doses.sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: 14 }, (_, i) => i + 1),
  )
  t.equal(codeOf(await get(token, `?format=svg&card=${cards.length + 1}`)), 'not-found')
})

t.test('the longest names have no QR code, and still a card that is valid', async t => {
  const letters = (from: number) => Array.from({ length: 100 }, (_, i) => String.fromCodePoint(from + i * 37)).join('')
  const user = await person(app, { ...PERSON, first_name: letters(0x4e00), last_name: letters(0x6e00) })
  await approved(app, user, admin, { centre: letters(0x8000) })
  const [card] = (await certificateOf(user.token)).cards
  t.equal(card?.qr, null)
  t.ok(await (await verifierOf(issuer)).fromJWS(card?.jws ?? ''))
  t.equal(codeOf(await get(user.token, '?format=png')), 'not-found')
  t.equal((await get(user.token, '?format=pdf')).statusCode, 200)
})

t.test('a centre that is too long for the QR code is left out of it', async t => {
  const user = await person(app)
  const centre = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4e00 + i * 37)).join('')
  await approved(app, user, admin, { centre })
  const [card] = (await certificateOf(user.token)).cards
  t.equal(card?.vaccinations[0]?.centre, centre)
  t.ok(await (await verifierOf(issuer)).fromQRNumeric(card?.qr ?? ''))
  t.match(claimsIn(card?.jws ?? '').vc.credentialSubject.fhirBundle.entry[1]?.resource, {
    performer: [{ actor: { display: 'NO' } }],
  })
})

t.test("the PDF is tagged, titled and in the user's language", async t => {
  const { token } = await holder()
  await fillIn(app, token, { locale: 'de' })
  const response = await get(token, '?format=pdf')
  t.equal(response.headers['content-type'], 'application/pdf')
  t.match(response.headers['content-disposition'], /vaccinations\.pdf/)
  const text = response.rawPayload.toString('latin1')
  for (const part of [
    '%PDF-1.7',
    '/StructTreeRoot',
    '/MarkInfo',
    '/Lang (de)',
    '/DisplayDocTitle true',
    '/S /H1',
    '/S /Figure',
  ])
    t.ok(text.includes(part), part)
  t.ok(text.includes('/Alt (QR-Code einer SMART Health Card'))
})

t.test(
  "the issuer's keys are of P-256, named by their thumbprints, without private parts, for every origin",
  async t => {
    const response = await fetch(`${issuer}/.well-known/jwks.json`, { headers: { origin: 'https://verifier.example' } })
    t.equal(response.headers.get('access-control-allow-origin'), '*')
    const { keys } = (await response.json()) as { keys: Record<string, string>[] }
    for (const key of keys) {
      t.same(Object.keys(key).sort(), ['alg', 'crlVersion', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      t.match(key, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
      t.equal(key.kid, await calculateJwkThumbprint(key, 'sha256'))
      const list = await fetch(`${issuer}/.well-known/crl/${key.kid}.json`)
      t.equal(list.headers.get('access-control-allow-origin'), '*')
      t.equal(list.headers.get('cache-control'), 'public, max-age=300')
      const { ctr, rids, ...rest } = (await list.json()) as { ctr: number; rids: string[]; kid: string }
      t.same(rest, { kid: key.kid, method: 'rid' })
      t.equal(ctr, key.crlVersion)
      t.equal(ctr, rids.length)
    }
    const unknown = await fetch(`${issuer}/.well-known/crl/${'x'.repeat(43)}.json`)
    t.equal(unknown.status, 404)
    t.equal(unknown.headers.get('access-control-allow-origin'), '*', 'an error can be read, too')
  },
)

t.test('a PDF is drawn only so often a minute for a user', async t => {
  const { token } = await holder()
  t.equal((await get(token, '?format=pdf')).statusCode, 200)
  const refused = await get(token, '?format=pdf')
  t.match(refused.json(), { statusCode: 429, details: { limit: 'VACCINATIONS_PDF_RATE_LIMIT_MAX', max: 1 } })
  t.match(refused.headers['retry-after'], /^\d+$/)
  for (const query of ['', '?format=svg', '?format=card']) t.equal((await get(token, query)).statusCode, 200)
  t.equal((await get((await holder()).token, '?format=pdf')).statusCode, 200, 'others have their own limit')
})

t.test('after SECRET was rotated, earlier cards are valid, and revoked with the new ones', async t => {
  const { token, id, jws } = await holder()
  await app.close()
  const rotated = await build(t, { ...env, SECRET: `another-secret-of-32-characters-x,${SECRET}` })
  await rotated.listen({ host: '127.0.0.1', port })
  const { cards } = (await call(rotated, 'GET', PATH, { token })).json<VaccinationCertificate>()
  const all = [jws, cards[0]?.jws ?? '']
  const kids = all.map(text => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()).kid)
  t.not(kids[0], kids[1])
  const before = await verifierOf(issuer)
  for (const text of all) t.ok(await before.fromJWS(text))
  await call(rotated, 'DELETE', `/vaccinations/v1/${id}`, { token })
  const after = await verifierOf(issuer)
  for (const text of all) await t.rejects(after.fromJWS(text), /revoked/)
})
