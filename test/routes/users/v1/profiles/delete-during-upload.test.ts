// An account that is deleted while a file for it arrives, or is read: a clear answer, and nothing left over.
import t from 'tap'
import { build, call, type LoggedIn, logIn, PASSWORD } from '../../../../support/app.ts'
import { filesOf, openUploads, upload } from '../../../../support/avatars.ts'
import { manyCards } from '../../../../support/cards.ts'
import { lateBodies } from '../../../../support/late-body.ts'
import { formWith, picture } from '../../../../support/pictures.ts'
import { until } from '../../../../support/until.ts'

const app = await build(t)
const send = await lateBodies(app)
const png = await picture('png')
const form = await formWith({ avatar: png })

const remove = ({ user_id, token }: LoggedIn) =>
  call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
const contacts = () => app.db.selectFrom('contacts').select('id').execute()

t.equal((await upload(app, await logIn(app), png)).statusCode, 200)
const before = filesOf(app)

const files: Record<string, (user: LoggedIn) => { method: string; path: string; type: string; body: Buffer }> = {
  'a picture': ({ user_id }) => ({ method: 'PUT', path: `/users/v1/${user_id}/avatar`, type: 'image/png', body: png }),
  'a picture by a form': ({ user_id }) => ({
    method: 'PUT',
    path: `/users/v1/${user_id}/avatar`,
    type: form.headers['content-type'],
    body: form.payload,
  }),
  contacts: () => ({ method: 'POST', path: '/contacts/v1/import', type: 'text/vcard', body: manyCards(10) }),
}

for (const [name, fileOf] of Object.entries(files))
  t.test(`an account is deleted while ${name} arrives`, async t => {
    const user = await logIn(app)
    const { type, ...request } = fileOf(user)
    const headers = { authorization: `Bearer ${user.token}`, 'content-type': type }
    const response = await send({ ...request, headers, early: 200 }, async () => {
      if (process.platform === 'linux') await until(() => openUploads().length === 1)
      t.equal((await remove(user)).statusCode, 200)
    })
    t.match(response, /^HTTP\/1\.1 401 [\s\S]*"message":"token-invalid"/)
    await until(() => openUploads().length === 0)
    t.same(filesOf(app), before)
    t.same(await contacts(), [])
  })

t.test('an account is deleted while its contacts are read', async t => {
  const user = await logIn(app)
  const headers = { 'content-type': 'text/vcard' }
  const options = { token: user.token, payload: manyCards(3000), headers }
  const importing = call(app, 'POST', '/contacts/v1/import', options)
  await until(async () => (await contacts()).length > 0)
  t.equal((await remove(user)).statusCode, 200)
  const { statusCode, body } = await importing
  t.equal(statusCode, 404, body)
  t.match(body, '"message":"user-not-found"')
  t.same(await contacts(), [])
})
