// What attackers upload: none of it is stored as it was, costs much, or harms the next upload.

import { crc32, deflateRawSync } from 'node:zlib'
import sharp from 'sharp'
import t from 'tap'
import { build, call, codeOf, logIn, REAL } from '../../../../support/app.ts'
import { download, filesOf, upload } from '../../../../support/avatars.ts'
import { formWith, picture, pngOf } from '../../../../support/pictures.ts'

const skip = REAL && 'no database has a part in it'

t.test('hostile pictures', { skip }, async t => {
  const app = await build(t, { AVATAR_RATE_LIMIT_MAX: '1000' })
  const user = await logIn(app)
  const [png, jpeg, gif, avif] = [
    await picture('png', 300, 300),
    await picture('jpeg', 300, 300),
    await picture('gif', 300, 300),
    await picture('avif', 300, 300),
  ]
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
  const html = '<html><script>alert(document.domain)</script></html>'

  const rejected: Record<string, [bytes: Buffer, reason: string]> = {
    'an SVG with a script': [Buffer.from(svg), 'kind'],
    'an SVG that reads a file': [
      Buffer.from(
        svg.replace('<script>alert(1)</script>', '<image href="file:///etc/hostname" width="9" height="9"/>'),
      ),
      'kind',
    ],
    HTML: [Buffer.from(html), 'kind'],
    'a PDF': [Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n'), 'kind'],
    'a TIFF': [await sharp(png).tiff().toBuffer(), 'kind'],
    'a PostScript program for ImageMagick': [Buffer.from('%!PS\n(x) run'), 'kind'],
    'an ImageMagick script': [Buffer.from('push graphic-context\nfill "url(https://x.example)"\n'), 'kind'],
    'a ZIP': [zipOf('x'), 'kind'],
    'random bytes': [Buffer.from(Array.from({ length: 999 }, (_, i) => (i * 7919) % 256)), 'kind'],
    'the first bytes of a JPEG alone': [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'kind'],
    'a header of 50,000 by 50,000 pixels': [pngOf(50_000, 50_000), 'pixels'],
    'a decompression bomb: 2 megabytes of zeros in 2 kilobytes, for 400 megapixels': [
      pngOf(20_000, 20_000, Buffer.alloc(2_000_000)),
      'pixels',
    ],
    'a line of a million pixels': [pngOf(1_000_000, 1, Buffer.alloc(3_000_001)), 'pixels'],
    'an AVIF of 9 megapixels': [larger(avif, 3000), 'pixels'],
    'an interlaced PNG of 26 megapixels': [pngOf(5200, 5000, Buffer.alloc(0), { interlaced: true }), 'pixels'],
    'a truncated PNG': [png.subarray(0, png.length >> 1), 'damaged'],
    'a truncated JPEG': [jpeg.subarray(0, jpeg.length >> 1), 'damaged'],
    'a truncated GIF': [gif.subarray(0, gif.length >> 1), 'kind'],
    'a truncated AVIF': [avif.subarray(0, avif.length - 40), 'damaged'],
    'a PNG without pixels': [pngOf(300, 300), 'damaged'],
    nothing: [Buffer.alloc(0), 'missing'],
  }
  for (const [name, [bytes, reason]] of Object.entries(rejected))
    await t.test(`${name} is rejected as ${reason}`, async t => {
      const response = await upload(app, user, bytes)
      t.match(response.json(), { statusCode: 400, message: 'avatar-invalid', details: { reason } })
    })
  t.equal((await call(app, 'GET', '/users/v1/me', user)).json().avatar_url, null)

  await t.test('no files came of all that', async t => {
    t.equal((await upload(app, user, png)).statusCode, 200, 'a good picture is still taken')
    t.equal(filesOf(app).length, 2)
  })

  const polyglots = {
    'a PNG with HTML behind it': Buffer.concat([png, Buffer.from(html)]),
    'a JPEG that is a ZIP, too': Buffer.concat([jpeg, zipOf(html)]),
    'a GIF with a script in its comment': Buffer.concat([
      gif.subarray(0, -1),
      Buffer.from([0x21, 0xfe, html.length]),
      Buffer.from(html),
      Buffer.from([0, 0x3b]),
    ]),
  }
  for (const [name, bytes] of Object.entries(polyglots))
    await t.test(`${name} becomes a picture, and nothing else`, async t => {
      const response = await upload(app, user, bytes)
      t.equal(response.statusCode, 200, response.body)
      const { rawPayload } = await download(app, response.json().avatar_url)
      t.equal(rawPayload.toString('latin1', 0, 4), 'RIFF')
      t.equal(rawPayload.readUInt32LE(4) + 8, rawPayload.length, 'it ends where it says')
      t.notOk(rawPayload.includes('script'))
    })

  await t.test('the declared type does not matter', async t => {
    t.equal((await upload(app, user, jpeg, 'image/gif')).statusCode, 200)
    for (const type of ['image/svg+xml', 'text/html', 'application/json'])
      t.equal(codeOf(await upload(app, user, png, type)), 'media-type-unsupported', type)
  })

  await t.test('a picture beyond AVATAR_MAX_BYTES is rejected, by a form, too', async t => {
    const large = Buffer.concat([png, Buffer.alloc(app.config.AVATAR_MAX_BYTES)])
    const response = await upload(app, user, large)
    t.match(response.json(), { statusCode: 413, message: 'avatar-too-large' })
    const path = `/users/v1/${user.user_id}/avatar`
    const form = await formWith({ avatar: large })
    t.equal(codeOf(await call(app, 'PUT', path, { token: user.token, ...form })), 'avatar-too-large')
  })

  const path = `/users/v1/${user.user_id}/avatar`
  const boundary = 'multipart/form-data; boundary=x'
  const part = (name: string, more = '') => `--x\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\ny\r\n`
  const forms: Record<string, [type: string, body: string]> = {
    'without a boundary': ['multipart/form-data', part('avatar', '; filename="a"')],
    'that ends early': [boundary, part('avatar', '; filename="a"')],
    'whose file has another name': [boundary, `${part('picture', '; filename="a"')}--x--`],
    'with two files': [boundary, `${part('avatar', '; filename="a"').repeat(2)}--x--`],
    'with a hundred fields': [boundary, `${Array.from({ length: 100 }, (_, i) => part(`f${i}`)).join('')}--x--`],
    'with a field twice': [boundary, `${part('a').repeat(2)}--x--`],
    'with a field of 100 kB': [boundary, `${part('a').replace('y', 'y'.repeat(100_000))}--x--`],
    'with a field that reaches a prototype': [boundary, `${part('__proto__')}--x--`],
    'with an unknown field': [boundary, `${part('role')}${part('avatar', '; filename="a"')}--x--`],
    'that is none': [boundary, 'x'],
  }
  for (const [name, [type, payload]] of Object.entries(forms))
    await t.test(`a form ${name} is rejected`, async t => {
      const headers = { 'content-type': type }
      const response = await call(app, 'PUT', path, { token: user.token, payload, headers })
      t.match(response.json(), { statusCode: 400, message: 'request-invalid' })
    })

  await t.test('a form without the file misses it', async t => {
    const headers = { 'content-type': boundary }
    const response = await call(app, 'PUT', path, { token: user.token, payload: '--x--\r\n', headers })
    t.match(response.json(), { message: 'avatar-invalid', details: { reason: 'missing' } })
    const without = await call(app, 'PUT', path, { token: user.token })
    t.match(without.json(), { message: 'avatar-invalid', details: { reason: 'missing' } })
  })
})

t.test('a user uploads only so often a minute', { skip }, async t => {
  const app = await build(t, { AVATAR_RATE_LIMIT_MAX: '2' })
  const [user, other] = [await logIn(app), await logIn(app)]
  const png = await picture('png')
  for (const expected of [200, 200, 429]) t.equal((await upload(app, user, png)).statusCode, expected)
  t.match((await upload(app, user, png)).json(), { details: { limit: 'AVATAR_RATE_LIMIT_MAX', max: 2 } })
  t.equal((await upload(app, other, png)).statusCode, 200)
})

/** The same AVIF with another size in its header. */
function larger(avif: Buffer, side: number): Buffer {
  const bytes = Buffer.from(avif)
  const at = bytes.indexOf('ispe')
  bytes.writeUInt32BE(side, at + 8)
  bytes.writeUInt32BE(side, at + 12)
  return bytes
}

/** An archive with a single file. */
function zipOf(text: string): Buffer {
  const data = deflateRawSync(text)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50)
  header.writeUInt16LE(8, 8)
  header.writeUInt32LE(crc32(text), 14)
  header.writeUInt32LE(data.length, 18)
  header.writeUInt32LE(text.length, 22)
  return Buffer.concat([header, data])
}
