// (no decorator) One line a request, with its id, its route and no query: a token in a URL never reaches a log. Successful reads are `debug`.
import fp from 'fastify-plugin'
import { levels } from 'pino'

export default fp(
  async app => {
    app.metrics.add({
      type: 'counter',
      name: 'holocron_log_lines_lost_total',
      help: 'Log lines that standard output did not accept',
      collect: app.lostLogLines,
    })
    const level = levels.values[app.config.LOG_LEVEL] ?? Infinity
    if (level > 30) return
    const everything = level <= 20
    // Nothing in these lines comes from a body or a header: to look for secrets in each would cost more than all else about it.
    const log = app.log.child({}, { redact: [] })
    app.addHook('onResponse', (request, reply, done) => {
      const { statusCode } = reply
      const read = statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD')
      if (read && !everything) return done()
      log[read ? 'debug' : 'info'](
        {
          request_id: request.id,
          method: request.method,
          route: request.routeOptions.url,
          statusCode,
          ms: Math.round(reply.elapsedTime),
          ip: request.client.ip,
        },
        'answered',
      )
      done()
    })
  },
  { name: 'logging', dependencies: ['config', 'client', 'metrics'] },
)
