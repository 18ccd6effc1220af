/** Every language says the same. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { avatarErrors } from '#schemas/errors/avatars.ts'
import { contactErrors } from '#schemas/errors/contacts.ts'
import { vaccinationErrors } from '#schemas/errors/vaccinations.ts'
import type { Message } from '../../../plugins/languages/messages.ts'

const FOLDER = join(import.meta.dirname, '../../../plugins/languages')
const MODEL = 'en'

const languages = readdirSync(FOLDER, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? entry.name : []))
const topicsOf = (language: string) =>
  readdirSync(join(FOLDER, language), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .sort()
const read = (language: string, topic: string): Record<string, Message> =>
  JSON.parse(readFileSync(join(FOLDER, language, topic), 'utf8'))

const formsOf = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message))
/** `{count}` may be spelled out where a form stands for one number. */
const placeholdersIn = (message: Message) =>
  [...new Set(formsOf(message).flatMap(text => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)))].sort()

t.test('there are English, German and Spanish', async t => {
  t.same(languages.sort(), ['de', 'en', 'es'])
})

const SECTIONS: [errors: object, topics: string[]][] = [
  [avatarErrors, ['account/picture', 'problems']],
  [contactErrors, ['account/contacts']],
  [vaccinationErrors, ['account/vaccinations', 'admin/vaccinations']],
]

t.test('the pages of a section have words for each of its errors', async t => {
  for (const [errors, topics] of SECTIONS) {
    const messages = Object.assign({}, ...topics.map(topic => read(MODEL, `${topic}.json`)))
    for (const { code } of Object.values(errors)) t.ok(messages[code], code)
  }
})

for (const language of languages) {
  t.test(`${language} has the topics, keys and placeholders of ${MODEL}, and no others`, async t => {
    t.same(topicsOf(language), topicsOf(MODEL))
    for (const topic of topicsOf(MODEL)) {
      const [model, messages] = [read(MODEL, topic), read(language, topic)]
      t.same(Object.keys(messages).sort(), Object.keys(model).sort(), topic)
      for (const [key, message] of Object.entries(messages)) {
        t.same(placeholdersIn(message), placeholdersIn(model[key] ?? ''), `${topic}: ${key}`)
        t.notOk(
          formsOf(message).some(text => text.trim() === '' || text !== text.trim()),
          `${topic}: ${key} is a text`,
        )
      }
    }
  })

  t.test(`the plural forms in ${language} are those of the language`, async t => {
    const categories: string[] = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const topic of topicsOf(language)) {
      for (const [key, message] of Object.entries(read(language, topic))) {
        if (typeof message === 'string') continue
        t.ok(message.other, `${topic}: ${key} has the form "other"`)
        t.same(
          Object.keys(message).filter(category => !categories.includes(category)),
          [],
          `${topic}: ${key}`,
        )
      }
    }
  })
}
