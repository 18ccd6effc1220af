// A user's picture: uploaded in any of five formats, stored anew, seen by everybody who knows its URL, gone when it is replaced.
import sharp from 'sharp'
import t from 'tap'
import { administrator, build, call, codeOf, logIn } from '../../../../support/app.ts'
import { download, filesOf, upload } from '../../../../support/avatars.ts'
import { animation, colorsOf, formWith, photo, picture } from '../../../../support/pictures.ts'

const app = await build(t, { AVATAR_RATE_LIMIT_MAX: '1000' })

interface User {
  avatar_url: string
}

for (const kind of ['jpeg', 'png', 'webp', 'gif', 'avif'])
  t.test(`a picture as ${kind} becomes a square WebP in two sizes`, async t => {
    const user = await logIn(app)
    const response = await upload(app, user, await picture(kind, 300, 100), 'application/octet-stream')
    t.equal(response.statusCode, 200, response.body)
    const { avatar_url } = response.json<User>()
    t.match(avatar_url, /^http:\/\/holocron\.test\/avatars\/[0-9a-f]{32}-512\.webp$/)
    for (const size of [512, 128]) {
      const file = await download(app, avatar_url.replace('-512.', `-${size}.`))
      t.match(await sharp(file.rawPayload).metadata(), { format: 'webp', width: size, height: size })
      t.same(await colorsOf(file.rawPayload), ['red', 'blue'])
    }
    t.equal((await call(app, 'GET', '/users/v1/me', user)).json<User>().avatar_url, avatar_url)
  })

t.test('a form with the field avatar does the same', async t => {
  const user = await logIn(app)
  const form = await formWith({ avatar: await picture('png') })
  const response = await call(app, 'PUT', `/users/v1/${user.user_id}/avatar`, { token: user.token, ...form })
  t.equal(response.statusCode, 200, response.body)
  t.equal((await download(app, response.json<User>().avatar_url)).statusCode, 200)
})

t.test('a photo is turned upright, and loses where it was taken and all else that it said', async t => {
  const original = await photo()
  t.ok((await sharp(original).metadata()).exif, 'it says something')
  const { avatar_url } = (await upload(app, await logIn(app), original, 'image/jpeg')).json<User>()
  const { rawPayload } = await download(app, avatar_url)
  const { exif, icc, xmp, iptc, orientation } = await sharp(rawPayload).metadata()
  t.same({ exif, icc, xmp, iptc, orientation }, {})
  t.notOk(rawPayload.includes('Leia'))
  const [top] = await colorsOf(await sharp(rawPayload).rotate(-90).toBuffer())
  t.equal(top, 'red', 'what was left is at the top')
})

for (const kind of ['gif', 'webp'] as const)
  t.test(`of an animated ${kind} the first frame is taken`, async t => {
    const { avatar_url } = (await upload(app, await logIn(app), await animation(kind))).json<User>()
    const { rawPayload } = await download(app, avatar_url)
    t.equal((await sharp(rawPayload).metadata()).pages ?? 1, 1)
    t.same(await colorsOf(rawPayload), ['red', 'red'])
  })

t.test('pages of any origin may show a picture, which is kept for a year and can do nothing', async t => {
  const { avatar_url } = (await upload(app, await logIn(app), await picture('png'))).json<User>()
  const { headers } = await download(app, avatar_url)
  t.match(headers, {
    'content-type': 'image/webp',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    'content-security-policy': /sandbox/,
  })
  t.equal((await download(app, avatar_url, { 'if-none-match': String(headers.etag) })).statusCode, 304)
  t.equal((await call(app, 'HEAD', new URL(avatar_url).pathname)).statusCode, 200)
})

t.test('the next picture has another URL, and of the earlier one nothing is left', async t => {
  const user = await logIn(app)
  const first = (await upload(app, user, await picture('png'))).json<User>()
  const second = (await upload(app, user, await picture('jpeg'))).json<User>()
  t.equal(codeOf(await download(app, first.avatar_url)), 'not-found')
  t.equal((await download(app, second.avatar_url)).statusCode, 200)
  t.notOk(filesOf(app).some(name => first.avatar_url.includes(name.slice(0, 32))))
})

t.test('a picture is removed, once and again', async t => {
  const user = await logIn(app)
  const { avatar_url } = (await upload(app, user, await picture('png'))).json<User>()
  for (let i = 0; i < 2; i++) {
    const response = await call(app, 'DELETE', `/users/v1/${user.user_id}/avatar`, { token: user.token })
    t.equal(response.statusCode, 200)
    t.equal(response.json<{ avatar_url: null }>().avatar_url, null)
  }
  t.equal(codeOf(await download(app, avatar_url)), 'not-found')
  t.notOk(filesOf(app).some(name => avatar_url.includes(name.slice(0, 32))))
})

t.test('an administrator changes the picture of a user, and nobody else does', async t => {
  const [user, stranger, admin] = [await logIn(app), await logIn(app), await administrator(app)]
  const { user_id } = user
  t.equal(codeOf(await upload(app, { ...stranger, user_id }, await picture('png'))), 'forbidden')
  const response = await upload(app, { ...admin, user_id }, await picture('png'))
  t.equal(response.statusCode, 200)
  const path = `/users/v1/${user_id}/avatar`
  t.equal(codeOf(await call(app, 'DELETE', path, { token: stranger.token })), 'forbidden')
  t.equal((await call(app, 'DELETE', path, { token: admin.token })).statusCode, 200)
  t.equal(codeOf(await upload(app, { ...admin, user_id: 999_999_999 }, await picture('png'))), 'not-found')
})

t.test('the export of a user has the picture and its URL', async t => {
  const user = await logIn(app)
  const exported = async () =>
    (await call(app, 'GET', `/users/v1/${user.user_id}/export`, { token: user.token })).json().avatar
  t.equal(await exported(), null)
  const { avatar_url } = (await upload(app, user, await picture('png'))).json<User>()
  const { url, base64 } = await exported()
  t.equal(url, avatar_url)
  t.same(Buffer.from(base64, 'base64'), (await download(app, avatar_url)).rawPayload)
})

t.test(
  'who has no picture is shown a pattern that tells nothing: it follows from the text in its URL alone',
  async t => {
    const of = (seed: string) => call(app, 'GET', `/avatars/default-${seed}.svg`)
    const [one, same, other] = [await of('42'), await of('42'), await of('43')]
    t.match(one.headers, { 'content-type': 'image/svg+xml', 'content-security-policy': /sandbox/ })
    t.equal(one.body, same.body)
    t.not(one.body, other.body)
    t.notMatch(one.body, /script|href|text/)
    for (const seed of ['', 'x'.repeat(65), '%3Cscript%3E', '..%2f']) t.equal(codeOf(await of(seed)), 'not-found', seed)
  },
)
