import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Eta } from 'eta'

/** Names come from code and from templates, never from a request; still, none leads out of the folders. */
const NAME = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/

/**
 * Loads the template library.
 * @param folders the first one that has a template is where it comes from
 * @param cached read and compile each template once
 */
export async function createEngine(folders: string[], cached: boolean): Promise<Eta> {
  const { Eta } = await import('eta')
  const eta = new Eta({ cache: cached, autoEscape: true })
  const paths = new Map<string, string>()
  eta.resolvePath = name => {
    const path = paths.get(name) ?? find(name, folders)
    if (cached) paths.set(name, path)
    return path
  }
  return eta
}

function find(name: string, folders: string[]): string {
  const path = NAME.test(name) ? folders.map(folder => join(folder, `${name}.eta`)).find(existsSync) : undefined
  if (!path) throw new Error(`no such template: ${name}`)
  return path
}
