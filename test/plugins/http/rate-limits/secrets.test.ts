// Guessing (OWASP API2): every operation, and every form of a page, that takes a secret counts against AUTH_RATE_LIMIT_MAX. They are found in the
// document and among the routes: a new one is among them.
import type { FastifyInstance, RouteOptions } from 'fastify'
import t from 'tap'
import { build, call, environment, type LoggedIn, logIn, verifiedUser } from '../../../support/app.ts'
import { documentOf, type OpenApi, type Operation, operationsOf, type Schema } from '../../../support/document.ts'
import { buildWithOptions, pathOf as pathOfPattern } from '../../../support/routes.ts'

const SECRET = /password|^token$|mfa_token|otp|^code$|_code$|credential/

/** The names of a body's properties, in all its forms. */
function propertiesOf(document: OpenApi, schema: Schema = {}): string[] {
  const name = schema.$ref?.split('/').at(-1)
  if (name) return propertiesOf(document, document.components.schemas[name])
  const forms = [schema.anyOf, schema.oneOf, schema.allOf].flatMap(forms => (forms as Schema[] | undefined) ?? [])
  return [...Object.keys((schema.properties as object) ?? {}), ...forms.flatMap(form => propertiesOf(document, form))]
}

/** Consume a secret that is in their query. */
const BY_QUERY = ['verifyEmailByLink']

/** Limited for what they cost. */
const COSTLY = ['exportUser']

function takesSecret(document: OpenApi, { operationId, requestBody }: Operation): boolean {
  if (BY_QUERY.includes(operationId)) return true
  const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema)
  return schemas.flatMap(schema => propertiesOf(document, schema)).some(name => SECRET.test(name))
}

/** Whether a second request of one client within a minute meets a limit of one. */
async function isLimited(app: FastifyInstance, method: string, url: string, ip: string, token: string) {
  const ask = () => call(app, method as 'GET', url, { token, remoteAddress: ip })
  await ask()
  const { statusCode, body } = await ask()
  return statusCode === 429 && JSON.parse(body).details.limit === 'AUTH_RATE_LIMIT_MAX'
}

function pathOf(path: string, { user_id }: LoggedIn): string {
  return path.replace('{user_id}', String(user_id)).replace(/\{\w+\}/g, '1')
}

t.test(
  'the operations that take a secret, and the public ones that change something, carry the auth rate limit',
  async t => {
    const env = await environment(t)
    const unlimited = await build(t, env)
    const user = await verifiedUser(unlimited)
    const app = await build(t, { ...env, AUTH_RATE_LIMIT_MAX: '1' })
    const document = await documentOf(app)
    let clients = 0
    for (const { path, method, operation } of operationsOf(document)) {
      const isPublic = operation.security.length === 0
      const secret = takesSecret(document, operation)
      const expected = secret || (isPublic && method !== 'GET') || COSTLY.includes(operation.operationId)
      // Some operations end the session.
      const session = await logIn(unlimited, user)
      const ip = `192.0.2.${++clients}`
      const actual = await isLimited(app, method, pathOf(path, session), ip, session.token)
      t.equal(
        actual,
        expected,
        `${method} ${path}: ${secret ? 'takes a secret, so its route needs config.authLimit' : 'takes none'}`,
      )
    }
    t.ok(clients > 40)
  },
)

/** Public, and take nothing short enough to guess: the endpoints of the OpenID provider, and forms without fields. */
const GUESSLESS =
  /^\/(signout|oauth2\/(authorize|token|userinfo|introspect|revoke|par|device_authorization|logout|logout\/confirm))$/

const isForm = ({ method, schema }: RouteOptions) => method === 'POST' && schema?.operationId === undefined

/** The body's schema may be one of those that the routes share. */
function fieldsOf(app: FastifyInstance, { schema }: RouteOptions): string[] {
  const components = { schemas: app.getSchemas() as OpenApi['components']['schemas'] }
  return propertiesOf({ components } as OpenApi, withoutAnchors(schema?.body as Schema | undefined))
}

const withoutAnchors = (schema: Schema = {}): Schema =>
  typeof schema.$ref === 'string' ? { $ref: schema.$ref.replace('#', '') } : schema

t.test('so do the forms of pages', async t => {
  const env = await environment(t)
  const { token } = await logIn(await build(t, env))
  const { app, options } = await buildWithOptions(t, { ...env, AUTH_RATE_LIMIT_MAX: '1' })
  let clients = 0
  for (const route of options.filter(isForm)) {
    const isPublic = route.config?.access === 'public'
    const takesSecret = fieldsOf(app, route).some(name => SECRET.test(name))
    if (!takesSecret && (!isPublic || GUESSLESS.test(route.url))) continue
    const ip = `192.0.2.${++clients}`
    t.ok(await isLimited(app, 'POST', pathOfPattern(route.url), ip, token), `${route.url} needs config.authLimit`)
  }
  t.ok(clients > 10, `${clients}`)
})
