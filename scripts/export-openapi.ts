// npm run docs: writes the OpenAPI document of the embedded profile to docs/openapi.json. It does not listen, and leaves nothing behind.
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'

/** The same on every machine: the environment is ignored. */
export async function openApiDocument(): Promise<string> {
  const app = build(
    readConfig({
      SECRET: randomBytes(32).toString('hex'),
      DATABASE_URL: 'sqlite::memory:',
      PUBLIC_URL: 'http://localhost:3000',
      LOG_LEVEL: 'silent',
    }),
  )
  try {
    await app.ready()
    return `${JSON.stringify(app.swagger(), null, 2)}\n`
  } finally {
    await app.close()
  }
}

if (import.meta.main) await writeFile(join(import.meta.dirname, '../docs/openapi.json'), await openApiDocument())
