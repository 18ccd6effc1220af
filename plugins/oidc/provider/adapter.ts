/** The adapter by which the library stores its records in our database, shared by all instances. */
import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Adapter, AdapterFactory, AdapterPayload, errors as libraryErrors } from 'oidc-provider'
import { isDuplicate } from '#sql/connection/errors.ts'
import {
  browsersOf,
  consumeRecord,
  deleteRecord,
  deleteRecordsOf,
  deleteSurplus,
  findRecord,
  insertRecord,
  saveRecord,
} from '#sql/oauth-records.ts'
import { findToken, type Token } from '#sql/oauth-tokens.ts'
import type { Reads } from './reads.ts'
import { createRecordCipher, type GrantPayload, scopesOfGrant } from './record-cipher.ts'
import { hasPrefixOfKind } from './token-ids.ts'

interface Options {
  errors: typeof libraryErrors
  reads: Reads
  /** The metadata of a client. */
  findClient(id: string): Promise<AdapterPayload | undefined>
  /** Limits the new records of anonymous clients. @throws tooManyRequests */
  limit(model: string): Promise<void>
  /** The id of the user who is signed in to the browser that sent the request. */
  currentUser(): number | undefined
  /** Whether the session of a grant is active. */
  isActive(grantId: string): Promise<boolean>
  /** Ends the session of a grant. */
  endGrant(grantId: string): Promise<void>
}

/** Maximum length of the parameters of an authorization request, as JSON: more than fits into a URL. */
const PARAMETERS_MAX = 16_384

/** Secondary keys, each of one model. */
const LOOKUPS = ['uid', 'userCode'] as const

/** Authorization requests that a user has open at the same time, in all browsers. */
const INTERACTIONS_MAX = 50

/** Models that are issued for a grant. */
const TOKENS = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])

export function createAdapter(
  app: FastifyInstance,
  { errors, reads, limit, currentUser, findClient, isActive, endGrant }: Options,
): AdapterFactory {
  const { db } = app
  /** What browsers of one user may keep: without a limit, each request could add to it. */
  const maxPerUser: Record<string, number> = { Interaction: INTERACTIONS_MAX, Session: app.config.SESSIONS_MAX }
  const graceMs = app.config.REFRESH_GRACE_SECONDS * 1000
  const cipher = createRecordCipher<AdapterPayload & GrantPayload>(app)

  return model => {
    const idOf = (id: string) => sha256(`${model}:${id}`)
    const lookupOf = (name: string, value: string) => sha256(`${model}:${name}:${value}`)
    const isRefreshToken = model === 'RefreshToken'
    const max = maxPerUser[model]

    function ownerOf(id: string, { grantId }: AdapterPayload): string | null {
      if (model === 'Grant') return id
      if (max === undefined) return grantId ?? null
      const user = currentUser()
      return user === undefined ? null : browsersOf(user)
    }

    async function read(key: 'id' | 'lookup', value: string): Promise<AdapterPayload | undefined> {
      const record = await findRecord(db, key, value)
      return record && open(record)
    }

    /** Reads the token's grant and session with it, which the library needs next. */
    async function readToken(jti: string): Promise<AdapterPayload | undefined> {
      const token = await findToken(db, idOf(jti))
      if (!token) return undefined
      reads.remember(token)
      return token.payload === '' ? { ...usedToken(token), jti, consumed: true } : open(token)
    }

    /** Of a used refresh token only that fact is stored: enough to detect its reuse and revoke the session. */
    function usedToken({ client_id, expires_at, grant_payload, id, user_id }: Token): AdapterPayload {
      const scopes = scopesOfGrant(cipher.decrypt(grant_payload, 'Grant'))
      const owner = { clientId: client_id ?? '', accountId: String(user_id), grantId: id }
      return { ...owner, kind: model, scope: scopes.join(' '), exp: Math.floor(expires_at / 1000) }
    }

    async function readGrant(id: string): Promise<AdapterPayload | undefined> {
      if (!(await isActive(id))) return undefined
      const token = reads.tokenOf(id)
      return token ? cipher.decrypt(token.grant_payload, model) : read('id', idOf(id))
    }

    function open(record: Pick<Token, 'payload' | 'consumed_at' | 'consumed_for'>): AdapterPayload {
      const payload = cipher.decrypt(record.payload, model)
      // A client whose response was lost sends the refresh token again: within the grace it gets the same successor.
      const replayed = isRefreshToken && record.consumed_for !== null && record.consumed_for < graceMs
      return record.consumed_at === null || replayed
        ? payload
        : { ...payload, consumed: Math.floor(record.consumed_at / 1000) }
    }

    const adapter: Adapter = {
      async upsert(id, payload, expiresIn = 0) {
        await limit(model)
        const parameters = JSON.stringify(payload.params ?? payload.request ?? '')
        if (parameters.length > PARAMETERS_MAX) throw new errors.InvalidRequest('the parameters are too long')
        const [name] = LOOKUPS.filter(name => payload[name] !== undefined)
        const record = {
          id: idOf(id),
          model,
          grant_id: ownerOf(id, payload),
          lookup: name ? lookupOf(name, String(payload[name])) : null,
          payload: cipher.encrypt(payload, model),
        }
        if (model !== 'ReplayDetection') {
          await saveRecord(db, record, expiresIn * 1000)
          // The oldest give way: if the new one were refused, a page that opens many would lock its visitor out.
          if (max && record.grant_id) await deleteSurplus(db, record, max)
          return
        }
        // Concurrent replays all pass the library's own check.
        await insertRecord(db, record, expiresIn * 1000).catch(error => {
          throw isDuplicate(error) ? new errors.InvalidRequest('the proof or assertion was already used') : error
        })
      },
      async find(id) {
        if (model === 'Client') return findClient(id)
        if (!hasPrefixOfKind(model, id)) return undefined
        if (model === 'Grant') return readGrant(id)
        return TOKENS.has(model) ? readToken(id) : read('id', idOf(id))
      },
      findByUid: uid => read('lookup', lookupOf('uid', uid)),
      findByUserCode: userCode => read('lookup', lookupOf('userCode', userCode)),
      async consume(id) {
        // Concurrent requests have all found it unused: the conditional UPDATE decides.
        if ((await consumeRecord(db, idOf(id))) || isRefreshToken) return
        throw new errors.InvalidGrant('already used')
      },
      async destroy(id) {
        // The record stays until the back-channel logout is queued.
        if (model === 'Grant') await endGrant(id)
        else await deleteRecord(db, idOf(id))
      },
      revokeByGrantId: grantId => deleteRecordsOf(db, grantId, model),
    }
    return adapter
  }
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}
