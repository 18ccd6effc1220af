/** Runs a script like an operator: in a process of its own, with the service's settings in its environment. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Environment } from './app.ts'

const ROOT = join(import.meta.dirname, '../..')

/** @param flags for Node */
export function start(script: string, args: string[], env: Environment, flags: string[] = []) {
  return spawn(process.execPath, [...flags, join(ROOT, 'scripts', script), ...args], {
    cwd: env.DATA_DIR,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  })
}

/** Runs it to completion, with `input` on standard input. */
export async function run(script: string, args: string[], env: Environment, input = '', flags: string[] = []) {
  const child = start(script, args, env, flags)
  child.stdin.end(input)
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { code: code as number | null, out, err }
}
