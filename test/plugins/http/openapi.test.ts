import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { RouteOptions } from 'fastify'
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { build as buildApp } from '../../../app.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { build, environment } from '../../support/app.ts'
import { documentOf, operationsOf, servedDocumentOf } from '../../support/document.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'

const ROOT = join(import.meta.dirname, '../../..')
const app = await build(t, OFFLINE_PROVIDER)
const document = await documentOf(app)
const operations = operationsOf(document)

t.test('a validator accepts the document', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-openapi-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'openapi.json')
  await writeFile(file, JSON.stringify(await servedDocumentOf(app)))
  const redocly = join(ROOT, 'node_modules/@redocly/cli/bin/cli.js')
  const env = { PATH: process.env.PATH, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const lint = spawn(process.execPath, [redocly, 'lint', file, '--format=stylish'], { cwd: ROOT, env })
  const [out, problems, [code]] = await Promise.all([text(lint.stdout), text(lint.stderr), once(lint, 'exit')])
  t.equal(code, 0, `${out}${problems}`)
})

t.test('it is OpenAPI 3.1, and says what it describes and where', t => {
  t.match(document.openapi, /^3\.1\.\d$/)
  t.match(document.info, { title: 'Holocron', version: /^\d+\.\d+\.\d+/, description: String })
  t.same(document.servers, [{ url: 'http://holocron.test' }])
  t.end()
})

t.test('it is served to everybody, and is the same on every instance', async t => {
  const response = await app.inject('/openapi.json')
  t.equal(response.statusCode, 200)
  t.same(await servedDocumentOf(await build(t, OFFLINE_PROVIDER)), response.json())
})

t.test("production's document has nothing of development", async t => {
  const env = {
    NODE_ENV: 'production',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'a@holocron.test',
    PUBLIC_URL: 'https://holocron.test',
  }
  const production = await documentOf(await build(t, env))
  t.notOk(production.paths['/dev/mailbox'])
  t.same(production.servers, [{ url: 'https://holocron.test' }])
})

t.test('every operation has an id of its own, a summary and one known tag', t => {
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length)
  const tags = document.tags.map(({ name }) => name)
  for (const { method, path, operation } of operations) {
    t.match(operation.operationId, /^[a-z][A-Za-z]+$/, `${method} ${path}`)
    t.match(operation.summary, /^[A-Z].{3,}[^.]$/)
    t.equal(operation.tags.length, 1)
    t.ok(tags.includes(operation.tags[0] ?? ''))
  }
  t.end()
})

t.test('every response is described, and every body has a named schema', t => {
  for (const { method, path, operation } of operations)
    for (const [status, response] of Object.entries(operation.responses)) {
      t.not(response.description, 'Default Response', `${method} ${path} ${status}`)
      const schema = response.content?.['application/json']?.schema
      if (Number(status) >= 400) continue
      if (path !== '/openapi.json' && schema) t.match(schema.$ref, /^#\/components\/schemas\/\w+$/)
    }
  for (const name of ['ApiError', 'Film', 'Films', 'LoginResponse', 'LoginRequest', 'Ok', 'SignupRequest', 'Tokens'])
    t.ok(document.components.schemas[name], name)
  t.end()
})

t.test('every JSON body has examples that its own schema accepts', t => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'openapi')
  const component = ($ref: string) => ajv.getSchema(`openapi${$ref}`)
  for (const { method, path, operation } of operations) {
    const bodies = [operation.requestBody, ...Object.values(operation.responses)]
    for (const media of bodies.flatMap(body => body?.content?.['application/json'] ?? [])) {
      const examples = media.examples ? Object.values(media.examples).map(({ value }) => value) : [media.example]
      t.ok(examples.length > 0 && !examples.includes(undefined), `${method} ${path}`)
      const { $ref = media.schema?.allOf?.[0]?.$ref } = media.schema ?? {}
      const validate = component($ref ?? '')
      if (!$ref || !validate) continue
      for (const example of examples)
        t.ok(validate(example), `${method} ${path}: ${JSON.stringify(example)} ${ajv.errorsText(validate.errors)}`)
      t.notMatch(JSON.stringify(examples), /"string"/, `${method} ${path} has an example for each field`)
    }
  }
  t.end()
})

t.test('a body may be left out exactly where nothing in it is needed', t => {
  const optional = operations
    .filter(({ operation }) => operation.requestBody?.required === false)
    .map(({ operation }) => operation.operationId)
  // After a reauthentication, nothing needs to be proved in the body.
  const provedBefore = [
    'disableTotp',
    'getPasskeyCreationOptions',
    'removeLoginMethod',
    'removePasskey',
    'renewRecoveryCodes',
    'startTotp',
  ]
  const redirects = ['linkProvider', 'reauthenticateBrowserByProvider', 'startProviderLogin']
  t.same(optional.sort(), ['deleteUser', 'generateTokens', 'rotateClientSecret', ...redirects, ...provedBefore].sort())
  t.notMatch(JSON.stringify(document), /x-optional-body/)
  t.end()
})

t.test('numbers and switches in queries and paths have their types', t => {
  const typeOf = (path: string, name: string) => {
    const { parameters = [] } = document.paths[path]?.get ?? {}
    return parameters.find(parameter => parameter.name === name)?.schema
  }
  t.match(typeOf('/users/v1/', 'limit'), { type: 'integer', minimum: 1, maximum: 100, default: 20 })
  t.match(typeOf('/users/v1/', 'disabled'), { type: 'boolean' })
  t.match(typeOf('/films/v1/', 'options[planets]'), { type: 'boolean' })
  t.match(typeOf('/films/v1/{film_id}', 'film_id'), { type: 'integer' })
  t.end()
})

t.test('every parameter has an example, or a named schema', t => {
  for (const { method, path, operation } of operations)
    for (const { name, schema, example } of operation.parameters ?? [])
      t.ok(example !== undefined || schema.$ref, `${method} ${path}: ${name}`)
  t.end()
})

t.test('roles and error codes are named schemas, used wherever there are any', t => {
  const { AccessRole, ErrorCode, Error: shadowing } = document.components.schemas
  t.notOk(shadowing, 'generated code would hide the global Error')
  t.same(AccessRole?.enum, ['basic', 'admin'])
  t.same(ErrorCode?.enum, [...new Set(Object.values(errors).map(({ code }) => code))])
  t.equal(JSON.stringify(document).split('"enum":["basic","admin"]').length - 1, 1)
  t.end()
})

t.test('every error answer has an example a code, and each is what the catalog says', t => {
  for (const { method, path, operation } of operations)
    for (const [status, response] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue
      const { schema, examples = {} } = response.content?.['application/json'] ?? {}
      const form = operation.operationId === 'token' ? 'OAuthError' : 'ApiError'
      const narrowed = { type: 'object', properties: { message: { type: 'string', enum: Object.keys(examples) } } }
      t.same(schema, { allOf: [{ $ref: `#/components/schemas/${form}` }, narrowed] }, `${method} ${path} ${status}`)
      t.ok(Object.keys(examples).length > 0)
      for (const [code, { value }] of Object.entries(examples)) {
        t.match(value, { status: 'error', statusCode: Number(status), message: code })
        t.ok(Object.values(errors).some(entry => entry.code === code && entry.statusCode === Number(status)))
        t.match(response.description, `\`${code}\``)
      }
    }
  t.end()
})

t.test('every error response is a component, referred to by its codes', async t => {
  for (const { method, path, operation } of operationsOf(await servedDocumentOf(app)))
    for (const [status, { $ref = '' }] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue
      const { content = {} } = document.paths[path]?.[method.toLowerCase()]?.responses[status] ?? {}
      const codes = Object.keys(content['application/json']?.examples ?? {})
      t.ok($ref.startsWith(`#/components/responses/${status}.`), `${method} ${path} ${status}`)
      t.ok($ref.endsWith(codes.join('.')), $ref)
    }
})

t.test('401 documents WWW-Authenticate, 429 and 503 Retry-After', t => {
  for (const { operation } of operations) {
    const { 401: unauthorized, 429: limited, 503: unavailable } = operation.responses
    if (unauthorized) t.ok(unauthorized.headers?.['WWW-Authenticate'])
    t.ok(limited?.headers?.['Retry-After'])
    t.ok(unavailable?.headers?.['Retry-After'])
  }
  t.end()
})

t.test('both kinds of bearer token are there', t => {
  t.match(document.components.securitySchemes, {
    accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    refreshToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  })
  t.end()
})

t.test('pages for browsers are documented where there are any', t => {
  for (const path of ['/users/v1/email_verification', '/dev/mailbox'])
    t.ok(document.paths[path]?.get?.responses[200]?.content?.['text/html'], path)
  const form = document.paths['/users/v1/email_verification']?.post?.requestBody?.content
  t.same(Object.keys(form ?? {}), ['application/json', 'application/x-www-form-urlencoded'])
  t.end()
})

const SECURITY = {
  public: [],
  user: [{ login: [] }, { accessToken: [] }, { sessionCookie: [] }],
  owner: [{ login: [] }, { accessToken: [] }, { sessionCookie: [] }],
  admin: [{ login: [] }, { accessToken: [] }, { sessionCookie: [] }],
  application: [{ accessToken: [] }],
  refresh: [{ refreshToken: [] }],
}

/** For people, and so not in the document. */
const PAGES =
  /^\/(dev\/mailbox\/:mail_id|ui|assets|signin|signup|signout|forgot|account|admin|\.well-known\/change-password)\b/

t.test('pages for people are not in the document, without each saying so', t => {
  t.same(
    Object.keys(document.paths).filter(path => PAGES.test(path)),
    [],
  )
  t.end()
})

t.test('the document says of every route’s access what its config says, and names every route', async t => {
  const config = readConfig(await environment(t, OFFLINE_PROVIDER))
  const app = buildApp(config)
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => void routes.push(route))
  t.teardown(() => app.close())
  await app.ready()

  // What OpenID Connect and OAuth specify, the server metadata names.
  const isSpecified = ({ url }: RouteOptions) => /^\/oauth2\/(?!clients|verify)/.test(url)
  // Gateways may ask by any method; only GET is documented.
  const isHidden = ({ url, method }: RouteOptions) =>
    PAGES.test(url) || (/^\/(forward_auth\/|oauth2\/verify)/.test(url) && Array.isArray(method))
  const own = routes.filter(
    route => !isHidden(route) && !isSpecified(route) && route.method !== 'HEAD' && route.method !== 'OPTIONS',
  )
  const named = new Set<string>()
  for (const { url, method, config, schema } of own) {
    // Other spellings of a documented operation, and protected like it.
    if (schema?.hide && config?.access !== 'public') continue
    const path = url.replace(/:(\w+)(\([^)]*\))?/g, '{$1}')
    const operation = document.paths[path]?.[String(method).toLowerCase()]
    // `/films/v1` is `/films/v1/`: one operation.
    if (!operation && document.paths[`${path}/`]) continue
    named.add(`${method} ${path}`)
    const access = config?.access ?? 'user'
    t.same(operation?.security, SECURITY[access], `${method} ${url} is ${access}`)
    t.equal(
      operation?.responses[401] !== undefined,
      access !== 'public' ||
        /(metrics|email_verification|password_reset|passkey|mfa|recovery_code|:provider(\/transaction|\/callback)?)$/.test(
          url,
        ) ||
        (url === '/social/v1/email' && method === 'POST'),
    )
    if (access === 'admin' || access === 'owner') t.ok(operation?.responses[403])
  }
  t.same([...named].sort(), operations.map(({ method, path }) => `${method} ${path}`).sort())
})

t.test('what is required of a password follows the configuration', async t => {
  t.match(document.components.schemas.Password, { minLength: 8, maxLength: 32 })
  const longer = await documentOf(await build(t, { PASSWORD_MAX_LENGTH: '64' }))
  t.equal(longer.components.schemas.Password?.maxLength, 64)
})
