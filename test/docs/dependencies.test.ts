import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }

const page = readFileSync(join(import.meta.dirname, '../../docs/dependencies.md'), 'utf8')
const lockFile = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')
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

t.test('its counts of licenses are those of the lock file', async t => {
  const packages = Object.entries<{ dev?: boolean; license?: string }>(JSON.parse(lockFile).packages)
  const installed = packages.filter(([path, { dev }]) => path !== '' && !dev)
  const counts: Record<string, number> = {}
  for (const [, { license = 'none' }] of installed)
    if (license !== 'none' && !license.startsWith('SEE ')) counts[license] = (counts[license] ?? 0) + 1
  const section = (page.split('## Licenses')[1] ?? '').replace(/\s+/g, ' ')
  const [, total, list = ''] = /\((\d+), platform binaries included\): (.*), and two that name none/.exec(section) ?? []
  t.equal(Number(total), installed.length)
  t.same(
    list.split(', ').sort(),
    Object.entries(counts)
      .map(([license, count]) => `${count} ${license}`)
      .sort(),
  )
})
