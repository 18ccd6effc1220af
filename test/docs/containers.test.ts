// The files for containers, as far as they can be checked without a Docker engine.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')
const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
const compose = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8')

t.test('the image runs as a user with a number, which Kubernetes can tell from root', t => {
  t.match(dockerfile, /^USER [1-9]\d*:[1-9]\d*$/m)
  t.notMatch(dockerfile, /^USER [a-z]/m)
  t.end()
})

t.test('what the embedded profile writes is on a volume', t => {
  t.match(dockerfile, /^VOLUME \/app\/data$/m)
  t.end()
})

t.test('compose passes every setting of .env on, and replaces none that stands there', t => {
  const api = compose.slice(compose.indexOf('  api:'), compose.indexOf('\n  mysql:\n'))
  t.match(api, /env_file:\n {6}- path: \.env\n {8}required: false/)
  const overridden = [...api.matchAll(/^ {6}([A-Z_]+): (?!\$\{\1\b)/gm)].map(([, name]) => name)
  t.same(overridden, ['MIGRATE_ON_START'])
  t.end()
})
