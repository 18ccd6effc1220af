import t from 'tap'
import { build, call, environment, logIn, REAL } from '../../support/app.ts'
import { outcome, readFilms } from '../../support/session.ts'
import { until } from '../../support/until.ts'

t.test('a process that cannot keep up sheds requests before it does anything for them, but never probes', async t => {
  // Another instance lets the user in: on a busy machine this one may shed already.
  const env = await environment(t, { EVENT_LOOP_DELAY_MAX_MS: '50' })
  const { token } = await logIn(await build(t, { ...env, EVENT_LOOP_DELAY_MAX_MS: '0' }))
  const app = await build(t, env)
  await until(async () => (await readFilms(app, token)).statusCode === 200)

  const films = async () => {
    block(150)
    return readFilms(app, token)
  }
  await until(async () => (await films()).statusCode === 503)
  const shed = await films()
  t.equal(outcome(shed), '503 service-unavailable')
  t.match(shed.headers['retry-after'], /^[1-9]\d*$/)
  t.equal(outcome(await readFilms(app, 'forged')), '503 service-unavailable', 'no token is looked at')
  const login = await call(app, 'POST', '/users/v1/login', {
    payload: { email: 'a@b.example', password: 'Alderaan1977' },
  })
  t.equal(outcome(login), '503 service-unavailable', 'and no password')
  for (const url of ['/health/live', '/health/ready', '/metrics']) {
    t.equal((await call(app, 'GET', url)).statusCode, 200, url)
  }

  await until(async () => (await readFilms(app, token)).statusCode === 200)
  t.pass('it serves again when it has caught up')
})

t.test('a short task is not an overload', async t => {
  const app = await build(t, { EVENT_LOOP_DELAY_MAX_MS: '1000' })
  const { token } = await logIn(app)
  const startedAt = performance.now()
  while (performance.now() - startedAt < 1500) {
    block(100)
    t.equal(outcome(await readFilms(app, token)), '200')
  }
})

t.test(
  'who would wait too long for the database is turned away at once, and what needs none is served',
  { skip: !REAL && 'an embedded database has no queue' },
  async t => {
    const app = await build(t, { DATABASE_POOL_SIZE: '1' })
    const { token } = await logIn(app)
    const me = () => call(app, 'GET', '/users/v1/me', { token })
    await readFilms(app, token)
    const held = Promise.withResolvers<void>()
    const holder = app.db.connection().execute(() => held.promise)
    const waiting = Array.from({ length: 60 }, () => app.db.selectFrom('leases').selectAll().execute())
    await until(async () => app.dbQueue.waiting > 50)
    const refused = await me()
    t.equal(outcome(refused), '503 service-unavailable')
    t.match(refused.headers['retry-after'], /^[1-9]\d*$/)
    t.equal(outcome(await readFilms(app, token)), '200')
    t.equal(outcome(await call(app, 'GET', '/health/live')), '200')
    held.resolve()
    await Promise.all([holder, ...waiting])
    t.equal(app.dbQueue.waiting, 0)
    t.equal(outcome(await me()), '200')
  },
)

/** Keeps the event loop busy for so long (ms). */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}
