/** What the feed says is checked, and is as old as it can be: a verifier that is misinformed refuses every token. */
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { logIn, REAL } from '../support/app.ts'
import { serve } from '../support/oauth.ts'
import { until } from '../support/until.ts'
import { BEGIN, current, grantToken, impostor, verdict, verifierFor } from '../support/verify-client.ts'

if (REAL) t.pass('no database has a part in these')
else await run()

async function run(): Promise<void> {
  const begin = (changed: object) =>
    `event: begin\ndata: ${JSON.stringify({ resumed: false, token_lifetime: 900, time: 1000, ...changed })}\n\n`
  const event = (name: string, data: string) => `event: ${name}\ndata: ${data}\n\n`
  const currently = (data: object | string) => BEGIN + event('current', JSON.stringify(data))

  const MALFORMED: Record<string, string> = {
    'current without anything': currently({}),
    'current without a time': currently({ staleness: 0 }),
    'current that is older than nothing': currently({ time: 1000, staleness: -1e9 }),
    'current with a text for staleness': currently({ time: 1000, staleness: '0' }),
    'current with a number that is none': BEGIN + event('current', '{"time":1000,"staleness":1e999}'),
    'current in the future': BEGIN + current(61_000),
    'current before it began': current(1000),
    'current that is no JSON': BEGIN + event('current', 'now'),
    'a lifetime that no timer can wait for': begin({ token_lifetime: 2_592_000 }) + current(1000),
    'a lifetime that is a text': begin({ token_lifetime: '900' }) + current(1000),
    'no lifetime': begin({ token_lifetime: 0 }) + current(1000),
    'a beginning without a time': begin({ time: undefined }) + current(1000),
    'half a session': BEGIN + event('revoked', '3f9a61c2 2147483647') + current(1000),
    'a session that is no number': BEGIN + event('revoked', '3f9a61c2d07be84x 2147483647') + current(1000),
    'a generation above all': BEGIN + event('revoked', '3f9a61c2d07be845 4294967297') + current(1000),
    'a generation of nothing': BEGIN + event('revoked', '3f9a61c2d07be845 ') + current(1000),
  }
  for (const [name, text] of Object.entries(MALFORMED))
    t.test(`threat: ${name}`, async t => {
      const { verifier, connections } = await impostor(t, response => void response.write(text))
      await until(() => connections() > 1, 3000)
      t.equal(verifier.staleness(), Infinity)
      t.equal(await verdict(verifier, 'x'), '503 service-unavailable')
    })

  t.test('threat: a delay from the beginning hides the age of what comes later', async t => {
    const DELAY_MS = 500
    let feed: ServerResponse | undefined
    const { verifier } = await impostor(t, response => {
      feed = response
      setTimeout(() => response.write(BEGIN + current(1000)), DELAY_MS)
    })
    await verifier.ready()
    t.ok(verifier.staleness() >= DELAY_MS, `${verifier.staleness()} ms`)
    const before = verifier.staleness()
    await until(() => verifier.staleness() > before + 600)
    feed?.write(current(1600))
    await until(() => verifier.staleness() < before + 600, 1000)
    t.ok(verifier.staleness() >= DELAY_MS, `${verifier.staleness()} ms`)
  })

  t.test('threat: events are held back for longer than silence would be borne', async t => {
    const { verifier, connections } = await impostor(t, response => {
      response.write(begin({ time: 10_000 }) + current(1000))
    })
    await verifier.ready()
    t.ok(verifier.staleness() >= 9000)
    await until(() => connections() > 1, 3000)
  })

  t.test('threat: a request for a token that is never answered stops everything', async t => {
    let tokens = 0
    const { asked, connections } = await impostor(
      t,
      response => void response.end(BEGIN + current(1000)),
      response => {
        tokens++
        // The second time, no response.
        if (tokens !== 2) grantToken(response, 0)
      },
    )
    await until(() => asked.filter(path => path === '/oauth2/token').length > 2, 12_000)
    await until(() => connections() > 1)
  })

  t.test('a network without delays makes nothing look old', async t => {
    const { app } = await serve(t, { REVOCATION_SYNC_SECONDS: '1' })
    const verifier = await verifierFor(t, app)
    const { token } = await logIn(app)
    t.equal(await verdict(verifier, token), 'accepted')
    // The next heartbeat.
    const before = verifier.staleness()
    await until(() => verifier.staleness() < before)
    t.ok(verifier.staleness() - app.revocations.staleness() < 500)
  })
}
