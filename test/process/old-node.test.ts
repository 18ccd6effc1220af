import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '../..')

t.test('a Node that is too old is told so in one line', async t => {
  for (const version of ['20.20.2', '24.15.0']) {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
    const [, ...args] = packageJson.scripts.start.split(' ')
    const { code, stderr } = await run(['--import', `data:text/javascript,${pretend}`, ...args])
    t.equal(code, 1)
    t.match(stderr, /^Node 24\.16 or later is needed to run the service, .*\n$/)
  }
})

function run(args: string[]): Promise<{ code: unknown; stderr: string }> {
  return new Promise(resolve => {
    // Without what tap has every Node below it load.
    const env = { ...process.env, NODE_OPTIONS: '' }
    execFile(process.execPath, args, { cwd: ROOT, env }, (error, _stdout, stderr) =>
      resolve({ code: error?.code, stderr }),
    )
  })
}
