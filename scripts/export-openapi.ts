// npm run docs: writes the OpenAPI document to docs/openapi.json.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { documentedApp } from './documented-app.ts'

const WITH_PROVIDER =
  ' This document is that of a service with social login: one without a provider has no operations with the tag `social`.'

export async function openApiDocument(): Promise<string> {
  const app = documentedApp()
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
