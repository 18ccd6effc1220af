import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { build, type Environment } from '../app.ts'
import { freePort } from '../free-port.ts'

/**
 * Listens on a port chosen beforehand, because PUBLIC_URL must contain it.
 * @param settings or what makes them, if they depend on that URL
 */
export async function serve(
  t: Test,
  settings: Environment | ((url: string) => Environment | Promise<Environment>) = {},
): Promise<{ app: FastifyInstance; url: string }> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const environment = typeof settings === 'function' ? await settings(url) : settings
  const app = await build(t, { PUBLIC_URL: url, PORT: String(port), ...environment })
  await app.listen({ host: '127.0.0.1', port })
  return { app, url }
}

export async function reloadUntil(page: Page, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${page.url()} never showed it`)
    await page.reload()
  }
}
