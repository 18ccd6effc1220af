// (no decorator) Registers every schema in schemas/ that has an `$id`: validation, serialization and OpenAPI refer to it by that.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TSchema } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { Password } from '#schemas/credentials.ts'

const FOLDER = join(import.meta.dirname, '../../../schemas')

export default fp(
  async app => {
    for (const schema of await namedSchemas()) {
      // The only schema that depends on the configuration.
      const configured = schema === Password ? { ...schema, maxLength: app.config.PASSWORD_MAX_LENGTH } : schema
      app.addSchema(configured)
    }
  },
  { name: 'validation', dependencies: ['config'] },
)

/** A set, because a file may export another's schema too. */
async function namedSchemas(): Promise<Set<TSchema>> {
  const files = (await readdir(FOLDER)).filter(file => file.endsWith('.ts')).sort()
  const modules: object[] = await Promise.all(files.map(file => import(`#schemas/${file}`)))
  return new Set(modules.flatMap<unknown>(Object.values).filter(isNamed))
}

function isNamed(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && '$id' in value
}
