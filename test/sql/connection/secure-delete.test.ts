import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { build, call, environment, logIn, PASSWORD, REAL } from '../../support/app.ts'

t.test('what is deleted is gone from the SQLite file', { skip: REAL && 'SQLite only' }, async t => {
  const env = await environment(t)
  const app = await build(t, env)
  const { user_id, token, email } = await logIn(app)
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { address: 'Royal Palace, Aldera' } })
  const payload = { password: PASSWORD }
  t.equal((await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload })).statusCode, 200)
  await app.close()
  const file = await readFile(join(env.DATA_DIR ?? '', 'holocron.db'), 'latin1')
  for (const personal of [email, 'Royal Palace']) t.notOk(file.includes(personal), personal)
})
