import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import languages from '../../../plugins/languages/index.ts'

const app: FastifyInstance = Fastify()
await app.register(languages)
t.teardown(() => app.close())
const { choose, nameOf, translator } = app.languages

t.test('the first preference that serves a language decides, and English is for everybody else', async t => {
  const cases: [preferences: (string | null | undefined)[], language: string][] = [
    [[], 'en'],
    [[undefined, null, ''], 'en'],
    [['de'], 'de'],
    [['DE-at'], 'de'],
    [['de-Latn-AT-1996'], 'de'],
    [[undefined, 'es-MX', 'de'], 'es'],
    [['tlh', 'es', 'de'], 'es'],
    [['fr, de;q=0.8, es;q=0.9'], 'es'],
    [['fr;q=1.0,en-GB;q=0.7,de;q=0.3'], 'en'],
    [['de;q=0, es;q=0.1'], 'es'],
    [['*'], 'en'],
    [['dexter, description'], 'en'],
    [['../de', 'de/../../x', '__proto__', 'constructor'], 'en'],
  ]
  for (const [preferences, language] of cases) t.equal(choose(...preferences), language, JSON.stringify(preferences))
})

t.test('threat: an endless list of preferences costs next to nothing', async t => {
  t.equal(choose(`${'tlh-Latn-'.repeat(1000)},de`), 'en')
  t.equal(choose('x,'.repeat(5000)), 'en')
})

t.test('languages call themselves by their own names, the default first', async t => {
  t.same(app.languages.available.map(nameOf), ['English', 'Deutsch', 'Español'])
})

t.test('values are inserted as they are, and nothing else is', async t => {
  const say = translator('de', 'common')
  t.equal(say('back', { app: '<b>{skip}</b> $& Löwe' }), 'Zurück zu <b>{skip}</b> $& Löwe')
  t.equal(say('back', {}), 'Zurück zu {app}')
  t.equal(translator('en', 'common')('back', JSON.parse('{"__proto__": {"app": "x"}}')), 'Back to {app}')
})

t.test('of several topics the first that has the key speaks, then English, then the key itself', async t => {
  t.equal(translator('es', 'no-such-topic', 'common')('skip'), 'Saltar al contenido')
  t.equal(translator('tlh', 'common')('skip'), 'Skip to content')
  t.equal(translator('es', 'common')('toString'), 'toString')
})
