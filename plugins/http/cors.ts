// (no decorator) CORS for the configured origins, and for no other.
import cors from '@fastify/cors'
import fp from 'fastify-plugin'

export default fp(
  async app => {
    const origins = app.config.CORS_ORIGINS.split(',')
      .map(origin => origin.trim())
      .filter(Boolean)
    if (origins.length === 0) return
    await app.register(cors, {
      origin: origins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['etag', 'retry-after', 'x-request-id'],
      maxAge: 600,
      // A strict preflight would answer other OPTIONS requests in plain text.
      strictPreflight: false,
    })
  },
  { name: 'cors', dependencies: ['access', 'config', 'security-headers'] },
)
