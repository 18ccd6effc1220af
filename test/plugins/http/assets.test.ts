import t from 'tap'
import { build, call } from '../../support/app.ts'
import { open } from '../../support/pages.ts'

const app = await build(t)

t.test('what pages consist of is kept for a year, at an address that changes with its content', async t => {
  const { body } = await open(app, '/signin')
  const paths = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  t.equal(paths.length, 3)
  for (const path of paths) {
    const asset = await call(app, 'GET', path)
    t.equal(asset.statusCode, 200, path)
    t.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.match(asset.headers['content-type'], /^(text\/css|text\/javascript|image\/svg\+xml)/)
    const again = await call(app, 'GET', path, { headers: { 'if-none-match': String(asset.headers.etag) } })
    t.equal(again.statusCode, 304)
  }
  const other = await build(t, { APP_COLOR: '#b3261e' })
  t.not(other.assets.pathOf('style.css'), app.assets.pathOf('style.css'))
})

t.test('a page of another version still gets its style, but nobody keeps it', async t => {
  const asset = await call(app, 'GET', '/assets/style.AAAAAAAAAAAA.css')
  t.equal(asset.statusCode, 200)
  t.equal(asset.headers['cache-control'], 'no-cache')
})

t.test('the style sheet is small', async t => {
  const { body } = await call(app, 'GET', app.assets.pathOf('style.css'))
  t.ok(body.length < 12_000, `${body.length} bytes`)
})

t.test('the icon is the first letter of the name, whatever it is', async t => {
  for (const [APP_NAME, letter] of [
    ['holocron', 'H'],
    ['<b>', '&#60;'],
    ['👩‍🚀 Space', '👩‍🚀'],
  ] as const) {
    const app = await build(t, { APP_NAME })
    t.match((await call(app, 'GET', app.assets.pathOf('icon.svg'))).body, `>${letter}</text>`)
  }
})

t.test('threat: no file beyond the assets is served', async t => {
  const names = [
    '..%2findex.ts',
    'x.AAAAAAAAAAAA.ts',
    '..%2f..%2fpages%2fhtml.AAAAAAAAAAAA.ts',
    'style.css',
    'constructor.AAAAAAAAAAAA.css',
    '__proto__',
  ]
  for (const name of names) t.equal((await call(app, 'GET', `/assets/${name}`)).statusCode, 404, name)
})
