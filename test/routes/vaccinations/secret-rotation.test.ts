// SECRET is rotated to the end: what was issued before is worth what the documentation says.
import t from 'tap'
import type { VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import { administrator, build, call, codeOf, environment, logIn, PASSWORD, SECRET } from '../../support/app.ts'
import { download, upload } from '../../support/avatars.ts'
import { freePort } from '../../support/free-port.ts'
import { verifierOf } from '../../support/health-cards.ts'
import { picture } from '../../support/pictures.ts'
import { approved, person } from '../../support/vaccinations.ts'

const NEW = 'another-secret-of-32-characters-x'

t.test('once the old SECRET is gone, its cards are worth nothing, there are new ones, and pictures stay', async t => {
  const port = await freePort()
  const env = await environment(t, { PUBLIC_URL: `http://127.0.0.1:${port}` })
  const cardOf = async (app: typeof first, token: string) => {
    const { cards } = (await call(app, 'GET', '/vaccinations/v1/certificate', { token })).json<VaccinationCertificate>()
    return cards[0]?.jws ?? ''
  }
  const first = await build(t, env)
  const owner = await person(first)
  const { id } = await approved(first, owner, await administrator(first))
  const old = await cardOf(first, owner.token)
  const { avatar_url } = (await upload(first, owner, await picture('png'))).json()

  const both = await build(t, { ...env, SECRET: `${NEW},${SECRET}` })
  const { token } = await logIn(both, { email: owner.email, password: PASSWORD })
  t.equal((await download(both, avatar_url)).statusCode, 200)

  const last = await build(t, { ...env, SECRET: NEW })
  await last.listen({ host: '127.0.0.1', port })
  t.equal(codeOf(await call(last, 'GET', '/contacts/v1/', owner)), 'token-invalid', 'what the old one signed')
  const issuer = `${env.PUBLIC_URL}/vaccinations/v1/issuer`
  const before = await verifierOf(issuer)
  await t.rejects(before.fromJWS(old), 'a card of a key that is not published any more')
  const card = await cardOf(last, token)
  t.ok(await before.fromJWS(card))
  t.equal((await download(last, avatar_url)).statusCode, 200)

  t.equal((await call(last, 'DELETE', `/vaccinations/v1/${id}`, { token })).statusCode, 200)
  await t.rejects((await verifierOf(issuer)).fromJWS(card), /revoked/)
})
