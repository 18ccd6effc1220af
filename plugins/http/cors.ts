// (no decorator) Browsers of the configured origins may call; nobody else's.
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
      // Any OPTIONS is answered alike; being strict would mean an answer in plain text.
      strictPreflight: false,
    })
  },
  { name: 'cors', dependencies: ['access', 'config', 'security-headers'] },
)
