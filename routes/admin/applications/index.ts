import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ApplicationFormQuery, SecretForm } from '#schemas/application-pages.ts'
import { errors, undefinedIfGone } from '#schemas/errors.ts'
import { CreationQuery, ListQuery } from '#schemas/hosted-pages.ts'
import {
  APPLICATION_TYPES,
  AUTH_METHODS,
  DEVICE_CODE,
  ID_TOKEN_ALGORITHMS,
  NewOAuthClient,
  type OAuthClient,
  OAuthClientParams,
  OAuthClientUpdate,
} from '#schemas/oauth-clients.ts'
import { ref } from '#schemas/ref.ts'
import { undefinedIfDuplicate } from '#sql/connection/errors.ts'
import { fieldsOf, membersIn, newMembersIn } from './form.ts'

const PATH = '/admin/applications'

/** By the names that the page has words for. */
const GRANTS = {
  login: 'authorization_code',
  refresh: 'refresh_token',
  service: 'client_credentials',
  device: DEVICE_CODE,
  password: 'password',
} as const

const CHOICES = { types: APPLICATION_TYPES, methods: AUTH_METHODS, algorithms: ID_TOKEN_ALGORITHMS, grants: GRANTS }

/** What most applications are. */
const BLANK = { grant_types: ['authorization_code', 'refresh_token'], require_pkce: true }

const routes: FastifyPluginAsyncTypebox = async app => {
  const { oauthClients, pages } = app
  app.console.section({ path: PATH, topic: 'admin/applications', order: 5 })

  const form = (fields: object, client?: OAuthClient) => ({
    name: 'admin/applications/form',
    data: { ...CHOICES, scopes: oauthClients.scopes(), fields, client, newId: randomUUID() },
  })
  const pageOf = (client: OAuthClient) => ({
    name: 'admin/applications/application',
    data: { client, issuer, grants: GRANTS, hasSecret: hasSecret(client) },
  })
  const secretPage = (client: OAuthClient, secret?: string) => ({
    name: 'admin/applications/secret',
    data: { client, secret, issuer, ...(secret && { script: 'copy.js' }) },
  })
  const { PUBLIC_URL: issuer } = app.config
  const idIn = ({ params }: FastifyRequest) => (params as { client_id: string }).client_id
  const clientIn = (request: FastifyRequest) => oauthClients.read(idIn(request)).catch(undefinedIfGone)

  app.get('', { schema: { querystring: ListQuery } }, async ({ query }, reply) => {
    const { results, next_cursor } = await oauthClients.list(query)
    return reply.page('admin/applications/list', { clients: results, cursor: query.cursor, next_cursor })
  })

  app.get('/new', { config: { stepUp: 'session' }, schema: { querystring: CreationQuery } }, async (_request, reply) =>
    reply.page(form(fieldsOf(BLANK))),
  )

  app.post(
    '/new',
    {
      config: {
        authLimit: true,
        stepUp: 'session',
        errorPage: (code, request) => form(fieldsOf(pages.filledIn<OAuthClientUpdate>(request, code) ?? BLANK)),
      },
      preValidation: async request => {
        request.body = newMembersIn(request.body) as NewOAuthClient
      },
      schema: { querystring: CreationQuery, body: ref(NewOAuthClient) },
    },
    async (request, reply) => {
      const { id } = request.query
      // Without one the form was sent before: its page was reloaded, or its button pressed twice.
      const created = await oauthClients.create(request.body, request, id).catch(undefinedIfDuplicate)
      if (!created) return reply.redirect(pages.urlOf(request, `${PATH}/${id}`, { done: 'registered' }), 303)
      const { client, client_secret } = created
      return reply.page(secretPage(oauthClients.serialize(client), client_secret))
    },
  )

  const params = OAuthClientParams

  app.get('/:client_id', { schema: { params } }, async (request, reply) =>
    reply.page(pageOf(await oauthClients.read(idIn(request)))),
  )

  app.get(
    '/:client_id/edit',
    { config: { stepUp: 'session' }, schema: { params, querystring: ApplicationFormQuery } },
    async (request, reply) => {
      const client = await oauthClients.read(idIn(request))
      return reply.page(form(fieldsOf(client), client))
    },
  )

  app.post(
    '/:client_id/edit',
    {
      config: {
        authLimit: true,
        stepUp: 'session',
        async errorPage(code, request) {
          const client = await clientIn(request)
          return client && form(fieldsOf(pages.filledIn<OAuthClientUpdate>(request, code) ?? client), client)
        },
      },
      preValidation: async request => {
        request.body = membersIn(request.body) as OAuthClientUpdate
      },
      schema: { params, querystring: ApplicationFormQuery, body: ref(OAuthClientUpdate) },
    },
    async (request, reply) => {
      const { client_id } = request.params
      await oauthClients.update(client_id, request.body, request, expectedBy(request.query))
      return reply.redirect(pages.urlOf(request, `${PATH}/${client_id}`, { done: 'saved' }), 303)
    },
  )

  /** An error leads back to the application, if it is still there. */
  const question = {
    stepUp: 'session',
    errorPage: async (_code: string, request: FastifyRequest) => {
      const client = await clientIn(request)
      return client && pageOf(client)
    },
  } as const

  app.get('/:client_id/secret', { config: question, schema: { params } }, async (request, reply) => {
    const client = await oauthClients.read(idIn(request))
    if (!hasSecret(client)) throw errors.clientWithoutSecret()
    return reply.page('admin/applications/rotation', { client })
  })

  app.post(
    '/:client_id/secret',
    { config: { ...question, authLimit: true }, schema: { params, body: SecretForm } },
    async (request, reply) => {
      const { body, params } = request
      const { client, client_secret } = await oauthClients.rotateSecret(params.client_id, request, {
        revoke: body.revoke === 'on',
        ...expectedBy(body),
      })
      return reply.page(secretPage(oauthClients.serialize(client), client_secret))
    },
  )

  app.get('/:client_id/deletion', { config: question, schema: { params } }, async (request, reply) =>
    reply.page('admin/applications/deletion', { client: await oauthClients.read(idIn(request)) }),
  )

  app.post(
    '/:client_id/deletion',
    { config: { ...question, authLimit: true }, schema: { params } },
    async (request, reply) => {
      await oauthClients.remove(request.params.client_id, request)
      return reply.redirect(pages.urlOf(request, PATH, { done: 'deletion' }), 303)
    },
  )
}

const hasSecret = ({ token_endpoint_auth_method: method }: OAuthClient) => method.startsWith('client_secret')

function expectedBy({ version }: { version?: string | undefined }): { expected?: number } {
  return version ? { expected: Date.parse(version) } : {}
}

export default routes
