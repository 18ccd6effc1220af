import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { build } from './app.ts'
import { type Config, ConfigError, readConfig } from './plugins/config/index.ts'

/** The process: configuration, application, a port, and a graceful end. */
async function start(): Promise<void> {
  const config = readConfig()
  const app = build(config)
  await app.ready()
  closeWithGrace({ delay: 9000 + config.SHUTDOWN_DELAY_SECONDS * 1000, logger: app.log }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'stopping after an error')
    app.health.drain()
    await new Promise(resolve => setTimeout(resolve, config.SHUTDOWN_DELAY_SECONDS * 1000))
    await app.close()
  })
  // After that: whoever is told that it listens may tell it to stop.
  await listen(app, config)

  if (config.NODE_ENV !== 'production') welcome(app, config)
}

async function listen(app: FastifyInstance, { HOST: host, PORT: port }: Config): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw new ConfigError(`HOST, PORT: cannot listen (${(error as Error).message})`)
  }
}

function welcome({ mailbox }: FastifyInstance, { PUBLIC_URL }: Config): void {
  console.log(`\n  Swagger UI           ${PUBLIC_URL}/ui`)
  if (mailbox) console.log(`  Development mailbox  ${PUBLIC_URL}/dev/mailbox`)
  console.log('')
}

start().catch((error: Error) => {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
})
