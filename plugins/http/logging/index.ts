// (no decorator) One log line per request, with its id and its route but no query: a token in a URL never reaches a log. Successful reads are `debug`.
import fp from 'fastify-plugin'
import { levels } from 'pino'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** It changes nothing, although it is sent by POST: logged as a read is. */
    isRead?: boolean
  }
}

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
    const logsReads = level <= 20
    // Nothing in these lines comes from a body or a header, so nothing needs redacting, which would cost more than the rest of the line.
    const log = app.log.child({}, { redact: [] })
    app.addHook('onResponse', (request, reply, done) => {
      const { statusCode } = reply
      const isRead =
        statusCode < 400 &&
        (request.method === 'GET' || request.method === 'HEAD' || request.routeOptions.config.isRead === true)
      if (isRead && !logsReads) return done()
      log[isRead ? 'debug' : 'info'](
        {
          request_id: request.id,
          method: request.method,
          route: request.routeOptions.url,
          statusCode,
          ms: Math.round(reply.elapsedTime),
          ip: request.client.ip,
        },
        'request completed',
      )
      done()
    })
  },
  { name: 'logging', dependencies: ['config', 'client', 'metrics'] },
)
