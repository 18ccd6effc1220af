import t from 'tap'
import { FILM_LISTS, type Film, type FilmList } from '#schemas/films.ts'
import { build, call, environment, logIn } from '../support/app.ts'
import { expectError } from '../support/error-response.ts'

const app = await build(t)
const { token } = await logIn(app)

const films = (query = '', headers: Record<string, string> = {}) =>
  call(app, 'GET', `/films/v1/${query}`, { token, headers })
const film = (id: string, headers: Record<string, string> = {}) => call(app, 'GET', `/films/v1/${id}`, { headers })

const FACTS: [episode: number, title: string, released: string, director: string][] = [
  [1, 'The Phantom Menace', '1999-05-19', 'George Lucas'],
  [2, 'Attack of the Clones', '2002-05-16', 'George Lucas'],
  [3, 'Revenge of the Sith', '2005-05-19', 'George Lucas'],
  [4, 'A New Hope', '1977-05-25', 'George Lucas'],
  [5, 'The Empire Strikes Back', '1980-05-21', 'Irvin Kershner'],
  [6, 'Return of the Jedi', '1983-05-25', 'Richard Marquand'],
  [7, 'The Force Awakens', '2015-12-18', 'J. J. Abrams'],
]

t.test('there are seven films, in the order of their episodes, and the facts are right', async t => {
  const response = await films()
  t.equal(response.statusCode, 200)
  const { results, count } = response.json<{ results: Film[]; count: number }>()
  t.equal(count, 7)
  t.same(
    results.map(film => [film.episode_id, film.title, film.release_date, film.director]),
    FACTS,
  )
})

t.test('each film has a synopsis, a producer, its own URL, and names in all of its lists', async t => {
  for (const film of (await films()).json<{ results: Film[] }>().results) {
    t.equal(film.url, `http://holocron.test/films/v1/${film.episode_id}`)
    t.match(film.synopsis, /^[A-Z].{80,400}\.$/s)
    t.match(film.producer, /\w/)
    for (const list of FILM_LISTS) {
      const names = film[list] ?? []
      t.ok(names.length > 0, `${film.title}: ${list}`)
      t.equal(new Set(names).size, names.length, 'none twice')
      t.notOk(names.some(name => name !== name.trim() || name === '' || name.includes('http')))
    }
  }
})

t.test('famous names are in their films', async t => {
  const { results } = (await films()).json<{ results: Required<Film>[] }>()
  const [menace, , , hope, empire, , awakens] = results
  t.ok(menace?.characters.includes('Darth Maul'))
  t.ok(hope?.characters.includes('Leia Organa') && hope.planets.includes('Alderaan'))
  t.ok(hope?.starships.includes('Millennium Falcon') && hope.species.includes('Wookiee'))
  t.ok(empire?.planets.includes('Hoth'))
  t.ok(awakens?.characters.includes('Rey'))
  t.notOk(hope?.characters.includes('Rey'))
})

/** All 32 ways of leaving lists out. */
const combinations = Array.from({ length: 2 ** FILM_LISTS.length }, (_, bits) =>
  FILM_LISTS.filter((_list, i) => bits & (1 << i)),
)
const leavingOut = (lists: readonly FilmList[]) => lists.map(list => `options[${list}]=false`).join('&')

t.test('any combination of the five lists can be left out, and nothing else goes with it', async t => {
  const whole = (await films()).json<{ results: Film[] }>()
  const etags = new Set<unknown>()
  for (const hidden of combinations) {
    const shown = (film: Film) =>
      Object.fromEntries(Object.entries(film).filter(([name]) => !hidden.includes(name as FilmList)))
    const all = await films(`?${leavingOut(hidden)}`)
    t.same(all.json(), { ...whole, results: whole.results.map(shown) }, hidden.join(', ') || 'none')
    t.same((await film(`4?${leavingOut(hidden)}`)).json(), shown(whole.results[3] as Film))
    etags.add(all.headers.etag)
  }
  t.equal(etags.size, combinations.length, 'each answer has an ETag of its own')
})

t.test('a list left out for one client is there for the next', async t => {
  const first = (await films()).body
  await films(`?${leavingOut(FILM_LISTS)}`)
  t.equal((await films()).body, first)
  t.equal((await films('?')).body, first)
})

t.test('“true”, and options in any order and encoding, are understood', async t => {
  const whole = (await films()).body
  t.equal((await films('?options[planets]=true&options[species]=true')).body, whole)
  const two = await films('?options[planets]=false&options[species]=false')
  t.equal((await films('?options%5Bspecies%5D=false&options%5Bplanets%5D=false')).body, two.body)
  t.equal((await films('?options[species]=false&options[planets]=false')).headers.etag, two.headers.etag)
})

const badOptions = [
  'options[characters]=FALSE',
  'options[characters]=0',
  'options[characters]=',
  'options[characters]',
  'options[title]=false',
  'options=false',
  'options[]=false',
  'options[characters][]=false',
  'characters=false',
  'options[characters]=false&options[characters]=true',
  'options[characters]=false%00',
  'options[__proto__]=false',
]
for (const query of badOptions)
  t.test(`?${query} is refused`, async t => {
    for (const response of [await films(`?${query}`), await film(`4?${query}`)])
      expectError(t, response, 400, 'request-invalid', { in: 'querystring' })
  })

t.test('the list is for users, one film for everybody', async t => {
  expectError(t, await call(app, 'GET', '/films/v1/'), 401, 'authorisation-required')
  expectError(t, await call(app, 'GET', '/films/v1'), 401, 'authorisation-required')
  expectError(t, await call(app, 'GET', '/films/v1/', { token: 'x.y.z' }), 401, 'token-invalid')
  t.equal((await film('4')).statusCode, 200)
  t.equal((await call(app, 'GET', '/films/v1/4', { token: 'x.y.z' })).statusCode, 200)
})

t.test('a film is found by its episode number in canonical form only', async t => {
  for (const [episode, title] of FACTS) t.equal((await film(String(episode))).json().title, title)
  for (const id of [
    '0',
    '8',
    '-1',
    '04',
    '4.0',
    '+4',
    '4e0',
    '0x4',
    '٤',
    '４',
    '4%20',
    '4%00',
    'A%20New%20Hope',
    "4'--",
    '4;',
  ])
    expectError(t, await film(encodeURI(decodeURI(id)).replace('%2500', '%00')), 404, 'not-found')
})

t.test('a response may be cached privately, and must be revalidated each time', async t => {
  for (const { headers } of [await films(), await film('4')]) {
    t.equal(headers['cache-control'], 'private, no-cache')
    t.match(headers.etag, /^"[\w-]{22}"$/)
    t.equal(headers['content-type'], 'application/json; charset=utf-8')
  }
})

t.test('a current ETag gets 304 and no body', async t => {
  const { etag = '' } = (await films()).headers as { etag?: string }
  for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, `"other",W/${etag} `, '*']) {
    const response = await films('', { 'if-none-match': condition })
    t.equal(response.statusCode, 304, condition)
    t.equal(response.body, '')
    t.equal(response.headers.etag, etag)
    t.equal(response.headers['cache-control'], 'private, no-cache')
  }
})

t.test('an outdated ETag gets the full response', async t => {
  const { etag = '' } = (await films()).headers as { etag?: string }
  const others = [String((await films('?options[planets]=false')).headers.etag), '"x"', 'x', etag.slice(1, -1), ',', '']
  for (const condition of others) t.equal((await films('', { 'if-none-match': condition })).statusCode, 200, condition)
})

t.test('304 requires access too: an ETag is no credential', async t => {
  const { etag } = (await films()).headers as { etag: string }
  const response = await call(app, 'GET', '/films/v1/', { headers: { 'if-none-match': etag } })
  expectError(t, response, 401, 'authorisation-required')
})

t.test('every instance gives the same ETag', async t => {
  const other = await build(t)
  const { token } = await logIn(other)
  t.equal((await call(other, 'GET', '/films/v1/', { token })).headers.etag, (await films()).headers.etag)
})

t.test('without films, the list is films-not-found', async t => {
  const env = await environment(t)
  const first = await build(t, env)
  const { token } = await logIn(first)
  await first.db.deleteFrom('films').execute()
  const second = await build(t, env)
  expectError(t, await call(second, 'GET', '/films/v1/', { token }), 404, 'films-not-found')
  expectError(t, await call(second, 'GET', '/films/v1/4'), 404, 'not-found')
})
