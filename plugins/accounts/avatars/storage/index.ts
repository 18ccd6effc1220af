import { join } from 'node:path'
import { parseAvatarStorage } from '../../../config/avatar-storage.ts'
import type { Config } from '../../../config/index.ts'
import { folderStorage } from './folder.ts'
import { s3Storage } from './s3.ts'
import type { Storage } from './types.ts'

export function storageOf(config: Config): Storage {
  const { AVATAR_STORAGE, DATA_DIR, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = config
  const place = parseAvatarStorage(AVATAR_STORAGE ?? join(DATA_DIR, 'avatars'))
  if ('folder' in place) return folderStorage(place.folder)
  return s3Storage(place, { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY })
}
