import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type {
  ClientMetadata,
  NewOAuthClient,
  OAuthClient,
  OAuthClients,
  OAuthClientUpdate,
} from '#schemas/oauth-clients.ts'
import type { PagingQuery } from '#schemas/pages.ts'
import type { OAuthClientRow } from '#sql/oauth-clients.ts'

/** A registered client, with all of its metadata and the hashes of its secrets. */
export type RegisteredClient = Omit<OAuthClientRow, 'name' | 'metadata'> & { metadata: ClientMetadata }

/** What a presented secret is compared with. */
export type Secrets = Pick<RegisteredClient, 'secret_hash' | 'previous_secret_hash' | 'previous_secret_expires_at'>

/** An administrator's request, authenticated as the route's `config.stepUp` requires. */
export type Administrator = Pick<FastifyRequest, 'client' | 'user' | 'stepUp'>

/** Whoever runs a command on the machine. */
type Operator = Pick<FastifyRequest, 'client'>

interface Expected {
  /** `updated_at` of the version that was edited (optimistic locking). */
  expected?: number | undefined
}

interface RotateOptions extends Expected {
  /** Revokes the previous secret, and the tokens of client_credentials, at once. */
  revoke?: boolean | undefined
}

interface NewSecret {
  client: RegisteredClient
  client_secret: string
}

/** Every change throws tokenInvalid or reauthenticationRequired if the administrator's session no longer permits it. */
export interface OAuthClientRegistry {
  /**
   * @param id a new UUID, so that the client is registered once however often this is tried
   * @returns the secret too, if the client authenticates with one: it cannot be read again
   * @throws redirectUriInvalid, clientMetadataInvalid; the database's error for an id that is taken (`isDuplicate`)
   */
  create(
    metadata: NewOAuthClient,
    by: Administrator | Operator,
    id?: string,
  ): Promise<Pick<NewSecret, 'client'> & Partial<NewSecret>>
  /** @param id not validated */
  find(id: string): Promise<RegisteredClient | undefined>
  /** @throws notFound */
  read(id: string): Promise<OAuthClient>
  /** A page of them, newest first. @throws requestInvalid for an unknown cursor */
  list(query: PagingQuery): Promise<Static<typeof OAuthClients>>
  /**
   * Members that are not given stay. Tokens of client_credentials are revoked if the client loses that grant or a scope.
   * @throws notFound, redirectUriInvalid, clientMetadataInvalid, changedMeanwhile
   */
  update(id: string, changes: OAuthClientUpdate, by: Administrator, options?: Expected): Promise<RegisteredClient>
  /** Deletes the client with its secrets, sessions and tokens. @throws notFound */
  remove(id: string, by: Administrator): Promise<void>
  /**
   * The previous secret stays valid for OAUTH_SECRET_OVERLAP_SECONDS.
   * @throws notFound, clientWithoutSecret; changedMeanwhile if another rotation came first
   */
  rotateSecret(id: string, by: Administrator, options?: RotateOptions): Promise<NewSecret>
  /** `scopes_supported` of the server metadata. */
  scopes(): string[]
  /** Compares with the current secret, and the previous one while it is valid, in constant time. */
  verifySecret(client: Secrets, presented: string): boolean
  /** As the API returns it: without hashes. */
  serialize(client: RegisteredClient): OAuthClient
}
