// Guards run at the headers, and the body may come seconds later: who is logged out meanwhile must not get through with a request held back.
import t from 'tap'
import { administrator, build, call } from '../../../support/app.ts'
import { documentOf, operationsOf } from '../../../support/document.ts'
import { lateBodies } from '../../../support/late-body.ts'
import { allSamples } from '../../../support/samples.ts'

const app = await build(t)
const send = await lateBodies(app)
const bodies = new Map<string, string | Buffer>([['application/json', '{}'], ...(await allSamples())])

const guarded = operationsOf(await documentOf(app)).filter(
  ({ method, operation }) =>
    operation.requestBody && operation.security.some(scheme => 'accessToken' in scheme) && method !== 'GET',
)
t.ok(guarded.length > 10)

for (const { method, path, operation } of guarded)
  t.test(`threat: ${method} ${path} with its body held back until after the logout`, async t => {
    // Of an administrator, who may do everything.
    const { token, user_id } = await administrator(app)
    const url = path.replace('{user_id}', String(user_id)).replace(/\{\w+\}/g, '019adf2e-0000-7000-8000-000000000000')
    const type = [...bodies.keys()].find(type => operation.requestBody?.content?.[type]) ?? ''
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    const answer = await send({ method, path: url, headers, body: bodies.get(type) ?? '' }, async () =>
      t.equal((await call(app, 'POST', '/users/v1/logout', { token })).statusCode, 200),
    )
    t.match(answer, /^HTTP\/1.1 401 /)
    t.match(answer, '"token-invalid"')
  })
