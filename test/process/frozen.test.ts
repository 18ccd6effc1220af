import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { databaseNow } from '#sql/connection/clock.ts'
import { openDatabase } from '#sql/connection/database.ts'
import { environment, newEmail, PASSWORD } from '../support/app.ts'
import { request, startService } from '../support/process/service.ts'
import { sessionId } from '../support/session.ts'
import { until } from '../support/until.ts'

t.test(
  'a process that was frozen does not let a token through whose session ended meanwhile',
  { skip: process.platform === 'win32' },
  async t => {
    const env = await environment(t, { REVOCATION_SYNC_SECONDS: '1', REVOCATION_MAX_STALENESS_SECONDS: '2' })
    const service = await startService(t, env)
    const db = await openDatabase(env.DATABASE_URL ?? '')
    t.teardown(() => db.destroy())
    const payload = { email: newEmail(), password: PASSWORD }
    await request(service, 'POST', '/users/v1/signup', { payload })
    await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', payload.email).execute()
    const { token } = (await request(service, 'POST', '/users/v1/login', { payload })).body
    const socket = connect(service.port, '127.0.0.1')
    await once(socket, 'connect')
    const films = `GET /films/v1/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
    socket.write(films)
    t.match(String(await once(socket, 'data')), /^HTTP\/1\.1 200 /)

    service.child.kill('SIGSTOP')
    const frozenAt = performance.now()
    await db
      .updateTable('sessions')
      .set({ revoked_at: databaseNow(db), changed_at: databaseNow(db) })
      .where('id', '=', sessionId(token))
      .execute()
    await until(() => performance.now() - frozenAt > 2500)
    // It lies there when the process wakes.
    socket.write(films)
    service.child.kill('SIGCONT')
    t.match(String(await once(socket, 'data')), /^HTTP\/1\.1 (503|401) /)
    await until(async () => (await request(service, 'GET', '/films/v1/', { token })).status === 401)
    socket.destroy()
  },
)
