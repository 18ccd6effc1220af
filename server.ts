import cluster from 'node:cluster'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError, readConfig } from './plugins/config/index.ts'

/** The process: reads the configuration, then serves, or supervises several workers that do. */
async function start(): Promise<void> {
  const config = readConfig()
  if (config.WORKERS === 1 || cluster.isWorker) return serve(config)
  const { supervise } = await import('./workers.ts')
  await supervise(config)
}

/** A terminal sends them to the whole process group. Workers ignore them: the primary tells them to stop. */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

let stopping = false

/** Builds the application, listens, and shuts down gracefully. */
async function serve(config: Config): Promise<void> {
  const { build } = await import('./app.ts')
  const app = build(config)
  await app.ready()
  const delay = 9000 + config.SHUTDOWN_DELAY_SECONDS * 1000
  const skip = cluster.isWorker ? [...SIGNALS] : []
  const { close } = closeWithGrace({ delay, logger: app.log, skip }, async ({ err, signal }) => {
    stopping = true
    if (err) app.log.fatal({ err }, 'stopping after an error')
    else app.log.info({ signal }, 'stopping')
    app.health.drain()
    if (config.SHUTDOWN_DELAY_SECONDS > 0) {
      app.connections.release()
      await new Promise(resolve => setTimeout(resolve, config.SHUTDOWN_DELAY_SECONDS * 1000))
    }
    await app.close()
    app.log.info('stopped')
  })
  if (cluster.isWorker) stopWithPrimary(close)
  process.emit('signals-handled')
  // Last: the primary may tell a worker to stop as soon as it listens.
  await listen(app, config)

  if (config.NODE_ENV !== 'production' && !cluster.isWorker) welcome(app, config)
}

function stopWithPrimary(stop: () => void): void {
  for (const signal of SIGNALS) process.on(signal, () => {})
  process.on('message', message => {
    if (message === 'stop') stop()
  })
}

async function listen(app: FastifyInstance, { HOST: host, PORT: port }: Config): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const { code, message } = error as NodeJS.ErrnoException
    throw new ConfigError(
      code === 'EADDRINUSE'
        ? `PORT: ${port} is in use on ${host}. Stop the other process or set PORT.`
        : `HOST, PORT: cannot listen (${message})`,
    )
  }
}

/** For a person at a terminal; elsewhere standard output has JSON lines and nothing else. */
function welcome({ listeningOrigin, log, mailbox }: FastifyInstance, { PUBLIC_URL }: Config): void {
  // With PORT=0 the system chooses the port.
  const url = PUBLIC_URL.replace(/:0(?=\/|$)/, `:${new URL(listeningOrigin).port}`)
  if (!process.stdout.isTTY)
    return log.info(
      { pages: url, swagger_ui: `${url}/ui`, ...(mailbox && { mailbox: `${url}/dev/mailbox` }) },
      'development service started',
    )
  console.log(`\n  Start page           ${url}`)
  console.log(`  Sign in              ${url}/signin`)
  console.log(`  Swagger UI           ${url}/ui`)
  if (mailbox) console.log(`  Development mailbox  ${url}/dev/mailbox`)
  console.log('')
}

start().catch((error: Error) => {
  // Stopped before it listened.
  if (stopping) return
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
})
