// app.avatars: users' pictures. Each upload is decoded and stored anew under a random id; files that are nobody's any more are deleted.
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AVATAR_SIZES, type AvatarSize } from '#schemas/avatars.ts'
import { errors } from '#schemas/errors.ts'
import type { User } from '#schemas/users.ts'
import {
  type AvatarId,
  claimAvatar,
  deleteAvatar,
  findAvatarOf,
  findAvatarOwner,
  insertAvatar,
  listUnownedAvatars,
  releaseAvatar,
} from '#sql/avatars.ts'
import { isUnavailable } from '#sql/connection/errors.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import { cachedResponse, sendCached } from '../../http/cached-responses/send.ts'
import type { Client } from '../../http/client.ts'
import type { Upload } from '../../http/uploads/spool.ts'
import { identicon } from './identicon.ts'
import { pictures } from './pictures/index.ts'
import { storageOf } from './storage/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    avatars: {
      /** Call it before the picture has arrived. @throws unavailable if too many pictures wait */
      assertCapacity(): void
      /**
       * Makes an upload the user's picture, in place of the earlier one.
       * @throws avatarInvalid, unavailable, userNotFound, tokenInvalid
       */
      set(userId: User['id'], upload: Upload | undefined, caller: ChangeCaller, client: Client): Promise<User>
      /** @throws userNotFound, tokenInvalid */
      remove(userId: User['id'], caller: ChangeCaller, client: Client): Promise<User>
      /** Sends a picture that is somebody's. @returns false if there is none */
      send(request: FastifyRequest, reply: FastifyReply, id: AvatarId, size: AvatarSize): Promise<boolean>
      /** Sends an SVG for who has no picture, made from any text. */
      sendDefault(request: FastifyRequest, reply: FastifyReply, seed: string): void
    }
  }
}

/** A year: what is at a URL never changes. */
const CACHE_CONTROL = 'public, max-age=31536000, immutable'
/** Deleted in one round of the clean-up. */
const BATCH_SIZE = 50

const fileOf = (id: AvatarId, size: AvatarSize) => `${id}-${size}.webp`

export default fp(async app => void app.decorate('avatars', avatars(app)), {
  name: 'avatars',
  dependencies: ['changes', 'clean-up', 'config', 'db', 'personal-data', 'users'],
})

function avatars(app: FastifyInstance): FastifyInstance['avatars'] {
  const { accounts, cleanUp, config, db, log, personalData, users } = app
  const storage = storageOf(config)
  const decoder = pictures(log)
  app.addHook('onClose', async () => decoder.stop())

  async function deleteFiles(id: AvatarId): Promise<void> {
    for (const size of AVATAR_SIZES) await storage.remove(fileOf(id, size))
    await deleteAvatar(db, id)
  }

  /** What fails is left to the clean-up. */
  async function discard(id: AvatarId): Promise<void> {
    await deleteFiles(id).catch(err => log.warn({ err }, "a picture's files were not deleted, retrying"))
  }

  async function store(id: AvatarId, files: Buffer[]): Promise<void> {
    await insertAvatar(db, id)
    for (const [i, size] of AVATAR_SIZES.entries()) await storage.write(fileOf(id, size), files[i] ?? Buffer.alloc(0))
  }

  async function replace(
    userId: User['id'],
    id: AvatarId | undefined,
    caller: ChangeCaller,
    client: Client,
  ): Promise<User> {
    await accounts.change(
      userId,
      client,
      async (tx, _user, effects) => {
        const earlier = await releaseAvatar(tx, userId)
        if (id !== undefined && !(await claimAvatar(tx, id, userId, `/avatars/${fileOf(id, 512)}`)))
          throw errors.unavailable()
        if (earlier !== undefined) effects.afterCommit(() => discard(earlier))
      },
      { caller },
    )
    return users.get(userId)
  }

  /** Where the clean-up goes on: files that cannot be deleted keep none behind them waiting. */
  let cleanedUpTo: AvatarId | undefined

  async function cleanUpFiles(): Promise<number> {
    const unowned = await listUnownedAvatars(db, BATCH_SIZE, cleanedUpTo)
    const isEnd = unowned.length === 0 && cleanedUpTo !== undefined
    cleanedUpTo = unowned.at(-1)
    if (isEnd) return cleanUpFiles()
    const results = await Promise.allSettled(unowned.map(deleteFiles))
    const failed = results.find(result => result.status === 'rejected')
    if (failed) throw failed.reason
    return unowned.length
  }
  cleanUp.add({ name: 'avatars', run: cleanUpFiles })

  personalData.add('avatar', async userId => {
    const id = await findAvatarOf(db, userId)
    if (id === undefined) return null
    const { avatar_url } = await users.get(userId)
    const bytes = await storage.read(fileOf(id, 512))
    return { url: avatar_url, type: 'image/webp', base64: bytes?.toString('base64') ?? null }
  })

  return {
    assertCapacity: decoder.assertCapacity,
    async set(userId, upload, caller, client) {
      if (!upload || upload.size === 0)
        throw errors.avatarInvalid({ details: { in: 'body', field: 'avatar', reason: 'missing' } })
      const files = await decoder.squares(upload, AVATAR_SIZES)
      const id = randomBytes(16).toString('hex')
      try {
        await store(id, files)
        return await replace(userId, id, caller, client)
      } catch (error) {
        // If the answer to COMMIT was lost, it may be the user's picture: the clean-up finds out.
        if (!isUnavailable(error)) await discard(id)
        throw error
      }
    },
    remove: (userId, caller, client) => replace(userId, undefined, caller, client),
    async send(request, reply, id, size) {
      // The row decides: a picture that was removed is gone at once, whenever its files can be deleted.
      const owner = await findAvatarOwner(db, id)
      const bytes = owner === undefined ? undefined : await storage.read(fileOf(id, size))
      if (bytes) sendCached(request, reply, cachedResponse(bytes, 'image/webp', CACHE_CONTROL))
      return bytes !== undefined
    },
    sendDefault: (request, reply, seed) =>
      sendCached(request, reply, cachedResponse(identicon(seed), 'image/svg+xml', CACHE_CONTROL)),
  }
}
