// (no decorator) Registers the named schemas. The one that depends on the configuration, the password's length, gets its bound here.
import fp from 'fastify-plugin'
import { Password } from '#schemas/credentials.ts'
import { namedSchemas } from '#schemas/index.ts'

export default fp(
  async app => {
    for (const schema of namedSchemas) {
      const configured = schema === Password ? { ...schema, maxLength: app.config.PASSWORD_MAX_LENGTH } : schema
      app.addSchema(configured)
    }
  },
  { name: 'validation', dependencies: ['config'] },
)
