// docs/contacts.md at its word: its walk-through, pasted into a shell, prints what the page says.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { build, logIn, REAL, temporaryFolder } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'

const page = await readFile(join(import.meta.dirname, '../../docs/contacts.md'), 'utf8')
const blockOf = (language: string) => new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? ''
const linesOf = (text: string) => text.split('\n').filter(line => line !== '')

t.test('the walk-through prints what the page says', { skip: REAL && 'no database changes it' }, async t => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const app = await build(t, { PUBLIC_URL: url })
  await app.listen({ host: '127.0.0.1', port })
  const { token } = await logIn(app)
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', blockOf('bash')], {
    cwd: await temporaryFolder(t),
    env: { ...process.env, BASE: url, TOKEN: token },
  })
  t.equal(stderr, '')
  const printed = linesOf(stdout)
  const expected = linesOf(blockOf('text'))
  t.equal(printed.length, expected.length)
  for (const [i, line] of expected.entries()) {
    const [beginning = '', isCut] = line.split('…')
    t.ok(isCut === undefined ? printed[i] === line : printed[i]?.startsWith(beginning), `${printed[i]}`)
  }
})
