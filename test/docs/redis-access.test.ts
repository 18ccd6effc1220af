// The rights that docs/operations.md asks of Redis are enough for all that the service does there.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t from 'tap'
import { build, call, environment, logIn, PASSWORD } from '../support/app.ts'

const { TEST_REDIS_URL } = process.env

t.test('a Redis user with the rights of the page is refused nothing', { skip: !TEST_REDIS_URL }, async t => {
  const page = await readFile(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const [, commands = ''] = /the user needs `(\+[^`]+)`,\s+`~holocron:\*` and `&holocron:\*`/.exec(page) ?? []
  const env = await environment(t)
  const { REDIS_PREFIX: prefix = '', REDIS_URL = '' } = env
  const user = prefix.replace(':', '')
  const root = new Redis(REDIS_URL)
  t.teardown(() => root.quit())
  await root.call('ACL', 'SETUSER', user, 'on', '>secret', ...commands.split(/\s+/), `~${prefix}*`, `&${prefix}*`)
  t.teardown(() => root.call('ACL', 'DELUSER', user))

  const url = new URL(REDIS_URL)
  Object.assign(url, { username: user, password: 'secret' })
  const app = await build(t, { ...env, REDIS_URL: url.href })
  const { email, token, user_id } = await logIn(app)
  await call(app, 'POST', '/users/v1/login', { payload: { email, password: `${PASSWORD}x` } })
  for (const first_name of ['Leia', 'Han']) {
    await call(app, 'GET', '/users/v1/me', { token })
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name } })
  }
  await call(app, 'POST', '/users/v1/logout', { token })

  const kinds = (await root.keys(`${prefix}*`)).map(key => key.slice(prefix.length).split(':')[0])
  t.same([...new Set(kinds)].sort(), ['attempts', 'limit', 'user'], 'all that is kept there was')
  const log = (await root.call('ACL', 'LOG')) as unknown[][]
  t.same(
    log.filter(entry => entry.includes(user)),
    [],
  )
})
