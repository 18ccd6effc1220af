/** Generates clients from the OpenAPI document, compiles them with the programs in test/clients, and runs these. */
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from './app.ts'
import { freePort } from './free-port.ts'

const CLIENTS = join(import.meta.dirname, '../clients')
const INSTALL_TIMEOUT_MS = 90_000
const RUN_TIMEOUT_MS = 30_000

const run = promisify(execFile)
/** What the packages need of the environment: no proxy or token of ours. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME }

/** Installs the generators and the proxy, unless they are there. */
export async function installClients(): Promise<void> {
  if (existsSync(join(CLIENTS, 'node_modules/.package-lock.json'))) return
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: CLIENTS, timeout: INSTALL_TIMEOUT_MS })
}

/** A temporary folder with the programs and this document. */
export async function workspace(t: Test, document: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-clients-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(document))
  await symlink(join(CLIENTS, 'node_modules'), join(folder, 'node_modules'))
  const files = (await readdir(CLIENTS)).filter(file => /\.ts$|^(package|tsconfig)\.json$/.test(file))
  await Promise.all(files.map(file => copyFile(join(CLIENTS, file), join(folder, file))))
  return folder
}

export async function generateAndCompile(cwd: string): Promise<void> {
  await Promise.all([
    script(cwd, 'openapi-typescript/bin/cli.js', 'openapi.json', '--output', 'generated/openapi-typescript.ts'),
    script(cwd, '@hey-api/openapi-ts/bin/run.js', '-i', 'openapi.json', '-o', 'generated/hey-api', '--no-log-file'),
  ])
  await script(cwd, 'typescript/bin/tsc')
}

/** Runs a program of the workspace against a base URL. */
export function walk(cwd: string, program: string, url: string): Promise<void> {
  return node(cwd, join('dist', program), url)
}

function script(cwd: string, file: string, ...args: string[]): Promise<void> {
  return node(cwd, join('node_modules', file), ...args)
}

/** @throws with everything that the program printed */
async function node(cwd: string, ...args: string[]): Promise<void> {
  await run(process.execPath, args, { cwd, env, timeout: RUN_TIMEOUT_MS }).catch(error => {
    throw new Error(`${args.join(' ')}: ${error.stdout}${error.stderr}`)
  })
}

/** Starts a proxy that answers requests and responses which violate the document with an error. Resolves to its base URL. */
export async function validatingProxy(t: Test, cwd: string, upstream: string): Promise<string> {
  const port = String(await freePort())
  const prism = join('node_modules', '@stoplight/prism-cli/dist/index.js')
  const args = [prism, 'proxy', 'openapi.json', upstream, '--errors', '--port', port]
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const listening = Promise.withResolvers<void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => /is listening/.test(text) && listening.resolve())
  child.once('exit', code => listening.reject(new Error(`the proxy exited with ${code}`)))
  await listening.promise
  return `http://127.0.0.1:${port}`
}
