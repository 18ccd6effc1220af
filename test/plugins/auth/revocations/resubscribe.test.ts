import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { build, logIn } from '../../../support/app.ts'
import { outcome, readFilms } from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

/** Says what a Redis says, as far as the service asks; answers a subscription only when told to. */
async function fakeRedis(t: Test) {
  const sockets = new Set<Socket>()
  const breakOff = () => {
    for (const socket of sockets) socket.destroy()
  }
  const state = { port: 0, subscriptions: 0, answering: true, breakOff }
  const answers: Record<string, (channel: string) => string> = {
    hello: () => "-ERR unknown command 'HELLO'\r\n",
    info: () => '$17\r\nredis_version:7.0\r\n',
    subscribe(channel) {
      state.subscriptions++
      return state.answering ? `*3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:1\r\n` : ''
    },
    publish: () => ':1\r\n',
    eval: () => '-ERR no scripts\r\n',
    evalsha: () => '-ERR no scripts\r\n',
  }
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', data => {
      // *2\r\n$9\r\nsubscribe\r\n$4\r\nname\r\n
      for (const command of data
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        const [name = '', argument = ''] = [...command.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(match => match[1] ?? '')
        socket.write((answers[name.toLowerCase()] ?? (() => '+OK\r\n'))(argument))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  state.port = (server.address() as AddressInfo).port
  t.teardown(() => {
    server.close()
    breakOff()
  })
  return state
}

t.test(
  'a Redis that is back, but leaves the subscription unanswered, neither ends the process nor counts as news',
  async t => {
    const redis = await fakeRedis(t)
    const app = await build(t, { REDIS_URL: `redis://127.0.0.1:${redis.port}`, REVOCATION_SYNC_SECONDS: '1' })
    const { token } = await logIn(app)
    await until(() => redis.subscriptions > 0)
    const rejections: unknown[] = []
    const note = (reason: unknown) => void rejections.push(reason)
    process.on('unhandledRejection', note)
    t.teardown(() => process.off('unhandledRejection', note))

    redis.answering = false
    const before = redis.subscriptions
    redis.breakOff()
    // At the reconnection, and again: it is tried until it succeeds.
    await until(() => redis.subscriptions >= before + 3)
    t.same(rejections, [])
    t.equal(outcome(await readFilms(app, token)), '200', 'the database is heard')

    // Now Redis answers, but the database does not.
    await app.db.destroy()
    const silence = app.revocations.staleness()
    await until(() => app.revocations.staleness() > silence + 1500)
  },
)
