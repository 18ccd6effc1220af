import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }

const page = readFileSync(join(import.meta.dirname, '../../docs/dependencies.md'), 'utf8')
const [run = '', development = ''] = page.split('## For development and tests')
const listed = (text: string) =>
  text
    .split('\n')
    .filter(line => line.startsWith('- '))
    .flatMap(line => [...(line.split(':')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    .sort()

t.test('every package has its reason in docs/dependencies.md, and no other is named there as one of ours', async t => {
  t.same(listed(run), Object.keys(packageJson.dependencies).sort())
  t.same(listed(development.split('## Left out')[0] ?? ''), Object.keys(packageJson.devDependencies).sort())
})
