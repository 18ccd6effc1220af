// (no decorator) One line a request, with its id, its route and no query: a token in a URL never reaches a log. Successful reads are `debug`.
import fp from 'fastify-plugin'
import { levels } from 'pino'

export default fp(
  async app => {
    const level = levels.values[app.config.LOG_LEVEL] ?? Infinity
    if (level > 30) return
    const everything = level <= 20
    app.addHook('onResponse', (request, reply, done) => {
      const { statusCode } = reply
      const read = statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD')
      if (read && !everything) return done()
      request.log[read ? 'debug' : 'info'](
        {
          method: request.method,
          route: request.routeOptions.url,
          statusCode,
          ms: Math.round(reply.elapsedTime),
          ip: app.address(request),
        },
        'answered',
      )
      done()
    })
  },
  { name: 'access-log', dependencies: ['config', 'address'] },
)
