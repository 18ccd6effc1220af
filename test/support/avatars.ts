/** Uploads and reads users' pictures, as clients do. */
import { readdirSync, readlinkSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../plugins/config/index.ts'
import { call, type LoggedIn } from './app.ts'

/** Sends the picture as the body. */
export function upload(
  app: FastifyInstance,
  { user_id, token }: Pick<LoggedIn, 'user_id' | 'token'>,
  payload: Buffer,
  type = 'image/png',
) {
  return call(app, 'PUT', `/users/v1/${user_id}/avatar`, { token, payload, headers: { 'content-type': type } })
}

/** Downloads what an `avatar_url` leads to, without a token. */
export function download(app: FastifyInstance, url: string | null, headers: Record<string, string> = {}) {
  return call(app, 'GET', new URL(String(url)).pathname, { headers })
}

/** The files in the folder of pictures. */
export function filesOf({ config }: { config: Pick<Config, 'DATA_DIR'> }): string[] {
  const files = readdirSync(`${config.DATA_DIR}/avatars`, { recursive: true, withFileTypes: true })
  return files.filter(file => file.isFile()).map(({ name }) => name)
}

/** Temporary files of uploads that this process has open. Linux only. */
export function openUploads(): string[] {
  const links = readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // Closed meanwhile.
      return []
    }
  })
  return links.filter(link => link.includes('/.upload-'))
}
