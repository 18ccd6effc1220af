// amqps: the connection to RabbitMQ is encrypted, and only to a broker whose certificate is known.
import t from 'tap'
import { build, environment, logIn, REAL } from '../../../support/app.ts'
import { selfSigned } from '../../../support/certificates.ts'
import { freePort } from '../../../support/free-port.ts'
import { declareQueue } from '../../../support/parties/queue.ts'
import { hasRabbitmq, startRabbitmq } from '../../../support/parties/rabbitmq.ts'
import { startService } from '../../../support/process/service.ts'
import { until } from '../../../support/until.ts'

const isMissing = !hasRabbitmq() && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: RabbitMQ over TLS. Install rabbitmq-server and amqp-tools')
const skip = (REAL && 'what RabbitMQ gets does not depend on the profile') || (isMissing && 'needs RabbitMQ')

t.test('change events on an encrypted connection to RabbitMQ', { skip, timeout: 120_000 }, async t => {
  const { cert, key } = await selfSigned(t)
  const port = await freePort()
  const rabbit = await startRabbitmq(
    t,
    `[{rabbit, [{ssl_listeners, [{"127.0.0.1", ${port}}]}, {ssl_options, [{certfile, "${cert}"}, {keyfile, "${key}"}]}]}].`,
  )
  const AMQP_URL = `amqps://guest:guest@localhost:${port}`

  await t.test('a certificate of a CA that Node knows: they arrive', async t => {
    const AMQP_EXCHANGE = 'encrypted'
    const queue = await declareQueue(t, rabbit, AMQP_EXCHANGE)
    await queue.consume()
    const env = await environment(t)
    await startService(t, { ...env, AMQP_URL, AMQP_EXCHANGE, NODE_EXTRA_CA_CERTS: cert })
    const app = await build(t, env)
    await until(() => app.db.selectFrom('event_cursors').select('name').where('name', '=', 'amqp').executeTakeFirst())
    const { user_id } = await logIn(app)
    await until(() => queue.events().some(({ type }) => type === 'session.created'))
    t.equal(queue.events()[0]?.subject, String(user_id))
    const connections = await rabbit.control('list_connections', 'name', 'ssl', '--silent')
    t.match(connections, new RegExp(`:${port}\\ttrue`))
  })

  await t.test('any other certificate: no connection, and the log says what to do', async t => {
    const lines: Record<string, string>[] = []
    await build(t, { AMQP_URL, LOG_LEVEL: 'info' }, { write: line => void lines.push(JSON.parse(line)) })
    const refusal = () => lines.find(({ msg }) => msg?.startsWith('RabbitMQ unavailable'))
    await until(refusal)
    t.match(refusal(), { reason: /self-signed certificate/, advice: /NODE_EXTRA_CA_CERTS/ })
  })
})
