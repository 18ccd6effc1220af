// npm run docs: writes the OpenAPI document of the embedded profile, with social login, to docs/openapi.json. It does not listen, and leaves nothing behind.
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'

const WITH_PROVIDER =
  ' This document is that of a service with social login: one without a provider has no operations with the tag `social`.'

/** The same on every machine: the environment is ignored. */
export async function openApiDocument(): Promise<string> {
  const app = build(
    readConfig({
      SECRET: randomBytes(32).toString('hex'),
      DATABASE_URL: 'sqlite::memory:',
      PUBLIC_URL: 'http://localhost:3000',
      LOG_LEVEL: 'silent',
      GITHUB_CLIENT_ID: 'example',
      GITHUB_CLIENT_SECRET: 'example',
    }),
  )
  try {
    await app.ready()
    const document = app.swagger()
    const info = { ...document.info, description: document.info.description + WITH_PROVIDER }
    return `${JSON.stringify({ ...document, info }, null, 2)}\n`
  } finally {
    await app.close()
  }
}

if (import.meta.main) await writeFile(join(import.meta.dirname, '../docs/openapi.json'), await openApiDocument())
