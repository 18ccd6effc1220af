/** The live feed: what it sends, to whom, and from where. */
import t from 'tap'
import { administrator, call, codeOf, logIn, verifiedUser } from '../../../support/app.ts'
import { openLiveFeed } from '../../../support/event-stream.ts'
import { serve } from '../../../support/oauth.ts'
import { until } from '../../../support/until.ts'

const { app, issuer } = await serve(t)

const rename = (token: string, user_id: number, first_name: string) =>
  call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name } })

t.test('it begins with its place, then sends what changes, as it happens', async t => {
  const { token, user_id } = await logIn(app)
  const stream = await openLiveFeed(t, issuer, { token })
  t.equal(stream.status, 200)
  t.match(stream.headers.get('content-type'), /^text\/event-stream/)
  t.match(stream.headers.get('cache-control'), 'no-store')
  t.equal(stream.headers.get('x-accel-buffering'), 'no')
  t.equal(stream.headers.get('content-encoding'), null)
  t.match(await stream.begun(), /^\d+$/)
  t.same(stream.others, ['retry: 2000'])
  t.match(stream.frames, [{ event: 'begin', data: '{}' }])
  t.equal((await rename(token, user_id, 'Leia')).statusCode, 200)
  await stream.count(1)
  t.match(stream.frames[1], { event: 'person', id: /^\d+$/ })
  t.match(stream.events(), [
    {
      specversion: '1.0',
      type: 'person.updated',
      subject: `${user_id}`,
      actor: `${user_id}`,
      data: { action: 'update', user_id, changed: ['first_name'] },
    },
  ])
})
