// A database whose clock is half an hour off has every login succeed and every token be expired already, without an error anywhere.
import t, { type Test } from 'tap'
import { build, call, logIn } from '../../../support/app.ts'
import { outcome, readFilms } from '../../../support/session.ts'

const HALF_AN_HOUR = 1_800_000

/** The process's clock, as far off the database's as the test says. */
function shiftedClock(t: Test): (offset: number) => void {
  const now = Date.now
  let shift = 0
  t.intercept(Date, 'now', { value: () => now() + shift })
  return offset => {
    shift = offset
  }
}

for (const [direction, shift] of [
  ['behind', HALF_AN_HOUR],
  ['ahead', -HALF_AN_HOUR],
] as const)
  t.test(`a database clock half an hour ${direction} is logged once, measured, and degrades readiness`, async t => {
    const lines: string[] = []
    const app = await build(t, { LOG_LEVEL: 'info' }, { write: line => void lines.push(line) })
    const logged = (message: RegExp) => lines.filter(line => message.test(line)).length
    const readiness = async () => (await call(app, 'GET', '/health/ready')).json()
    const offset = async () =>
      Number(/^holocron_database_clock_offset_seconds (\S+)/m.exec((await call(app, 'GET', '/metrics')).body)?.[1])
    t.match(await readiness(), { checks: { clock: 'up' } })
    t.ok(Math.abs(await offset()) < 5)

    const setClock = shiftedClock(t)
    setClock(shift)
    for (let i = 0; i < 3; i++) await app.revocations.sync()
    t.match(await readiness(), { status: 'degraded', checks: { clock: 'down' } })
    t.ok(Math.abs((await offset()) + shift / 1000) < 5)
    t.equal(logged(/database clock differs/), 1)

    setClock(0)
    for (let i = 0; i < 3; i++) await app.revocations.sync()
    t.match(await readiness(), { checks: { clock: 'up' } })
    t.equal(logged(/database clock differs/), 1)
    t.equal(logged(/database clock agrees again/), 1)
    t.equal(outcome(await readFilms(app, (await logIn(app)).token)), '200')
  })
