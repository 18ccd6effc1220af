/** The README at its word: what a start prints, and the walk-through, pasted into a shell. Where it shows output, `…` stands for anything. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { environment } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const root = join(import.meta.dirname, '../..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

/** The fenced blocks of a language, in their order. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? '')

const linesOf = (text: string): string[] => text.split('\n').filter(line => line !== '')

const [walkThrough = ''] = blocks('bash')
const [startPrints = '', walkThroughPrints = ''] = blocks('text')

t.test('a start prints what the README says, its walk-through what it says, and both end well', async t => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const { service, printed } = await start(t, { PORT: String(port), PUBLIC_URL: url, LOG_LEVEL: 'info' })
  // The log is written on its own time, so the lines may come in another order.
  const printedSo = () => printed().replaceAll(String(port), '3000').split('\n')
  for (const line of linesOf(startPrints)) await until(() => printedSo().some(given => like(line).test(given)), 30_000)

  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', walkThrough], {
    env: { ...process.env, BASE: url },
  })
  t.equal(stderr, '')
  const lines = linesOf(stdout)
  t.equal(lines.length, linesOf(walkThroughPrints).length)
  for (const [i, line] of linesOf(walkThroughPrints).entries()) t.match(lines[i], like(line))

  service.kill('SIGTERM')
  t.same(await once(service, 'exit'), [0, null])
})

const AT_A_TERMINAL = 'data:text/javascript,process.stdout.isTTY=true'

/** In a folder of its own: a `.env` in ours is somebody's. */
async function start(t: Test, settings: Record<string, string>) {
  const own = await environment(t, settings)
  const service: ChildProcess = spawn(process.execPath, ['--import', AT_A_TERMINAL, join(root, 'server.ts')], {
    cwd: own.DATA_DIR,
    env: { ...process.env, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => service.kill('SIGKILL'))
  let output = ''
  service.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return { service, printed: () => output }
}

/** The text to the letter, but for what `…` stands for. */
function like(text: string): RegExp {
  const parts = text.split('…').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`)
}
