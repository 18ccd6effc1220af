/** The templates themselves: what they insert unescaped, and what they say. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { errors } from '#schemas/errors.ts'

const ROOT = join(import.meta.dirname, '../../../plugins')
const FOLDER = join(ROOT, 'templates/pages')
const templates = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.eta'))
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8')
const keysOf = (topic: string): string[] => {
  const file = join(ROOT, 'languages/en', `${topic}.json`)
  return Object.keys(JSON.parse(readFileSync(file, 'utf8')))
}
const topics = readdirSync(join(ROOT, 'languages/en'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.json'))
  .map(file => file.replace(/\.json$/, ''))
const topicOf = (file: string) => dirname(file)

/** The frames and the parts are shared: their keys are common ones, or those of each topic that includes them. */
const isShared = (file: string) => ['parts', '.'].includes(topicOf(file))

/** Said by the frame of a console. */
const FRAMED = /^(nav$|done\.)/

for (const file of templates) {
  t.test(`threat: ${file} inserts nothing unescaped but parts and its body`, async t => {
    const raw = [...read(file).matchAll(/<%[-_]?\s*~([\s\S]*?)%>/g)].map(([, code = '']) => code.trim())
    t.same(
      raw.filter(code => !/^(include\('pages\/[\w/-]+'[\s\S]*\)|it\.body)$/.test(code)),
      [],
    )
  })

  t.test(`${file} has no words of its own, and every message exists`, async t => {
    const text = read(file)
    const words = text.replace(/<%[\s\S]*?%>/g, '').replace(/<[^>]*>/g, '')
    t.notMatch(words, /\p{L}{2}/u)
    const known = isShared(file) ? keysOf('common') : [...keysOf(topicOf(file)), ...keysOf('common')]
    const used = [...text.matchAll(/\bit\.t\('([^']+)'/g)].map(([, key]) => key)
    t.same(
      used.filter(key => !known.includes(key ?? '')),
      [],
    )
  })
}

t.test('every message of a page is used by one of its templates, or says an error', async t => {
  const codes = new Set<string>(Object.values(errors).map(({ code }) => code))
  for (const topic of topics.filter(topic => templates.some(file => topicOf(file) === topic))) {
    const text = templates
      .filter(file => topicOf(file) === topic || read(file).includes(`it.topic('${topic}')`))
      .map(read)
      .join('\n')
    const isUsed = (key: string) => text.includes(`t('${key}'`) || text.includes(`t(\`${key.split('.')[0]}.\${`)
    const unused = keysOf(topic).filter(key => !isUsed(key) && !FRAMED.test(key) && !codes.has(key.split('.')[0] ?? ''))
    t.same(unused, [], topic)
  }
})
