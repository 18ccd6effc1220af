import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Storage } from './types.ts'
import { unavailable } from './unavailable.ts'

/** A folder, which several instances may share. Names are spread over 256 folders by their first two characters. */
export function folderStorage(folder: string): Storage {
  const pathOf = (name: string) => join(folder, name.slice(0, 2), name)
  // A name is written by one process, so what a crash leaves of it is found by its name.
  const unfinished = (path: string) => `${path}.part`

  async function write(path: string, bytes: Buffer): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(unfinished(path), 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished(path), path)
    await syncFolder(dirname(path))
  }

  async function remove(path: string): Promise<void> {
    await rm(path, { force: true })
    await rm(unfinished(path), { force: true })
  }

  return {
    write: (name, bytes) => write(pathOf(name), bytes).catch(unavailable),
    read: name => readFile(pathOf(name)).catch(undefinedIfMissing).catch(unavailable),
    remove: name => remove(pathOf(name)).catch(unavailable),
  }
}

/** A renamed file survives a crash once its folder does. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
