/** How a checkout of the service is started: by its package.json's `start` script, so that its flags are written in one place. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const THIS_CHECKOUT = resolve(import.meta.dirname, '../..')

export interface StartCommand {
  nodeOptions: string[]
  script: string
}

/** Paths are made absolute: the service runs in a folder of its own. @throws when the script is not `node [options] file` */
export function startCommandOf(checkout: string): StartCommand {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    scripts?: { start?: string }
  }
  const [node, ...nodeOptions] = scripts?.start?.split(' ') ?? []
  const script = nodeOptions.pop()
  if (node !== 'node' || script === undefined) throw new Error(`${checkout}: cannot run "npm start" as a node program`)
  return {
    nodeOptions: nodeOptions.map(option => (option.startsWith('./') ? resolve(checkout, option) : option)),
    script: resolve(checkout, script),
  }
}
