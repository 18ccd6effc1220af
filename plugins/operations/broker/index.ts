// (no decorator) Publishes change events to RabbitMQ (AMQP_URL), in order and at least once. Not loaded without it.
import fp from 'fastify-plugin'

/** Its name among the consumers of change events. */
const CONSUMER = 'amqp'
/** Events that wait for longer are a failure of the broker, or of the process that publishes (ms). */
const WAIT_MAX_MS = 60_000

export default fp(
  async app => {
    const { changeEvents, config, health, log, metrics, traces } = app
    if (config.AMQP_URL === undefined || !app.worksInBackground) return
    const { createPublisher } = await import('./publisher.ts')
    const publisher = createPublisher(config.AMQP_URL, config.AMQP_EXCHANGE, log)
    const delay = () => changeEvents.delay(CONSUMER)

    metrics.add({
      type: 'gauge',
      name: 'holocron_broker_waiting',
      help: 'Change events waiting to be published to RabbitMQ, counted up to 100,000',
      aggregator: 'max',
      collect: () => changeEvents.countUnread(CONSUMER),
    })
    metrics.add({
      type: 'gauge',
      name: 'holocron_broker_oldest_seconds',
      help: 'Age of the change event that has waited longest for RabbitMQ',
      aggregator: 'max',
      collect: async () => (await delay()) / 1000,
    })
    metrics.add({
      type: 'counter',
      name: 'holocron_broker_events_total',
      help: 'Change events that RabbitMQ took over (published), and those among them that no queue was bound for (unroutable)',
      labelNames: ['outcome'],
      collect: publisher.counts,
    })
    health.add('broker', {
      whenDown: 'degraded',
      check: async () => (publisher.isFailing() || (await delay()) > WAIT_MAX_MS ? 'down' : 'up'),
    })

    app.addHook('onReady', async () => {
      changeEvents.consume({
        name: CONSUMER,
        deliver: traces?.job('AMQP publish', publisher.publish) ?? publisher.publish,
        isAble: () => !publisher.isFailing(),
      })
    })
    app.addHook('onClose', publisher.close)
  },
  { name: 'broker', dependencies: ['config', 'events', 'health', 'metrics', 'traces'] },
)
