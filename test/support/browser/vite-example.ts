/** Builds the browser client and the Vite example, where their packages are installed. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Test as Tap } from 'tap'
import type { Environment, Test } from '../app.ts'

const ROOT = join(import.meta.dirname, '../../..')
const CLIENT = join(ROOT, 'clients/browser')
const EXAMPLE = join(ROOT, 'examples/vite')
/** For a machine that is busy with other tests. */
const RUN_TIMEOUT_MS = 300_000

const run = promisify(execFile)

/** Whether both are installed. If not, the test is skipped (failed in CI). */
export function isInstalled(t: Tap): boolean {
  if ([CLIENT, EXAMPLE].every(folder => existsSync(join(folder, 'node_modules/.package-lock.json')))) return true
  if (process.env.CI === 'true') t.fail('the packages of clients/browser or examples/vite are not installed')
  else t.pass('needs the packages of clients/browser and examples/vite', { skip: 'not installed' })
  return false
}

/** Generates the client's types from docs/openapi.json, and compiles it. */
export async function buildClient(): Promise<void> {
  await node(CLIENT, 'openapi-typescript/bin/cli.js', ['../../docs/openapi.json', '--output', 'src/openapi.ts'])
  await node(CLIENT, 'typescript/bin/tsc')
}

/** @returns the errors of programs that use the client, compiled as the example and together with it */
export async function compile(t: Test, programs: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder(t)
  await symlink(join(EXAMPLE, 'node_modules'), join(folder, 'node_modules'))
  const { compilerOptions } = JSON.parse(await readFile(join(EXAMPLE, 'tsconfig.json'), 'utf8'))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', 'src'] }))
  await cp(join(EXAMPLE, 'src'), join(folder, 'src'), { recursive: true })
  for (const [name, code] of Object.entries(programs)) await writeFile(join(folder, name), code)
  return node(folder, 'typescript/bin/tsc', ['--skipLibCheck']).then(
    () => '',
    (error: Error) => error.message,
  )
}

/** Builds the example for this service. @returns a server of its files */
export async function buildExample(t: Test, service: string): Promise<Server> {
  const folder = await temporaryFolder(t)
  const args = ['build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn']
  await node(EXAMPLE, 'vite/bin/vite.js', args, { VITE_SERVICE: service })
  return createServer(async ({ url = '/' }, response) => {
    const name = url === '/' ? '/index.html' : url
    const type = extname(name) === '.js' ? 'text/javascript' : 'text/html; charset=utf-8'
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type }).end(text)
  })
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-vite-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

/** Runs a program of the folder's packages. @throws with everything that it printed */
async function node(cwd: string, program: string, args: string[] = [], settings: Environment = {}): Promise<void> {
  const { PATH = '', HOME = '' } = process.env
  const options = { cwd, env: { PATH, HOME, ...settings }, timeout: RUN_TIMEOUT_MS }
  await run(process.execPath, [join(cwd, 'node_modules', program), ...args], options).catch(error => {
    throw new Error(`${program}: ${error.stdout}${error.stderr}`)
  })
}
